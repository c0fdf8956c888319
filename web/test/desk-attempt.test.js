/** What the composer and the form of an act share: one request at a time, and one outcome for each. */
import assert from "node:assert/strict";
import test from "node:test";

import { Attempt } from "../desk/shell/attempt.js";
import { LostError } from "../desk/shell/errors.js";
import { anItem, mockClock, postCount, posting, refusal } from "./desk-requests.js";

/** @import { Item } from "../desk/shell/types.d.ts" */

/**
 * An attempt whose request gets these answers, and a record of what it does.
 * @param {import("node:test").TestContext} context
 * @param {(Error | Item)[]} answers
 */
function attempting(context, answers) {
  const pass = mockClock(context);
  /** @type {string[]} */
  const log = [];
  const session = {
    keyMs: 86_400_000,
    isOwner: async () => true,
    onExpired: () => log.push(attempt.isPending ? "expired while pending" : "expired"),
  };
  const attempt = new Attempt(session, (repeating) => log.push(repeating ? "unknown" : "open"));
  /** @type {{outcome?: import("../desk/shell/attempt.js").Outcome}} */
  const end = {};
  const send = () =>
    attempt
      .send({
        post: posting(answers, log),
        sent: Date.now(),
        store: () => log.push("store"),
        forget: () => log.push("forget"),
      })
      .then((outcome) => {
        end.outcome = outcome;
      });
  return { attempt, log, end, pass, send };
}

test("a request is stored before it is sent and forgotten when its outcome is known", async (context) => {
  const { attempt, log, end, pass, send } = attempting(context, [anItem()]);
  send();
  assert.equal(attempt.isPending, true);
  await pass(0);
  assert.deepEqual(log, ["store", "post", "forget"]);
  assert.equal(end.outcome?.kind, "done");
  assert.equal(attempt.isPending, false);
});

test("an unknown outcome is no failure: the request stays pending and stored", async (context) => {
  const { attempt, log, end, pass, send } = attempting(context, [
    new LostError(),
    refusal(503, "stream-away"),
    refusal(401, ""),
  ]);
  send();
  await pass(0);
  assert.equal(attempt.isUnknown, true);
  for (let waited = 0; waited < 600_000; waited += 5000) await pass(5000);
  assert.equal(end.outcome, undefined);
  assert.deepEqual([attempt.isPending, attempt.isUnknown], [true, true]);
  assert.equal(log.includes("forget"), false);
});

test("an outcome that was unknown is done once the ticker shows the item", async (context) => {
  const { attempt, end, pass, send } = attempting(context, [new LostError()]);
  send();
  await pass(0);
  attempt.confirm(anItem());
  await pass(0);
  assert.deepEqual(end.outcome, {
    kind: "done",
    item: anItem(),
    warnings: [],
    siblings: [],
    wasUnknown: true,
  });
});

test("a person who asks sends the same request again, and only while its outcome is unknown", async (context) => {
  const { attempt, log, end, pass, send } = attempting(context, [new LostError(), anItem()]);
  attempt.repeatNow();
  send();
  attempt.repeatNow();
  assert.equal(postCount(log), 1);
  await pass(0);
  attempt.repeatNow();
  await pass(0);
  assert.equal(postCount(log), 2);
  assert.equal(end.outcome?.kind, "done");
  attempt.repeatNow();
  await pass(60_000);
  assert.equal(postCount(log), 2);
});

test("a session that has ended leaves the form free, with its key, before the editor signs in", async (context) => {
  const { log, end, pass, send } = attempting(context, [refusal(401, "unauthorized"), anItem()]);
  send();
  await pass(0);
  // Forgotten before the sign-in is shown, which says whether something is still unknown.
  assert.deepEqual(log, ["store", "post", "forget", "expired"]);
  assert.ok(end.outcome?.kind === "signed-out" && !end.outcome.isKeySpent);
  send();
  await pass(0);
  assert.equal(end.outcome?.kind, "done");
});

test("a reused key is a failure that spends the key", async (context) => {
  const { attempt, end, pass, send } = attempting(context, [refusal(422, "key-reused")]);
  send();
  await pass(0);
  assert.ok(end.outcome?.kind === "key-reused" && end.outcome.isKeySpent);
  assert.equal(attempt.isPending, false);
});

test("a refusal leaves the key as it is, so that a repeat after a lost answer is no second request", async (context) => {
  const { end, pass, send } = attempting(context, [refusal(422, "invalid")]);
  send();
  await pass(0);
  assert.ok(end.outcome?.kind === "refused" && !end.outcome.isKeySpent);
});

test("a check before sending runs once at a time", async (context) => {
  const { attempt, pass } = attempting(context, []);
  /** @type {(isConfirmed: boolean) => void} */
  let answer = () => {};
  const first = attempt.prepare(
    () => /** @type {Promise<boolean>} */ (new Promise((resolve) => (answer = resolve))),
  );
  assert.equal(attempt.isChecking, true);
  assert.equal(await attempt.prepare(() => true), null);
  answer(true);
  assert.equal(await first, true);
  await pass(0);
  assert.equal(attempt.isChecking, false);
  await assert.rejects(
    attempt.prepare(() => Promise.reject(new TypeError("x"))),
    TypeError,
  );
  assert.equal(attempt.isChecking, false);
});

test("a bug of the page is thrown, and the form is free again", async (context) => {
  const { attempt, log, pass, send } = attempting(context, [new TypeError("x")]);
  const sending = assert.rejects(send(), TypeError);
  await pass(0);
  await sending;
  assert.equal(attempt.isPending, false);
  assert.equal(log.at(-1), "forget");
});

test("a request that is stopped sends nothing any more and has no outcome", async (context) => {
  const { attempt, log, end, pass, send } = attempting(context, [new LostError(), anItem()]);
  send();
  await pass(0);
  attempt.stop();
  await pass(600_000);
  assert.equal(postCount(log), 1);
  assert.equal(end.outcome, undefined);
  assert.equal(attempt.isPending, false);
});
