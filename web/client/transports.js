/** The three transports to a ticker, from the fastest to the one that passes every proxy. */

import { isFinalClose, isFinalStatus } from "./closes.js";

/** @import { Transport } from "./types.d.ts" */

const TYPES = ["snapshot", "replay", "item", "heartbeat", "bye"];
const LONGEST_POLL_SECONDS = 25;
const SHORTEST_POLL = 1000;

/** @type {Transport} */
const socket = (address, on) => {
  const url = address();
  url.protocol = url.protocol.replace("http", "ws");
  const ws = new WebSocket(url);
  ws.onmessage = (event) => on.message(event.data);
  ws.onclose = ({ code, reason }) => on.loss({ final: isFinalClose(code), reason });
  return () => ws.close();
};

/** An EventSource would come back at its own pace, so its first error closes it. @type {Transport} */
const events = (address, on) => {
  const source = new EventSource(address());
  for (const type of TYPES) source.addEventListener(type, (event) => on.message(event.data));
  source.onerror = () => on.loss({});
  return () => source.close();
};

/** The only transport whose refusals a script can read. @type {Transport} */
const poll = (address, on, heartbeat) => {
  const abort = new AbortController();
  const run = async () => {
    for (let wait = 0; ; ) {
      const startedAt = Date.now();
      const response = await fetch(address(wait), {
        signal: abort.signal,
        headers: { accept: "application/json" },
        credentials: "omit",
      });
      const text = await response.text();
      if (!response.ok) {
        const isProblem = !!response.headers.get("content-type")?.includes("problem+json");
        const final = isFinalStatus(response.status, isProblem);
        const retryAfter = Number(response.headers.get("retry-after"));
        return on.loss({ final, retryAfter, reason: final ? JSON.parse(text).detail : "" });
      }
      // Throws for a captive portal's page; the connection judges whatever else is JSON.
      JSON.parse(text);
      on.message(text);
      wait = Math.max(1, Math.min(LONGEST_POLL_SECONDS, Math.floor(heartbeat())));
      // A proxy that answers at once must not make this loop spin.
      const rest = Math.max(0, startedAt + SHORTEST_POLL - Date.now());
      await new Promise((resolve) => setTimeout(resolve, rest));
      if (abort.signal.aborted) return;
    }
  };
  run().catch(() => on.loss({}));
  return () => abort.abort();
};

/** In the order in which a connection tries them. */
export const TRANSPORTS = [socket, events, poll];
