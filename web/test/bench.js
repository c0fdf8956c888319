/** A connection on a bench: its clock and its transports do only what the test says. */

import assert from "node:assert/strict";
import { Connection } from "../widget/connection.js";

/** @import { ConnectionOptions, Handlers, Loss, State } from "../widget/types.d.ts" */

/** A clock that stands until it is told to move. */
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
    this.timers = this.timers.filter((each) => each !== timer);
  };
  /** @param {number} milliseconds */
  pass(milliseconds) {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      this.clear(next);
      this.time = next.at;
      next.run();
    }
    this.time = end;
  }
}

/** A connection whose three transports do only what the test says. */
export class Bench {
  clock = new FakeClock();
  /** @type {{ rung: number, at: number, cursor: string, closed: boolean, on: Handlers }[]} */
  opened = [];
  /** @type {State[]} */
  states = [];
  /** @type {string[]} */
  reasons = [];
  /** @type {unknown[]} */
  messages = [];
  remembered = 0;

  /** @param {Partial<ConnectionOptions>} [options] */
  constructor(options = {}) {
    this.connection = new Connection({
      address: (cursor) => new URL(`http://node/v1/live?cursor=${cursor}`),
      transports: [0, 1, 2].map((rung) => (address, on) => {
        const cursor = address().searchParams.get("cursor") ?? "";
        const one = { rung, at: this.clock.time, cursor, closed: false, on };
        this.opened.push(one);
        return () => {
          one.closed = true;
        };
      }),
      message: (message) => this.messages.push(message),
      state: (state, reason) => {
        this.states.push(state);
        this.reasons.push(reason);
      },
      clock: this.clock,
      random: () => 0.5,
      memory: { get: () => this.remembered, set: (rung) => this.remember(rung) },
      ...options,
    });
  }

  /** @param {number} rung */
  remember(rung) {
    this.remembered = rung;
  }

  get last() {
    const last = this.opened.at(-1);
    assert(last);
    return last;
  }

  /** @param {object} message */
  say(message) {
    this.last.on.message(JSON.stringify(message));
  }

  /** @param {object} [rest] */
  up(rest = {}) {
    this.say({ type: "snapshot", cursor: "e.1.a", items: [], complete: true, heartbeat: 15, ...rest });
  }

  /** @param {Loss} [loss] */
  lose(loss = {}) {
    this.last.on.lost(loss);
  }
}

export function started(/** @type {Partial<ConnectionOptions>} */ options = {}) {
  const bench = new Bench(options);
  bench.connection.start();
  return bench;
}
