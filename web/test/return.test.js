import assert from "node:assert/strict";
import { test } from "node:test";
import { started } from "./bench.js";
import { randomFrom } from "./random.js";

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
