/** A connection whose clock and transports do only what the test says. */

import assert from "node:assert/strict";
import { Connection } from "../client/connection.js";

/** @import { ConnectionOptions, Handlers, Loss, State } from "../client/types.d.ts" */

/** A clock that moves only by `pass`. */
class FakeClock {
  time = 1_000_000;
  /** @type {{ at: number, run: () => void }[]} */
  timers = [];
  now = () => this.time;
  set = (/** @type {() => void} */ run, /** @type {number} */ wait) => {
    const timer = { at: this.time + Math.max(0, wait), run };
    this.timers.push(timer);
    return timer;
  };
  clear = (/** @type {unknown} */ timer) => {
    this.timers = this.timers.filter((other) => other !== timer);
  };
  /** @param {number} milliseconds */
  pass(milliseconds) {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.clear(next);
      this.time = next.at;
      next.run();
    }
    this.time = end;
  }
}

/** A connection with fake transports, and a record of what it did. */
export class FakeTransports {
  clock = new FakeClock();
  /** Every transport that was opened; `index` says which of the list. */
  attempts = /** @type {{ index: number, cursor: string, isClosed: boolean, on: Handlers }[]} */ ([]);
  /** @type {State[]} */
  states = [];
  /** @type {string[]} */
  reasons = [];
  /** @type {unknown[]} */
  messages = [];
  random = () => 0.5;

  /** @param {Partial<ConnectionOptions>} [options] @param {number} [count] of transports */
  constructor(options = {}, count = 3) {
    /** @type {ConnectionOptions} */
    this.options = {
      address: (cursor) => new URL(`http://node/v1/live?cursor=${cursor}`),
      transports: Array.from({ length: count }, (_, index) => (address, on) => {
        const cursor = address().searchParams.get("cursor") ?? "";
        const transport = { index, cursor, isClosed: false, on };
        this.attempts.push(transport);
        return () => {
          transport.isClosed = true;
        };
      }),
      onMessage: (message) => this.messages.push(message),
      onState: (state, reason) => {
        this.states.push(state);
        this.reasons.push(reason);
      },
      clock: this.clock,
      random: () => this.random(),
    };
    // Not a copy: the connection remembers in its options.
    Object.defineProperties(this.options, Object.getOwnPropertyDescriptors(options));
    this.connection = new Connection(this.options);
  }

  get last() {
    const last = this.attempts.at(-1);
    assert(last);
    return last;
  }

  get indexes() {
    return this.attempts.map(({ index }) => index);
  }

  /** The open transport receives a message. @param {object} message */
  receive(message) {
    this.last.on.message(JSON.stringify(message));
  }

  /** The open transport receives its first message. @param {object} [fields] */
  receiveSnapshot(fields = {}) {
    this.receive({ type: "snapshot", cursor: "e.1.a", items: [], complete: true, heartbeat: 15, ...fields });
  }

  /** The open transport ends. @param {Loss} [loss] */
  lose(loss = {}) {
    this.last.on.loss(loss);
  }
}

/** @param {Partial<ConnectionOptions>} [options] @param {number} [count] of transports */
export function start(options = {}, count = 3) {
  const fake = new FakeTransports(options, count);
  fake.connection.start();
  return fake;
}
