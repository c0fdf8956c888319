import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "./fake-transports.js";
import { randomFrom } from "./random.js";

test("a return sends the cursor of the last message", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.receive({ type: "item", cursor: "e.2.b", item: {} });
  fake.receive({ type: "heartbeat", cursor: "e.7.c", stale: false });
  fake.lose();
  fake.clock.pass(500);
  assert.equal(fake.last.cursor, "e.7.c");
  assert.deepEqual(fake.states, ["live", "catching-up"]);
  fake.receive({ type: "replay", cursor: "e.9.d", items: [], complete: true, heartbeat: 15 });
  assert.deepEqual(fake.states, ["live", "catching-up", "live"]);
});

test("after a return that failed the state is offline until a message comes", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.lose();
  fake.clock.pass(500);
  fake.lose();
  fake.clock.pass(1000);
  fake.receiveSnapshot();
  assert.deepEqual(fake.states, ["live", "catching-up", "offline", "live"]);
});

test("waits grow until a message comes 30 seconds after the first", () => {
  const fake = start();
  const wait = () => {
    const startedAt = fake.clock.time;
    const count = fake.attempts.length;
    fake.lose();
    while (fake.attempts.length === count) fake.clock.pass(10);
    return fake.clock.time - startedAt;
  };
  fake.receiveSnapshot();
  assert.equal(wait(), 500);
  fake.receiveSnapshot();
  assert.equal(wait(), 1000);
  fake.receiveSnapshot();
  fake.clock.pass(30_000);
  assert.equal(wait(), 2000, "thirty seconds without a message are not enough");
  fake.receiveSnapshot();
  fake.clock.pass(30_000);
  fake.receive({ type: "heartbeat", cursor: "x", stale: false });
  assert.equal(wait(), 500);
});

test("waits are spread between zero and their bound", () => {
  const random = randomFrom(7);
  const fake = start({ random });
  fake.receiveSnapshot();
  fake.lose();
  const waits = [];
  for (let tries = 0; tries < 200; tries++) {
    const startedAt = fake.clock.time;
    const count = fake.attempts.length;
    while (fake.attempts.length === count) fake.clock.pass(50);
    waits.push(fake.clock.time - startedAt);
    fake.lose();
  }
  const late = waits.slice(6);
  assert(Math.max(...late) <= 60_050);
  assert(Math.min(...late) < 10_000 && Math.max(...late) > 50_000, "spread over the whole bound");
});

test("the wait of a bye counts from the bye, and wake does not shorten it", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.receive({ type: "bye", reason: "drain", reconnect: 7 });
  fake.clock.pass(2000);
  fake.lose();
  fake.clock.pass(4999);
  assert.equal(fake.attempts.length, 1);
  fake.connection.wake();
  fake.clock.pass(0);
  assert.equal(fake.attempts.length, 1, "wake does not shorten it");
  fake.clock.pass(1000);
  assert.equal(fake.attempts.length, 2);
});

test("the client closes a connection that stays open after a bye, once the wait is over", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.receive({ type: "bye", reason: "drain", reconnect: 3 });
  fake.clock.pass(3000);
  assert.equal(fake.attempts[0]?.isClosed, true);
  fake.clock.pass(500);
  assert.equal(fake.attempts.length, 2);
});

test("a final close is the end: neither wake nor start opens a connection", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.lose({ final: true, reason: "bad parameter" });
  fake.connection.wake();
  fake.connection.start();
  fake.clock.pass(1_000_000);
  assert.equal(fake.attempts.length, 1);
  assert.deepEqual([fake.states, fake.reasons.at(-1)], [["live", "offline"], "bad parameter"]);
});

test("wake does not shorten the wait of a Retry-After", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.lose({ retryAfter: 30 });
  fake.connection.wake();
  fake.clock.pass(30_000);
  assert.equal(fake.attempts.length, 1);
  fake.clock.pass(1000);
  assert.equal(fake.attempts.length, 2);
});

test("a refusal for good is reported with its reason after an outage too", () => {
  const fake = start();
  fake.receiveSnapshot();
  fake.lose();
  fake.clock.pass(500);
  fake.lose();
  assert.equal(fake.states.at(-1), "offline");
  fake.clock.pass(1000);
  fake.lose({ final: true, reason: "not allowed" });
  assert.deepEqual([fake.states.at(-1), fake.reasons.at(-1)], ["offline", "not allowed"]);
});
