/**
 * Server-sent events read by `fetch`: Node.js and service workers have no EventSource. Other than one, it can read
 * why it was refused.
 */

import { refusal } from "./refusal.js";

/** @import { Transport } from "./types.d.ts" */

/** @type {Transport} */
export const stream = (address, on) => {
  const abort = new AbortController();
  const run = async () => {
    const response = await fetch(address(), {
      signal: abort.signal,
      headers: { accept: "text/event-stream" },
      credentials: "omit",
      cache: "no-store",
    });
    if (!response.ok) return on.loss(await refusal(response));
    // A captive portal's page is 200 too.
    if (!response.body || !response.headers.get("content-type")?.includes("event-stream")) return on.loss({});
    on.loss({ retryAfter: await readEvents(response.body, on.message) });
  };
  run().catch(() => on.loss({}));
  return () => abort.abort();
};

/**
 * Reads events to the end of the body (HTML, 9.2.6).
 * @param {ReadableStream<Uint8Array>} body
 * @param {(data: string) => void} onData
 * @returns {Promise<number>} the seconds of a `retry` line, if the body was a refusal: one without any event
 */
async function readEvents(body, onData) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let endsWithReturn = false;
  /** @type {string[]} */
  let data = [];
  let retry = 0;
  let hasEvent = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hasEvent ? 0 : retry / 1000;
    const text = decoder.decode(value, { stream: true });
    // The line of a long list comes in hundreds of pieces; to look through all of it for each would take seconds.
    if (!endsWithReturn && !/[\r\n]/.test(text)) {
      rest += text;
      continue;
    }
    // A CR at the end may be the first half of a line end.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    endsWithReturn = rest.endsWith("\r");
    for (const line of lines) {
      if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
      else if (line.startsWith("retry:")) retry = Number(line.slice(6)) || 0;
      else if (!line && data.length) {
        hasEvent = true;
        onData(data.join("\n"));
        data = [];
      }
    }
  }
}
