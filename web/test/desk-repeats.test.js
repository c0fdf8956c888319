/** A request whose answer is lost has an unknown outcome, never a refusal, and is repeated until it is known. */
import assert from "node:assert/strict";
import test from "node:test";

import { LostError } from "../desk/shell/errors.js";
import { REPEAT_MS, RepeatedRequest } from "../desk/shell/repeated-request.js";
import { anItem, mockClock, postCount, posting, refusal } from "./desk-requests.js";

/** @import { Item } from "../desk/shell/types.d.ts" */
/** @import { Done, Options } from "../desk/shell/repeated-request.js" */

/**
 * A repeated request with these answers, and a record of what it does.
 * @param {import("node:test").TestContext} context
 * @param {(Error | Item)[]} answers
 * @param {Partial<Options>} [options]
 */
function repeated(context, answers, options = {}) {
  const pass = mockClock(context);
  /** @type {string[]} */
  const log = [];
  const request = new RepeatedRequest({
    post: posting(answers, log),
    isOwner: async () => true,
    sent: Date.now(),
    onUnknown: (repeating) => log.push(repeating ? "unknown" : "open"),
    onExpired: () => log.push("expired"),
    ...options,
  });
  /** @type {{done?: Done, error?: any}} */
  const end = {};
  request.outcome.then(
    (done) => {
      end.done = done;
    },
    (error) => {
      end.error = error;
    },
  );
  return { request, log, end, pass };
}

/** Lets the time of the repeats by itself go by, and a minute more. @param {(ms: number) => Promise<void>} pass */
async function passRepeats(pass) {
  for (let waited = 0; waited < REPEAT_MS + 60_000; waited += 5000) await pass(5000);
}

test("a request whose answer is lost is sent again until an answer comes", async (context) => {
  const { request, log, end, pass } = repeated(context, [
    new LostError(),
    refusal(503, "stream-away"),
    anItem(),
  ]);
  await pass(0);
  assert.equal(request.isUnknown, true);
  await pass(1000);
  await pass(2000);
  assert.equal(postCount(log), 3);
  assert.equal(end.done?.wasUnknown, true);
  assert.equal(request.isUnknown, false);
});

test("a refusal of the first request ends it at once", async (context) => {
  const { log, end, pass } = repeated(context, [refusal(422, "invalid")]);
  await pass(0);
  assert.equal(end.error?.kind, "invalid");
  assert.deepEqual(log, ["post"]);
});

test("an item that the ticker shows while the outcome is unknown ends the repeats", async (context) => {
  const { request, log, end, pass } = repeated(context, [new LostError()]);
  await pass(0);
  request.confirm(anItem());
  await pass(60_000);
  assert.equal(end.done?.item.uri, "urn:flashwire:a");
  assert.equal(postCount(log), 1);
});

test("an item that the ticker shows before the answer is lost is done", async (context) => {
  const { request, end, pass } = repeated(context, [new LostError()]);
  request.confirm(anItem());
  await pass(0);
  assert.equal(end.done?.wasUnknown, false);
});

test("an item that the ticker shows is done, whatever a proxy answers then", async (context) => {
  const { request, end, pass } = repeated(context, [refusal(403)]);
  request.confirm(anItem());
  await pass(0);
  assert.ok(end.done && !end.error);
});

test("the desk's decision counts more than another editor's act that looks the same", async (context) => {
  const { request, end, pass } = repeated(context, [refusal(412, "stale")]);
  request.confirm(anItem());
  await pass(0);
  assert.equal(end.error?.kind, "stale");
});

test("a session that ends while the outcome is unknown stops the repeats until the person is back", async (context) => {
  const answers = [new LostError(), refusal(401, "unauthorized"), anItem()];
  const { request, log, end, pass } = repeated(context, answers);
  await pass(0);
  await pass(1000);
  assert.equal(log.at(-1), "expired");
  await pass(600_000);
  assert.equal(postCount(log), 2);
  assert.equal(end.error, undefined);
  request.repeatNow();
  await pass(0);
  assert.ok(end.done);
});

test("nothing is repeated under another person's session", async (context) => {
  const { log, pass } = repeated(context, [new LostError(), anItem()], { isOwner: async () => false });
  await pass(0);
  await pass(1000);
  assert.equal(postCount(log), 1);
  assert.equal(log.at(-1), "expired");
});

test("long after Publish nothing is sent by itself, and a person can still ask", async (context) => {
  const { request, log, end, pass } = repeated(context, []);
  await pass(0);
  await passRepeats(pass);
  assert.equal(log.at(-1), "open");
  const count = postCount(log);
  await pass(3_600_000);
  assert.equal(postCount(log), count);
  request.repeatNow();
  await pass(0);
  assert.equal(postCount(log), count + 1);
  assert.equal(end.error, undefined);
});

test("a desk that comes back after a long time is not sent the line by itself", async (context) => {
  const { request, log, pass } = repeated(context, []);
  await pass(0);
  request.repeatIfRecent();
  await pass(0);
  assert.equal(postCount(log), 2);
  await passRepeats(pass);
  const { length } = log;
  request.repeatIfRecent();
  await pass(0);
  assert.equal(log.length, length);
});

test("nothing is repeated once the desk may have forgotten the key", async (context) => {
  const { log, pass } = repeated(context, [], { keyMs: 10_000 });
  for (let waited = 0; waited < 60_000; waited += 1000) await pass(1000);
  assert.equal(log.at(-1), "open");
  const count = postCount(log);
  await pass(REPEAT_MS);
  assert.equal(postCount(log), count);
});

test("a conflict is no refusal from a desk that may have forgotten the key", async (context) => {
  const early = repeated(context, [new LostError(), refusal(412, "stale")], { keyMs: 600_000 });
  await early.pass(0);
  await early.pass(2000);
  assert.equal(early.end.error?.kind, "stale");
  context.mock.timers.reset();
  const options = { keyMs: 600_000, resumed: true, sent: 0 };
  const late = repeated(context, [refusal(412, "stale"), anItem()], options);
  late.request.repeatNow();
  await late.pass(0);
  assert.equal(late.end.error, undefined);
  assert.equal(late.log.at(-1), "open");
  late.request.repeatNow();
  await late.pass(0);
  assert.equal(late.end.done?.wasUnknown, true);
});

test("a request that an earlier page sent long ago is not sent by opening the page", async (context) => {
  const { log, pass } = repeated(context, [anItem()], { sent: 1_000_000 - REPEAT_MS, resumed: true });
  await pass(600_000);
  assert.deepEqual(log, ["open"]);
});

test("a repeat waits as long as Retry-After says", async (context) => {
  const { log, pass } = repeated(context, [refusal(503, "stream-away", "20"), anItem()]);
  await pass(0);
  await pass(19_000);
  assert.equal(postCount(log), 1);
  await pass(1000);
  assert.equal(postCount(log), 2);
});

test("an answer that the desk can no longer read ends the repeats", async (context) => {
  const done = refusal(409, "answer-unreadable");
  const { log, end, pass } = repeated(context, [new LostError(), done]);
  await pass(0);
  await pass(5000);
  assert.equal(postCount(log), 2);
  assert.equal(end.error, done);
});
