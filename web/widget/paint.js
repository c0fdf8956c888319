/**
 * Reports to the ticker how long a new item took from its publication until it was painted; loaded by a small share
 * of all pages. A report names the item and a time, and neither the reader nor the page.
 *
 * 1. The time is by the server's clock, which the page asks for before each report.
 * 2. Only items count that come to a page in front and are shown: not what a returning page catches up with.
 * 3. Reports leave after a random wait, so that those about one item do not all come at once.
 */

/** @import { Item } from "../client/types.d.ts" */
/** @import { BreakingTicker } from "./element.js" */

const SPREAD_MS = 3000;

// The event of every ticker of the page comes here, also from inside a shadow tree.
addEventListener("ticker-item", (event) => {
  const element = /** @type {BreakingTicker} */ (event.composedPath()[0]);
  const { item, change } = /** @type {CustomEvent} */ (event).detail;
  const isNew = change === "added" || change === "changed";
  if (!isNew || document.hidden || element.state !== "live") return;
  // The callback runs before the frame is painted, the message is handled after it.
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = () => {
      const paintedAt = performance.now();
      port2.close();
      if (!document.hidden && isShown(element, item))
        setTimeout(() => report(element, item, paintedAt).catch(() => {}), Math.random() * SPREAD_MS);
    };
    port1.postMessage(0);
  });
});

/** Whether a row of the list has the words of the item. @param {HTMLElement} element @param {Item} item */
function isShown(element, item) {
  const words = element.shadowRoot?.querySelectorAll("li .headline") ?? [];
  return [...words].some(
    (node) => node.textContent === item.headline.value && node.getClientRects().length > 0,
  );
}

/** @param {HTMLElement} element @param {Item} item @param {number} paintedAt by `performance.now` */
async function report(element, item, paintedAt) {
  const live = new URL(
    element.getAttribute("src") || new URL("../v1/live", import.meta.url),
    document.baseURI,
  );
  const painted = new URL("painted", live);
  const offset = await serverOffset(live);
  const milliseconds = paintedAt + offset - Date.parse(item.versionCreated);
  painted.search = `${new URLSearchParams({
    uri: item.uri,
    version: `${item.version}`,
    ms: `${Math.max(0, Math.round(milliseconds))}`,
  })}`;
  await fetch(painted, { method: "POST", credentials: "omit", keepalive: true });
}

/**
 * The server's clock less `performance.now`: the machine's own clock may be wrong. Asked twice, because the first
 * request may open a connection; the answer is true to half of the second one's time.
 * @param {URL} live
 */
async function serverOffset(live) {
  const url = new URL(live);
  url.search = "?backlog=0";
  let offset = 0;
  for (const _ of [1, 2]) {
    const askedAt = performance.now();
    const response = await fetch(url, { headers: { accept: "application/json" }, credentials: "omit" });
    const { time } = await response.json();
    offset = Date.parse(time) - (askedAt + performance.now()) / 2;
  }
  return offset;
}
