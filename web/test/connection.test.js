import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../widget/connection.js";
import { Bench, started } from "./bench.js";

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
