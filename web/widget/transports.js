/** The three ways to a node, from the best to the one that passes everywhere. */

/** @import { Transport } from "./types.d.ts" */

/** @type {Transport} */
export const socket = (address, on) => {
  const url = address();
  url.protocol = url.protocol.replace("http", "ws");
  const ws = new WebSocket(url);
  ws.onmessage = (event) => on.message(event.data);
  ws.onclose = ({ code, reason }) => on.lost({ final: code >= 4500 && code <= 4999, reason });
  return () => ws.close();
};

/** EventSource would come back at its own pace, so it is closed at its first error. @type {Transport} */
export const events = (address, on) => {
  const source = new EventSource(address());
  for (const type of ["snapshot", "replay", "item", "heartbeat", "bye"])
    source.addEventListener(type, (event) => on.message(event.data));
  source.onerror = () => on.lost({});
  return () => source.close();
};

/** The last rung, and the only one whose refusals a script can read. @type {Transport} */
export const poll = (address, on, heartbeat) => {
  const abort = new AbortController();
  const run = async () => {
    for (let wait = 0; ; ) {
      const started = Date.now();
      const response = await fetch(address(wait), {
        signal: abort.signal,
        headers: { accept: "application/json" },
        credentials: "omit",
      });
      const text = await response.text();
      if (!response.ok) {
        const problem = response.headers.get("content-type")?.includes("problem+json");
        // Without a problem body it may be anyone on the way who speaks, a portal or a proxy.
        const final = problem && response.status < 500 && ![408, 425, 429].includes(response.status);
        const retry = Number(response.headers.get("retry-after")) || 0;
        return on.lost({ final: !!final, retry, reason: final ? JSON.parse(text).detail : "" });
      }
      // Throws for a portal's page; what parses is judged by the connection.
      JSON.parse(text);
      on.message(text);
      wait = Math.max(1, Math.min(25, Math.floor(heartbeat())));
      // A proxy that answers at once must not make this loop spin.
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, started + 1000 - Date.now())));
      if (abort.signal.aborted) return;
    }
  };
  run().catch(() => on.lost({}));
  return () => abort.abort();
};
