/**
 * One transport of a host opens at a time. A browser opens its WebSockets to a host one after the other anyway, and its
 * queue must not be taken for a silent network: the clock of a connection stands still until its turn.
 */

import { inPlace } from "./places.js";

/** @import { Clock, Transport } from "../types.d.ts" */

/** What waits for each host; the first is opening. @type {Map<string, (() => void)[]>} */
const queues = new Map();

/** @param {string} host @param {() => void} open @returns {() => void} to be called when it has opened, failed or closed */
function take(host, open) {
  const queue = queues.get(host) ?? [];
  queues.set(host, queue);
  if (queue.push(open) === 1) open();
  return () => {
    const index = queue.indexOf(open);
    if (index < 0) return;
    queue.splice(index, 1);
    if (!index) queue[0]?.();
  };
}

/**
 * Transports that wait for their turn, and the clock of the connection that uses them.
 * @param {string} host @param {Transport[]} transports
 * @returns {{ clock: Clock, transports: Transport[] }}
 */
export function inTurn(host, transports) {
  /** Milliseconds that were spent waiting. */
  let waited = 0;
  let waitsSince = 0;
  const resume = () => {
    if (waitsSince) waited += Date.now() - waitsSince;
    waitsSince = 0;
  };
  return {
    clock: {
      now: () => (waitsSince || Date.now()) - waited,
      set: (run, wait) => setTimeout(run, wait),
      clear: (timer) => clearTimeout(/** @type {number} */ (timer)),
    },
    transports: transports.map((plain, index) => (address, on, heartbeat) => {
      // All but the WebSocket hold one of the few HTTP connections to the host.
      const transport = index ? inPlace(host, plain) : plain;
      let close = () => {};
      let done = () => {};
      /** @template T @param {(value: T) => void} act @returns {(value: T) => void} */
      const thenDone = (act) => (value) => {
        done();
        act(value);
      };
      waitsSince = Date.now();
      const open = () => {
        resume();
        try {
          const handlers = { message: thenDone(on.message), loss: thenDone(on.loss) };
          close = transport(address, handlers, heartbeat);
        } catch {
          // The place in the queue is known once `take` has returned.
          queueMicrotask(() => thenDone(on.loss)({}));
        }
      };
      done = take(host, open);
      return () => {
        resume();
        done();
        close();
      };
    }),
  };
}
