/** The receipt on a row: times that a person reads at a glance, and their place on the scale. */
import assert from "node:assert/strict";
import test from "node:test";

import { place, seconds } from "../desk/items/receipts.js";

test("a time below a second is in milliseconds and none is 0", () => {
  assert.deepEqual([0, 0.0123, 0.9994, 1, 12.34].map(seconds), [
    "1 ms",
    "12 ms",
    "999 ms",
    "1.0 s",
    "12.3 s",
  ]);
});

test("each tenfold time is a third of the scale, whose ends no time leaves", () => {
  const places = [0, 0.01, 0.1, 1, 10, 500].map((time) => Math.round(place(time) * 100) / 100);
  assert.deepEqual(places, [0.04, 0.04, 0.33, 0.67, 1, 1]);
});
