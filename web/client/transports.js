/** The three transports to a ticker, from the fastest to the one that passes every proxy. */

import { isFinalClose } from "./closes.js";

/** @import { Transport } from "./types.d.ts" */

const TYPES = ["snapshot", "replay", "item", "heartbeat", "bye"];

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

/** The long poll, which few readers need: its module is loaded when a connection first tries it. @type {Transport} */
const poll = (address, on, heartbeat) => {
  let close = () => {};
  let isClosed = false;
  import("./poll.js").then(
    (module) => {
      if (!isClosed) close = module.poll(address, on, heartbeat);
    },
    () => on.loss({}),
  );
  return () => {
    isClosed = true;
    close();
  };
};

/** In the order in which a connection tries them. */
export const TRANSPORTS = [socket, events, poll];
