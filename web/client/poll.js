/** The long poll: the transport that passes every proxy, and the only one whose refusals a script can read. */

import { refusal } from "./refusal.js";

/** @import { Transport } from "./types.d.ts" */

const LONGEST_POLL_SECONDS = 25;
const SHORTEST_POLL = 1000;

/** @type {Transport} */
export const poll = (address, on, heartbeat) => {
  const abort = new AbortController();
  const run = async () => {
    for (let wait = 0; ; ) {
      const startedAt = Date.now();
      const response = await fetch(address(wait), {
        signal: abort.signal,
        headers: { accept: "application/json" },
        credentials: "omit",
      });
      if (!response.ok) return on.loss(await refusal(response));
      const text = await response.text();
      // Throws for a captive portal's page; the connection judges whatever else is JSON.
      JSON.parse(text);
      on.message(text);
      if (abort.signal.aborted) return;
      wait = Math.max(1, Math.min(LONGEST_POLL_SECONDS, Math.floor(heartbeat())));
      // A proxy that answers at once must not make this loop spin.
      const rest = Math.max(0, startedAt + SHORTEST_POLL - Date.now());
      // A program that has ended must not wait for this timer.
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, rest);
        abort.signal.onabort = () => clearTimeout(timer);
      });
    }
  };
  run().catch(() => on.loss({}));
  return () => abort.abort();
};
