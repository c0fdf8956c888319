/** A request whose answer is lost has an unknown outcome, never a refusal, and is repeated until it is known. */
import assert from "node:assert/strict";
import test from "node:test";

import { LostError, RefusedError } from "../desk/shell/api.js";
import { Attempt, isAct, isLine, isRefusal, REPEAT_MS, wasDone } from "../desk/shell/attempt.js";

/** @param {number} status @param {string} [type] */
const refused = (status, type = "") =>
  new RefusedError(status, type ? { type: `urn:flashwire:problem:${type}`, detail: "No." } : {});

/** @param {Partial<import("../desk/items/items.js").Item>} changes */
const item = (changes = {}) =>
  /** @type {import("../desk/items/items.js").Item} */ ({
    uri: "urn:flashwire:a",
    version: 1,
    act: "publish",
    urgency: 4,
    headline: { value: "Caf\u00e9 closed", language: "en", direction: "ltr" },
    infoSources: [{ name: { value: "Police", language: "en", direction: "ltr" }, role: "official" }],
    edition: "en",
    firstCreated: "2026-01-02T00:00:00.000Z",
    note: null,
    ...changes,
  });

test("a first request is refused only by an answer after which nothing can have been written", () => {
  for (const [status, type] of [
    [400, "malformed"],
    [401, "unauthorized"],
    [403, "role-act"],
    [412, "stale"],
    [422, "invalid"],
    [429, "rate"],
    [503, "desk-file"],
    [408, "too-slow"],
    [429, ""],
    [451, ""],
  ])
    assert.equal(isRefusal(refused(Number(status), String(type)), false), true, `${status} ${type}`);
  for (const [status, type] of [
    [500, "internal"],
    [503, "stream-away"],
    [503, ""],
    [502, ""],
    [504, ""],
    [408, ""],
    [460, ""],
    [499, ""],
    [520, ""],
    [599, "new-problem"],
  ])
    assert.equal(isRefusal(refused(Number(status), String(type)), false), false, `${status} ${type}`);
  assert.equal(isRefusal(new LostError(), false), false);
});

test("after an unknown outcome only an answer for which the desk looked for the first request is a refusal", () => {
  for (const type of [
    "invalid",
    "stale",
    "withdrawn",
    "hold-not-usable",
    "release-not-held",
    "no-item",
    "unreadable",
  ])
    assert.equal(isRefusal(refused(422, type), true), true, type);
  for (const [status, type] of [
    [401, "unauthorized"],
    [403, "role-act"],
    [403, "foreign-origin"],
    [429, "rate"],
    [503, "desk-file"],
    [404, ""],
    [413, ""],
  ])
    assert.equal(isRefusal(refused(Number(status), String(type)), true), false, `${status} ${type}`);
});

/**
 * An attempt whose answers are given, and what it said.
 * @param {import("node:test").TestContext} context
 * @param {(Error | import("../desk/items/items.js").Item)[]} answers
 * @param {Partial<import("../desk/shell/attempt.js").Options>} [options]
 */
function attempt(context, answers, options = {}) {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  /** @type {string[]} */
  const log = [];
  const made = new Attempt({
    ask: async () => {
      log.push("ask");
      const answer = answers.shift() ?? new LostError();
      if (answer instanceof Error) throw answer;
      return { item: answer };
    },
    isOwner: async () => true,
    sent: Date.now(),
    onUnknown: (repeating) => log.push(repeating ? "unknown" : "open"),
    onExpired: () => log.push("expired"),
    ...options,
  });
  /** @type {{done?: import("../desk/shell/attempt.js").Done, error?: any}} */
  const end = {};
  made.outcome.then(
    (done) => {
      end.done = done;
    },
    (error) => {
      end.error = error;
    },
  );
  /** @param {number} ms */
  const pass = async (ms) => {
    context.mock.timers.tick(ms);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { made, log, end, pass };
}

test("a lost answer is asked for again until it comes", async (context) => {
  const { made, log, end, pass } = attempt(context, [new LostError(), refused(503, "stream-away"), item()]);
  await pass(0);
  assert.equal(made.unknown, true);
  await pass(1000);
  await pass(2000);
  assert.deepEqual(
    log.filter((word) => word === "ask"),
    ["ask", "ask", "ask"],
  );
  assert.equal(end.done?.wasUnknown, true);
  assert.equal(made.unknown, false);
});

test("a plain refusal ends at once", async (context) => {
  const { log, end, pass } = attempt(context, [refused(422, "invalid")]);
  await pass(0);
  assert.equal(end.error?.kind, "invalid");
  assert.deepEqual(log, ["ask"]);
});

test("what the ticker shows while the outcome is unknown is done", async (context) => {
  const { made, end, pass } = attempt(context, [new LostError()]);
  await pass(0);
  made.seen(item());
  await pass(60_000);
  assert.equal(end.done?.item.uri, "urn:flashwire:a");
});

test("what the ticker shows before the answer is lost is done", async (context) => {
  const { made, end, pass } = attempt(context, [new LostError()]);
  made.seen(item());
  await pass(0);
  assert.equal(end.done?.wasUnknown, false);
});

test("what the ticker shows is done, whatever a proxy answers then", async (context) => {
  const { made, end, pass } = attempt(context, [refused(403)]);
  made.seen(item());
  await pass(0);
  assert.ok(end.done && !end.error);
});

test("what the desk decides counts more than an act of another that looks like this one", async (context) => {
  const { made, end, pass } = attempt(context, [refused(412, "stale")]);
  made.seen(item());
  await pass(0);
  assert.equal(end.error?.kind, "stale");
});

test("a session that ends while the outcome is unknown stops the repeats until the person is back", async (context) => {
  const { made, log, end, pass } = attempt(context, [new LostError(), refused(401, "unauthorized"), item()]);
  await pass(0);
  await pass(1000);
  assert.equal(log.at(-1), "expired");
  await pass(600_000);
  assert.equal(log.filter((word) => word === "ask").length, 2);
  assert.equal(end.error, undefined);
  made.again();
  await pass(0);
  assert.ok(end.done);
});

test("nothing is repeated under another person's session", async (context) => {
  const { log, pass } = attempt(context, [new LostError(), item()], { isOwner: async () => false });
  await pass(0);
  await pass(1000);
  assert.equal(log.filter((word) => word === "ask").length, 1);
  assert.equal(log.at(-1), "expired");
});

test("long after Publish nothing is sent by itself, and a person can still ask", async (context) => {
  const { made, log, end, pass } = attempt(context, []);
  await pass(0);
  for (let waited = 0; waited < REPEAT_MS + 60_000; waited += 5000) await pass(5000);
  assert.equal(log.at(-1), "open");
  const before = log.filter((word) => word === "ask").length;
  await pass(3_600_000);
  assert.equal(log.filter((word) => word === "ask").length, before);
  made.again();
  await pass(0);
  assert.equal(log.filter((word) => word === "ask").length, before + 1);
  assert.equal(end.error, undefined);
});

test("a desk that comes back after a long time is not sent the line by itself", async (context) => {
  const { made, log, pass } = attempt(context, []);
  await pass(0);
  made.repeat();
  await pass(0);
  assert.equal(log.filter((word) => word === "ask").length, 2);
  for (let waited = 0; waited < REPEAT_MS + 60_000; waited += 5000) await pass(5000);
  const before = log.length;
  made.repeat();
  await pass(0);
  assert.equal(log.length, before);
});

test("nothing is repeated once the desk may have forgotten the key", async (context) => {
  const { log, pass } = attempt(context, [], { keyMs: 10_000 });
  for (let waited = 0; waited < 60_000; waited += 1000) await pass(1000);
  assert.equal(log.at(-1), "open");
  const asked = log.filter((word) => word === "ask").length;
  await pass(REPEAT_MS);
  assert.equal(log.filter((word) => word === "ask").length, asked);
});

test("a desk that may have forgotten the key does not say no by finding that somebody was faster", async (context) => {
  const early = attempt(context, [new LostError(), refused(412, "stale")], { keyMs: 600_000 });
  await early.pass(0);
  await early.pass(2000);
  assert.equal(early.end.error?.kind, "stale");
  context.mock.timers.reset();
  const late = attempt(context, [refused(412, "stale"), item()], { keyMs: 600_000, resumed: true, sent: 0 });
  late.made.again();
  await late.pass(0);
  assert.equal(late.end.error, undefined);
  assert.equal(late.log.at(-1), "open");
  late.made.again();
  await late.pass(0);
  assert.equal(late.end.done?.wasUnknown, true);
});

test("one that an earlier page sent long ago is not sent by opening the page", async (context) => {
  const { log, pass } = attempt(context, [item()], { sent: 1_000_000 - REPEAT_MS, resumed: true });
  await pass(600_000);
  assert.deepEqual(log, ["open"]);
});

test("Retry-After is kept", async (context) => {
  const error = new RefusedError(503, { type: "urn:flashwire:problem:stream-away", detail: "Away." }, "20");
  const { log, pass } = attempt(context, [error, item()]);
  await pass(0);
  await pass(19_000);
  assert.equal(log.filter((word) => word === "ask").length, 1);
  await pass(1000);
  assert.equal(log.filter((word) => word === "ask").length, 2);
});

test("an answer that the desk cannot read any more ends the asking, and is no refusal", async (context) => {
  const done = refused(409, "answer-unreadable");
  assert.equal(wasDone(done), true);
  assert.equal(isRefusal(done, true), false);
  assert.equal(wasDone(refused(409, "unreadable")), false);
  const { log, end, pass } = attempt(context, [new LostError(), done]);
  await pass(0);
  await pass(5000);
  assert.equal(log.filter((word) => word === "ask").length, 2);
  assert.equal(end.error, done);
});

test("a line is known again on air by its words, its source and its time", () => {
  const line = { text: " Cafe\u0301 closed", source: "Police", edition: "en" };
  const before = "2026-01-01T00:00:00.000Z";
  assert.equal(isLine(item(), line, before), true);
  // The same words, published before: another line.
  assert.equal(isLine(item(), line, item().firstCreated), false);
  assert.equal(isLine(item({ version: 2 }), line, before), false);
  // No list had come: an older line with the same words looks the same.
  assert.equal(isLine(item(), line, null), false);
  assert.equal(isLine(item(), line, ""), true);
  assert.equal(isLine(item({ edition: "es" }), line, before), false);
  assert.equal(isLine(item(), { ...line, source: "Army" }, before), false);
  assert.equal(isLine(item(), { ...line, text: "Open" }, before), false);
});

test("an act is known again by its version and by all that it changed", () => {
  const done = item({
    version: 3,
    act: "correction",
    note: { value: "Wrong.", language: "en", direction: "ltr" },
  });
  const body = { act: "correction", headline: "Cafe\u0301 closed", note: "Wrong." };
  assert.equal(isAct(done, 2, body), true);
  assert.equal(isAct(done, 1, body), false);
  assert.equal(isAct(done, 2, { ...body, act: "update" }), false);
  assert.equal(isAct(done, 2, { ...body, note: "Other." }), false);
  assert.equal(isAct(done, 2, { ...body, headline: "Other" }), false);
  assert.equal(isAct(done, 2, { ...body, infoSources: [{ name: "Police" }] }), true);
  assert.equal(isAct(done, 2, { ...body, infoSources: [{ uri: "police" }] }), false);
  // What is withdrawn comes without its words.
  const gone = item({ version: 3, act: "withdraw", note: done.note, infoSources: [] });
  assert.equal(
    isAct({ ...gone, headline: /** @type {any} */ (null) }, 2, { act: "withdraw", note: "Wrong." }),
    true,
  );
});
