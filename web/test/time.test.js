import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ago, everySecond } from "../widget/time.js";

const NOW = Date.parse("2026-05-01T12:00:00Z");
const MINUTE = 60_000;

test("an age below a minute is now, in every language", () => {
  assert.equal(ago(NOW - 59_000, NOW, "en"), "now");
  assert.equal(ago(NOW, NOW, "es"), "ahora");
  assert.equal(ago(NOW, NOW, "ar"), "الآن");
});

test("an age is shown in its largest whole unit", () => {
  assert.equal(ago(NOW - MINUTE, NOW, "en"), "1 min. ago");
  assert.equal(ago(NOW - 59.9 * MINUTE, NOW, "en"), "59 min. ago");
  assert.equal(ago(NOW - 60 * MINUTE, NOW, "en"), "1 hr. ago");
  assert.equal(ago(NOW - 24 * 60 * MINUTE, NOW, "en"), "yesterday");
});

test("an age is never negative, even if the clocks differ", () => {
  assert.equal(ago(NOW + 60 * MINUTE, NOW, "en"), "now");
});

test("one timer serves all listeners and stops with the last", () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const set = mock.method(globalThis, "setInterval");
  let first = 0;
  let second = 0;
  const stops = [everySecond(() => first++), everySecond(() => second++)];
  mock.timers.tick(3000);
  stops[0]?.();
  mock.timers.tick(1000);
  stops[1]?.();
  mock.timers.tick(5000);
  assert.deepEqual([first, second], [3, 4]);
  assert.equal(set.mock.callCount(), 1);
  mock.timers.reset();
});
