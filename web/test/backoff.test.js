import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../widget/backoff.js";

test("the bound doubles from one second to sixty and stays there", () => {
  const backoff = new Backoff(() => 1);
  const bounds = Array.from({ length: 9 }, () => backoff.next());
  assert.deepEqual(bounds, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
});

test("each delay is drawn anew, from zero on", () => {
  const draws = [0, 0.25, 0.5];
  const backoff = new Backoff(() => draws.shift() ?? 0);
  assert.deepEqual([backoff.next(), backoff.next(), backoff.next()], [0, 500, 2000]);
});

test("a forgiven backoff starts from the smallest bound", () => {
  const backoff = new Backoff(() => 1);
  backoff.next();
  backoff.next();
  backoff.forgive();
  assert.equal(backoff.next(), 1000);
});

test("a thousand tries do not overflow the bound", () => {
  const backoff = new Backoff(() => 1);
  for (let tries = 0; tries < 1100; tries++) backoff.next();
  assert.equal(backoff.next(), 60_000);
});
