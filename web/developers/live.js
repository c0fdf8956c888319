/**
 * Opens each transport as plainly as a program would, without the widget's reconnecting: the playground shows what
 * really happens. Each returns the function that closes it.
 */

/** @import { Transport } from "./snippets.js" */
/**
 * @typedef {{ onOpen: () => void, onMessage: (text: string) => void, onRetry: () => void, onEnd: (reason: string) => void }} Handlers
 */

const TYPES = ["snapshot", "replay", "item", "heartbeat", "bye"];
const WAIT_SECONDS = 30;
const PAUSE_MS = 2000;

/** @type {Record<Transport, (url: URL, on: Handlers) => () => void>} */
export const CONNECTS = {
  ws(url, on) {
    const socket = new WebSocket(url.href.replace(/^http/, "ws"));
    let isClosed = false;
    socket.onopen = on.onOpen;
    socket.onmessage = (event) => on.onMessage(event.data);
    socket.onclose = ({ code, reason }) => isClosed || on.onEnd(`${code} ${reason}`.trim());
    return () => {
      isClosed = true;
      socket.close();
    };
  },

  sse(url, on) {
    const source = new EventSource(url);
    source.onopen = on.onOpen;
    for (const type of TYPES)
      source.addEventListener(type, (event) => on.onMessage(/** @type {MessageEvent} */ (event).data));
    // A source tries again by itself, except after a refusal.
    source.onerror = () => (source.readyState === EventSource.CLOSED ? on.onEnd("") : on.onRetry());
    return () => source.close();
  },

  json(url, on) {
    const abort = new AbortController();
    poll(url, on, abort.signal).catch((error) => abort.signal.aborted || on.onEnd(`${error.message}`));
    return () => abort.abort();
  },
};

/** @param {URL} url @param {Handlers} on @param {AbortSignal} signal */
async function poll(url, on, signal) {
  for (;;) {
    const answer = await fetch(url, { headers: { accept: "application/json" }, signal });
    const text = await answer.text();
    if (!answer.ok) {
      on.onEnd(`${answer.status} ${text}`);
      return;
    }
    on.onOpen();
    on.onMessage(text);
    url.searchParams.set("cursor", JSON.parse(text).cursor);
    url.searchParams.set("wait", `${WAIT_SECONDS}`);
    // Some seconds apart even where a proxy answers at once.
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
