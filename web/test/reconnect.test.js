/** The client against tests/reconnect_examples.json, which the Python client runs too; its comment is the format. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isFinalClose, isFinalStatus } from "../client/closes.js";
import { start } from "./fake-transports.js";

/**
 * @typedef {{ at: number, event: "snapshot" | "heartbeat" | "bye" | "closed" | "refused", reconnect?: number,
 *   code?: number, status?: number, problem?: boolean, retry_after?: number, random?: number, wait?: number,
 *   stop?: boolean }} ExampleEvent
 */

/** @type {{ rule: Record<string, number>, cases: { name: string, events: ExampleEvent[] }[] }} */
const examples = JSON.parse(
  readFileSync(new URL("../../tests/reconnect_examples.json", import.meta.url), "utf8"),
);

/** A day: longer than any wait. */
const LONG = 86_400_000;

/** @param {ExampleEvent} event @returns {import("../client/types.d.ts").Loss} */
const loss = ({ event, code = 0, status = 0, problem = false, retry_after = 0 }) =>
  event === "closed"
    ? { final: isFinalClose(code) }
    : { final: isFinalStatus(status, problem), retryAfter: retry_after };

/** @param {ExampleEvent[]} events */
function run(events) {
  const fake = start({}, 1);
  const startedAt = fake.clock.time;
  for (const event of events) {
    fake.random = () => event.random ?? assert.fail("drew a random number");
    fake.clock.pass(startedAt + event.at * 1000 - fake.clock.time);
    if (event.event === "snapshot") fake.receiveSnapshot({ heartbeat: 1000 });
    else if (event.event === "heartbeat") fake.receive({ type: "heartbeat", cursor: "e.2.b", stale: false });
    else if (event.event === "bye") fake.receive({ type: "bye", reconnect: event.reconnect });
    else {
      const count = fake.attempts.length;
      fake.lose(loss(event));
      if (event.stop) {
        fake.clock.pass(LONG);
        assert.equal(fake.attempts.length, count, "came back");
      } else {
        const wait = Math.round((event.wait ?? Number.NaN) * 1000);
        if (wait > 0) {
          fake.clock.pass(wait - 1);
          assert.equal(fake.attempts.length, count, `came back before ${wait} ms`);
        }
        fake.clock.pass(wait > 0 ? 1 : 0);
        assert.equal(fake.attempts.length, count + 1, `did not come back after ${wait} ms`);
      }
    }
  }
}

assert(examples.cases.length > 20);
for (const { name, events } of examples.cases) test(name, () => run(events));
