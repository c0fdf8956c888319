import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../widget/connection.js";
import { randomFrom } from "./random.js";

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
class Bench {
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

function started(/** @type {Partial<ConnectionOptions>} */ options = {}) {
  const bench = new Bench(options);
  bench.connection.start();
  return bench;
}

test("the first snapshot makes it live", () => {
  const bench = started();
  bench.up();
  assert.deepEqual(bench.states, ["live"]);
  assert.equal(bench.messages.length, 1);
});

test("a snapshot from a node without its stream is stale until a heartbeat says otherwise", () => {
  const bench = started();
  bench.up({ stale: true });
  bench.say({ type: "item", cursor: "e.2.b", item: {} });
  bench.say({ type: "heartbeat", cursor: "e.2.b", stale: false });
  bench.say({ type: "heartbeat", cursor: "e.2.b", stale: true });
  assert.deepEqual(bench.states, ["stale", "live", "stale"]);
});

test("a silent WebSocket is left for SSE after 2.5 seconds, a silent SSE for the long poll", () => {
  const bench = started();
  bench.clock.pass(2499);
  assert.deepEqual(
    bench.opened.map(({ rung }) => rung),
    [0],
  );
  bench.clock.pass(1);
  assert.deepEqual(
    bench.opened.map(({ rung, closed }) => [rung, closed]),
    [
      [0, true],
      [1, false],
    ],
  );
  bench.clock.pass(2500);
  assert.deepEqual(
    bench.opened.map(({ rung }) => rung),
    [0, 1, 2],
  );
});

test("two failed opens lead down, and within five seconds", () => {
  const bench = started({ random: () => 0.999 });
  bench.lose();
  bench.clock.pass(1000);
  bench.lose();
  bench.clock.pass(0);
  assert.deepEqual(
    bench.opened.map(({ rung }) => rung),
    [0, 0, 1],
  );
  bench.up();
  assert.equal(bench.remembered, 1);
});

test("a page of a portal, a list without items and a heartbeat are not a first message", () => {
  const bench = started();
  for (const text of [
    "<html>log in</html>",
    "null",
    "[]",
    '"snapshot"',
    '{"type":"snapshot"}',
    '{"type":"heartbeat"}',
  ])
    bench.last.on.message(text);
  assert.deepEqual([bench.states, bench.messages], [[], []]);
  bench.clock.pass(2500);
  assert.equal(bench.last.rung, 1);
});

test("offline is said when every way has failed, and the first is tried again", () => {
  const bench = started();
  bench.lose();
  bench.clock.pass(500);
  bench.lose();
  bench.clock.pass(0);
  bench.lose();
  bench.clock.pass(0);
  assert.deepEqual(bench.states, []);
  bench.lose();
  assert.deepEqual(bench.states, ["offline"]);
  bench.clock.pass(60_000);
  assert.deepEqual(bench.opened.map(({ rung }) => rung).slice(0, 5), [0, 0, 1, 2, 0]);
  assert.equal(bench.remembered, 0);
});

test("what worked in this session is tried first", () => {
  const bench = new Bench();
  bench.remembered = 1;
  const next = new Connection({
    address: () => new URL("http://node/"),
    transports: [0, 1, 2].map((rung) => (_, on) => {
      bench.opened.push({ rung, at: 0, cursor: "", closed: false, on });
      return () => {};
    }),
    message: () => {},
    state: () => {},
    clock: bench.clock,
    memory: { get: () => 1, set: () => {} },
  });
  next.start();
  assert.equal(bench.last.rung, 1);
});

test("a fallback in an outage is not remembered where the WebSocket has worked", () => {
  const bench = started();
  bench.up();
  bench.lose();
  bench.clock.pass(500);
  bench.lose();
  bench.clock.pass(1000);
  bench.lose();
  bench.clock.pass(2000);
  assert.equal(bench.last.rung, 1);
  bench.up();
  assert.equal(bench.remembered, 0);
  bench.lose();
  bench.clock.pass(60_000);
  assert.equal(bench.opened.filter(({ rung }) => rung === 0).length > 3, true);
});

test("a return brings the cursor of the last message", () => {
  const bench = started();
  bench.up();
  bench.say({ type: "item", cursor: "e.2.b", item: {} });
  bench.say({ type: "heartbeat", cursor: "e.7.c", stale: false });
  bench.lose();
  bench.clock.pass(500);
  assert.equal(bench.last.cursor, "e.7.c");
  assert.deepEqual(bench.states, ["live", "catching-up"]);
  bench.say({ type: "replay", cursor: "e.9.d", items: [], complete: true, heartbeat: 15 });
  assert.deepEqual(bench.states, ["live", "catching-up", "live"]);
});

test("a return that fails is offline until something is heard", () => {
  const bench = started();
  bench.up();
  bench.lose();
  bench.clock.pass(500);
  bench.lose();
  bench.clock.pass(1000);
  bench.up();
  assert.deepEqual(bench.states, ["live", "catching-up", "offline", "live"]);
});

test("waits grow until a connection was stable for 30 seconds and spoke after them", () => {
  const bench = started();
  const wait = () => {
    const before = bench.clock.time;
    const count = bench.opened.length;
    bench.lose();
    while (bench.opened.length === count) bench.clock.pass(10);
    return bench.clock.time - before;
  };
  bench.up();
  assert.equal(wait(), 500);
  bench.up();
  assert.equal(wait(), 1000);
  bench.up();
  bench.clock.pass(30_000);
  assert.equal(wait(), 2000, "thirty seconds without a message prove nothing");
  bench.up();
  bench.clock.pass(30_000);
  bench.say({ type: "heartbeat", cursor: "x", stale: false });
  assert.equal(wait(), 500);
});

test("each wait is drawn between zero and its bound", () => {
  const random = randomFrom(7);
  const bench = started({ random });
  bench.up();
  bench.lose();
  const waits = [];
  for (let tries = 0; tries < 200; tries++) {
    const before = bench.clock.time;
    const count = bench.opened.length;
    while (bench.opened.length === count) bench.clock.pass(50);
    waits.push(bench.clock.time - before);
    bench.lose();
  }
  const late = waits.slice(6);
  assert(Math.max(...late) <= 60_050);
  assert(Math.min(...late) < 10_000 && Math.max(...late) > 50_000, "spread over the whole bound");
});

test("a bye's own wait is kept, from the bye on", () => {
  const bench = started();
  bench.up();
  bench.say({ type: "bye", reason: "drain", reconnect: 7 });
  bench.clock.pass(2000);
  bench.lose();
  bench.clock.pass(4999);
  assert.equal(bench.opened.length, 1);
  bench.connection.wake();
  bench.clock.pass(0);
  assert.equal(bench.opened.length, 1, "also when the page comes to the front");
  bench.clock.pass(1000);
  assert.equal(bench.opened.length, 2);
});

test("a server that says bye and does not hang up is left when its time has come", () => {
  const bench = started();
  bench.up();
  bench.say({ type: "bye", reason: "drain", reconnect: 3 });
  bench.clock.pass(3000);
  assert.equal(bench.opened[0]?.closed, true);
  bench.clock.pass(500);
  assert.equal(bench.opened.length, 2);
});

test("a final close does not come back, whatever happens", () => {
  const bench = started();
  bench.up();
  bench.lose({ final: true, reason: "bad parameter" });
  bench.connection.wake();
  bench.connection.start();
  bench.clock.pass(1_000_000);
  assert.equal(bench.opened.length, 1);
  assert.deepEqual([bench.states, bench.reasons.at(-1)], [["live", "offline"], "bad parameter"]);
});

test("Retry-After is kept", () => {
  const bench = started();
  bench.up();
  bench.lose({ retry: 30 });
  bench.clock.pass(30_000);
  assert.equal(bench.opened.length, 1);
  bench.clock.pass(1000);
  assert.equal(bench.opened.length, 2);
});

test("silence of two and a half heartbeats is a loss, and any message breaks it", () => {
  const bench = started();
  bench.up({ heartbeat: 4 });
  bench.clock.pass(9000);
  bench.say({ type: "heartbeat", cursor: "e.1.a", stale: false });
  bench.clock.pass(9999);
  assert.equal(bench.opened.length, 1);
  bench.clock.pass(1);
  assert.equal(bench.opened[0]?.closed, true);
  assert.equal(bench.states.at(-1), "catching-up");
});

test("a page that wakes to a silent connection returns within a second; one that is well is left alone", () => {
  const bench = started();
  bench.up();
  bench.connection.wake();
  assert.equal(bench.opened.length, 1);
  bench.clock.time += 3_600_000; // asleep: no timer ran
  bench.connection.wake();
  assert.equal(bench.opened[0]?.closed, true);
  bench.clock.timers.splice(0, bench.clock.timers.length - 1);
  bench.clock.pass(1000);
  assert.equal(bench.opened.length, 2);
});

test("a page that wakes while it waits returns within a second", () => {
  const bench = started({ random: () => 0.99 });
  bench.up();
  for (let tries = 0; tries < 6; tries++) {
    bench.lose();
    bench.clock.pass(60_000);
  }
  bench.lose();
  const count = bench.opened.length;
  bench.connection.wake();
  bench.clock.pass(1000);
  assert.equal(bench.opened.length, count + 1);
});

test("a stopped connection does nothing, and starts again with its cursor", () => {
  const bench = started();
  bench.up();
  bench.connection.stop();
  bench.clock.pass(1_000_000);
  assert.equal(bench.opened.length, 1);
  assert.equal(bench.opened[0]?.closed, true);
  bench.connection.start();
  assert.equal(bench.last.cursor, "e.1.a");
});

test("what a transport says after it was left is not heard", () => {
  const bench = started();
  const old = bench.last;
  bench.clock.pass(2500);
  old.on.message(JSON.stringify({ type: "snapshot", cursor: "x", items: [] }));
  old.on.lost({ final: true });
  assert.deepEqual([bench.states, bench.messages], [[], []]);
});

test("a transport that cannot even be made counts as failed", () => {
  const bench = started({
    transports: [
      () => {
        throw new Error("SecurityError");
      },
    ],
  });
  bench.clock.pass(10_000);
  assert.deepEqual(bench.states, ["offline"]);
});
