// The service worker: shows items as notifications, those of its page and those that it fetches in the background.

/** @import { NewsItem } from "./client/api.d.ts" */

const worker = /** @type {any} */ (globalThis);
// The same in page.js.
const TICKER = "http://127.0.0.1:8000";
const POSITION = "/position";

/** What has been begun. @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * One after the other: a withdrawal must find the notification of its line, which takes a moment to appear.
 * @param {() => Promise<void>} act
 */
function inTurn(act) {
  last = last.catch(() => {}).then(act);
  return last;
}

/**
 * A correction replaces the notification of its item, which has the same tag. A withdrawal closes it.
 * @param {NewsItem[]} items
 */
async function show(items) {
  for (const item of items) {
    const [shown] = await worker.registration.getNotifications({ tag: item.uri });
    if (shown?.data.version >= item.version) continue;
    if (item.pubStatus === "usable") {
      const { value, language, direction } = item.headline;
      await worker.registration.showNotification(item.infoSources[0]?.name.value, {
        body: item.note ? `${value}\n${item.note.value}` : value,
        lang: language,
        dir: direction,
        tag: item.uri,
        // A correction is as loud as what it corrects.
        renotify: true,
        data: { link: item.link ?? `${TICKER}/items/${item.uri}`, version: item.version },
      });
    } else shown?.close();
  }
}

/**
 * Shows a message and keeps its cursor. A snapshot comes first, and after a gap: its items are no news. But a
 * notification whose item it does not have may be of a withdrawn one, and another may have been corrected since.
 * @param {{ type: string, items: NewsItem[], cursor: string }} message
 */
async function take({ type, items, cursor }) {
  if (type === "snapshot") {
    const current = new Map(items.map((item) => [item.uri, item]));
    for (const notification of await worker.registration.getNotifications()) {
      const item = current.get(notification.tag);
      if (item) await show([item]);
      else notification.close();
    }
  } else await show(items);
  await (await caches.open("news")).put(POSITION, new Response(cursor));
}

/** One request with the cursor of the last message. */
async function fetchInBackground() {
  const cache = await caches.open("news");
  const cursor = await (await cache.match(POSITION))?.text();
  const url = new URL("/v1/live?edition=en&urgency=2", TICKER);
  if (cursor) url.searchParams.set("cursor", cursor);
  // A page that is opened meanwhile has to wait for its turn.
  const signal = AbortSignal.timeout(10_000);
  const answer = await fetch(url, { headers: { accept: "application/json" }, signal });
  // A refusal has no cursor.
  if (answer.ok) await take(await answer.json());
}

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("message", (/** @type {any} */ event) =>
  event.waitUntil(inTurn(() => take(event.data))),
);
worker.addEventListener("periodicsync", (/** @type {any} */ event) =>
  event.waitUntil(inTurn(fetchInBackground)),
);
worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(worker.clients.openWindow(event.notification.data.link));
});
