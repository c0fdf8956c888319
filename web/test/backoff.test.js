import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff } from "../widget/backoff.js";

test("the bound doubles from one second to sixty and stays there", () => {
  const bounds = Array.from({ length: 9 }, (_, tries) => backoff(() => 1, tries));
  assert.deepEqual(bounds, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
});

test("each delay is drawn anew, from zero on", () => {
  const draws = [0, 0.25, 0.5];
  const delays = Array.from({ length: 3 }, (_, tries) => backoff(() => draws.shift() ?? 0, tries));
  assert.deepEqual(delays, [0, 500, 2000]);
});

test("a thousand tries do not overflow the bound", () => {
  assert.equal(
    backoff(() => 1, 1100),
    60_000,
  );
});
