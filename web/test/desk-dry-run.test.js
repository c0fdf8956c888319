/** The desk's 429 to a check while somebody types: it is asked again later, and never at once. */
import assert from "node:assert/strict";
import test from "node:test";

import { DeskAdvice } from "../desk/compose/advice.js";
import { DryRun, withOneRepeat } from "../desk/shell/dry-run.js";
import { LostError } from "../desk/shell/errors.js";
import { mockClock, refusal } from "./desk-requests.js";

/** @type {[string | null, number][]} */
const WAITS = [
  [null, 1000],
  ["0", 1000],
  ["Wed, 21 Oct 2026 07:28:00 GMT", 1000],
  ["7", 7000],
  ["900", 60_000],
];
for (const [retryAfter, wait] of WAITS)
  test(`a 429 with Retry-After ${retryAfter} is a wait of ${wait} ms`, () => {
    assert.equal(refusal(429, "", retryAfter).wait, wait);
  });

test("another refusal asks for no wait of its own", () => {
  assert.equal(refusal(503).wait, 0);
});

test("a check that gets a 429 is sent again after the wait, and not after a stop", async (context) => {
  const pass = mockClock(context);
  const dryRun = new DryRun();
  let count = 0;
  const send = async () => {
    count++;
    assert.equal(dryRun.repeatsAfter(refusal(429)), true);
  };
  dryRun.plan(send);
  await pass(600);
  assert.equal(count, 1);
  await pass(999);
  assert.equal(count, 1);
  await pass(1);
  assert.equal(count, 2);
  dryRun.stop();
  await pass(5000);
  assert.equal(count, 2);
  assert.equal(dryRun.repeatsAfter(refusal(422)), false);
  assert.equal(dryRun.repeatsAfter(new LostError()), false);
});

test("advice that gets a 429 without a time is not asked for at once", async (context) => {
  const pass = mockClock(context);
  let count = 0;
  const api = {
    similar: async () => {
      count++;
      throw refusal(429);
    },
  };
  const advice = new DeskAdvice(/** @type {any} */ (api), () => {});
  advice.plan(/** @type {any} */ ({ line: "A line", edition: "en", urgency: 4, role: "" }));
  await pass(180);
  await pass(999);
  assert.equal(count, 1);
  await pass(1);
  assert.equal(count, 2);
  advice.clear();
});

test("a check before a confirmation is repeated once after a 429", async (context) => {
  const pass = mockClock(context);
  const answers = [refusal(429, "", "2"), refusal(429)];
  let count = 0;
  /** @type {any} */
  let end;
  const send = async () => {
    count++;
    throw answers.shift();
  };
  withOneRepeat(send).catch((error) => {
    end = error;
  });
  await pass(1999);
  assert.equal(count, 1);
  await pass(1);
  await pass(60_000);
  assert.equal(count, 2);
  assert.equal(end.status, 429);
});
