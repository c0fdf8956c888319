import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../client/connection.js";
import { remembering } from "../client/shared/memory.js";
import { FakeTransports, start } from "./fake-transports.js";

test("a connection is live from its first snapshot on", () => {
  const fake = start();
  fake.receiveSnapshot();
  assert.deepEqual(fake.states, ["live"]);
  assert.equal(fake.messages.length, 1);
});

test("a snapshot with stale makes the connection stale until a heartbeat says otherwise", () => {
  const fake = start();
  fake.receiveSnapshot({ stale: true });
  fake.receive({ type: "item", cursor: "e.2.b", item: {} });
  fake.receive({ type: "heartbeat", cursor: "e.2.b", stale: false });
  fake.receive({ type: "heartbeat", cursor: "e.2.b", stale: true });
  assert.deepEqual(fake.states, ["stale", "live", "stale"]);
});

test("SSE follows a WebSocket that is silent for 2.5 seconds, the long poll a silent SSE", () => {
  const fake = start();
  fake.clock.pass(2499);
  assert.deepEqual(fake.indexes, [0]);
  fake.clock.pass(1);
  assert.deepEqual(fake.indexes, [0, 1]);
  assert.equal(fake.attempts[0]?.isClosed, true);
  fake.clock.pass(2500);
  assert.deepEqual(fake.indexes, [0, 1, 2]);
});

test("a first visit changes transport after two failures, within five seconds", () => {
  const fake = start({ random: () => 0.999 });
  fake.lose();
  fake.clock.pass(1000);
  fake.lose();
  fake.clock.pass(0);
  assert.deepEqual(fake.indexes, [0, 0, 1]);
  fake.receiveSnapshot();
  assert.equal(fake.options.preferred, 1);
});

test("a first visit changes transport only after the wait that a refusal names", () => {
  const fake = start({ random: () => 0 });
  fake.lose({ retryAfter: 5 });
  fake.clock.pass(5000);
  fake.lose({ retryAfter: 7 });
  fake.clock.pass(6999);
  assert.deepEqual(fake.indexes, [0, 0]);
  fake.clock.pass(1);
  assert.deepEqual(fake.indexes, [0, 0, 1]);
});

test("a portal page, a list without items and a heartbeat are not a first message", () => {
  const fake = start();
  for (const text of [
    "<html>log in</html>",
    "null",
    "[]",
    '"snapshot"',
    '{"type":"snapshot"}',
    '{"type":"heartbeat"}',
  ])
    fake.last.on.message(text);
  assert.deepEqual([fake.states, fake.messages], [[], []]);
  fake.clock.pass(2500);
  assert.equal(fake.last.index, 1);
});

test("the state is offline once every transport has failed, and the first is tried again", () => {
  const fake = start();
  fake.lose();
  fake.clock.pass(500);
  fake.lose();
  fake.clock.pass(0);
  fake.lose();
  fake.clock.pass(0);
  assert.deepEqual(fake.states, []);
  fake.lose();
  assert.deepEqual(fake.states, ["offline"]);
  fake.clock.pass(60_000);
  assert.deepEqual(fake.indexes.slice(0, 5), [0, 0, 1, 2, 0]);
  assert.equal(fake.options.preferred, undefined);
});

test("the transport that works in this session is tried first", () => {
  const fake = start({ preferred: 1 });
  assert.equal(fake.last.index, 1);
});

test("a fallback is forgotten after ten minutes, however often it reconnects in that time", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 0 });
  Object.assign(globalThis, { localStorage: {} });
  const here = remembering("a.example", new FakeTransports().options);
  here.preferred = 1;
  assert.equal(remembering("b.example", new FakeTransports().options).preferred, 0);
  const fake = new FakeTransports();
  remembering("a.example", fake.options);
  fake.connection = new Connection(fake.options);
  fake.connection.start();
  for (let minute = 1; minute <= 11; minute++) {
    fake.receiveSnapshot();
    context.mock.timers.setTime(minute * 60_000);
    const count = fake.attempts.length;
    fake.lose();
    while (fake.attempts.length === count) fake.clock.pass(100);
  }
  assert.deepEqual(fake.indexes, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
});

test("a fallback that works during an outage is not remembered if the WebSocket has worked", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.lose();
  fake.clock.pass(500);
  fake.lose();
  fake.clock.pass(1000);
  fake.lose();
  fake.clock.pass(2000);
  assert.equal(fake.last.index, 1);
  fake.receiveSnapshot();
  assert.equal(fake.options.preferred, undefined);
  fake.lose();
  fake.clock.pass(60_000);
  assert.equal(fake.indexes.filter((index) => index === 0).length > 3, true);
});

test("two and a half heartbeats without any message end a connection", () => {
  const fake = start();
  fake.receiveSnapshot({ heartbeat: 4 });
  fake.clock.pass(9000);
  fake.receive({ type: "heartbeat", cursor: "e.1.a", stale: false });
  fake.clock.pass(9999);
  assert.equal(fake.attempts.length, 1);
  fake.clock.pass(1);
  assert.equal(fake.attempts[0]?.isClosed, true);
  assert.equal(fake.states.at(-1), "catching-up");
});

test("wake replaces a silent connection within a second, and leaves a working one open", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.connection.wake();
  assert.equal(fake.attempts.length, 1);
  fake.clock.time += 3_600_000; // the machine slept: no timer ran
  fake.connection.wake();
  assert.equal(fake.attempts[0]?.isClosed, true);
  fake.clock.timers.splice(0, fake.clock.timers.length - 1);
  fake.clock.pass(1000);
  assert.equal(fake.attempts.length, 2);
});

test("wake shortens a wait to a second", () => {
  const fake = start({ random: () => 0.99 });
  fake.receiveSnapshot();
  for (let tries = 0; tries < 6; tries++) {
    fake.lose();
    fake.clock.pass(60_000);
  }
  fake.lose();
  const count = fake.attempts.length;
  fake.connection.wake();
  fake.clock.pass(1000);
  assert.equal(fake.attempts.length, count + 1);
});

test("a stopped connection does nothing until it starts again with its cursor", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.connection.stop();
  fake.clock.pass(1_000_000);
  assert.equal(fake.attempts.length, 1);
  assert.equal(fake.attempts[0]?.isClosed, true);
  fake.connection.start();
  assert.equal(fake.last.cursor, "e.1.a");
});

test("a transport that was closed is not heard", () => {
  const fake = start();
  const old = fake.last;
  fake.clock.pass(2500);
  old.on.message(JSON.stringify({ type: "snapshot", cursor: "x", items: [] }));
  old.on.loss({ final: true });
  assert.deepEqual([fake.states, fake.messages], [[], []]);
});

test("a transport that throws counts as failed", () => {
  const fake = start({
    transports: [
      () => {
        throw new Error("SecurityError");
      },
    ],
  });
  fake.clock.pass(10_000);
  assert.deepEqual(fake.states, ["offline"]);
});
