/** What an answer says about a request: done, refused or unknown; and which item is a request's result. */
import assert from "node:assert/strict";
import test from "node:test";

import { LostError } from "../desk/shell/errors.js";
import { placeErrors } from "../desk/shell/field-errors.js";
import { failureOf, isRefusal, wasDoneBefore } from "../desk/shell/outcomes.js";
import { isActResult, isPublishedLine } from "../desk/shell/recognize.js";
import { handOverFailure } from "../desk/waiting/hand-over.js";
import { anItem, refusal } from "./desk-requests.js";

/** @type {(changes?: Partial<import("../desk/shell/types.d.ts").Item>) => import("../desk/shell/types.d.ts").Item} */
const item = (changes = {}) =>
  anItem({
    headline: { value: "Caf\u00e9 closed", language: "en", direction: "ltr" },
    infoSources: [{ name: { value: "Police", language: "en", direction: "ltr" }, role: "official" }],
    ...changes,
  });

test("a first request is refused only by an answer after which nothing can have been written", () => {
  for (const [status, type] of /** @type {[number, string][]} */ ([
    [400, "malformed"],
    [401, "unauthorized"],
    [403, "role-act"],
    [412, "stale"],
    [422, "invalid"],
    [429, "rate"],
    [503, "desk-file"],
    [503, "database-away"],
    [503, "audit-away"],
    [408, "too-slow"],
    [429, ""],
    [451, ""],
  ]))
    assert.equal(isRefusal(refusal(status, type), false), true, `${status} ${type}`);
  for (const [status, type] of /** @type {[number, string][]} */ ([
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
  ]))
    assert.equal(isRefusal(refusal(status, type), false), false, `${status} ${type}`);
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
    assert.equal(isRefusal(refusal(422, type), true), true, type);
  for (const [status, type] of /** @type {[number, string][]} */ ([
    [401, "unauthorized"],
    [403, "role-act"],
    [403, "foreign-origin"],
    [429, "rate"],
    [503, "desk-file"],
    [503, "database-away"],
    [503, "audit-away"],
    [404, ""],
    [413, ""],
  ]))
    assert.equal(isRefusal(refusal(status, type), true), false, `${status} ${type}`);
});

test("an answer that the desk can no longer read means done, and is no refusal", () => {
  const done = refusal(409, "answer-unreadable");
  assert.equal(wasDoneBefore(done), true);
  assert.equal(isRefusal(done, true), false);
  assert.equal(wasDoneBefore(refusal(409, "unreadable")), false);
});

test("a failure says what the form must do, and whether its key is of no use any more", () => {
  for (const [status, type, kind, isKeySpent] of /** @type {[number, string, string, boolean][]} */ ([
    [401, "unauthorized", "signed-out", false],
    [403, "unauthorized", "signed-out", false],
    [422, "key-reused", "key-reused", true],
    [409, "answer-unreadable", "done-before", true],
    [412, "stale", "conflict", true],
    [409, "withdrawn", "conflict", true],
    [422, "invalid", "refused", false],
    [429, "rate", "refused", false],
    [403, "role-act", "refused", false],
  ])) {
    const failure = failureOf(refusal(status, type));
    assert.deepEqual([failure.kind, failure.isKeySpent], [kind, isKeySpent], `${status} ${type}`);
  }
  // A bug of the page is not shown as an answer of the desk.
  assert.throws(() => failureOf(new TypeError("x")), TypeError);
});

test("each error of the desk goes to the field that it is about, and the others are returned", () => {
  /** @type {unknown[]} */
  const shown = [];
  const errors = [
    { field: "headline", message: "too long" },
    { field: "infoSources[0].name", message: "no name" },
    { field: "role", message: "no role" },
    { field: "expires", message: "in the past" },
  ];
  const fields = { headline: "line", infoSources: "line", role: null };
  const unplaced = placeErrors(errors, fields, (field, message) => shown.push([field, message]));
  assert.deepEqual(shown, [
    ["line", "too long"],
    ["line", "no name"],
  ]);
  // A field that is hidden (null) cannot show anything.
  assert.deepEqual(unplaced, ["no role", "in the past"]);
});

test("a published line is recognized by its words, its source and its time", () => {
  const line = { text: " Cafe\u0301 closed", source: "Police", edition: "en" };
  const before = "2026-01-01T00:00:00.000Z";
  assert.equal(isPublishedLine(item(), line, before), true);
  // The same words, published before: another line.
  assert.equal(isPublishedLine(item(), line, item().firstCreated), false);
  assert.equal(isPublishedLine(item({ version: 2 }), line, before), false);
  // No list had come: an older line with the same words looks the same.
  assert.equal(isPublishedLine(item(), line, null), false);
  assert.equal(isPublishedLine(item(), line, ""), true);
  assert.equal(isPublishedLine(item({ edition: "es" }), line, before), false);
  assert.equal(isPublishedLine(item(), { ...line, source: "Army" }, before), false);
  assert.equal(isPublishedLine(item(), { ...line, text: "Open" }, before), false);
});

test("the result of an act is recognized by its version and by everything that it changed", () => {
  /** @type {import("../desk/shell/types.d.ts").Text} */
  const note = { value: "Wrong.", language: "en", direction: "ltr" };
  const result = item({ version: 3, act: "correction", note });
  const body = { act: "correction", headline: "Cafe\u0301 closed", note: "Wrong." };
  assert.equal(isActResult(result, 2, body), true);
  assert.equal(isActResult(result, 1, body), false);
  assert.equal(isActResult(result, 2, { ...body, act: "update" }), false);
  assert.equal(isActResult(result, 2, { ...body, note: "Other." }), false);
  assert.equal(isActResult(result, 2, { ...body, headline: "Other" }), false);
  assert.equal(isActResult(result, 2, { ...body, infoSources: [{ name: "Police" }] }), true);
  assert.equal(isActResult(result, 2, { ...body, infoSources: [{ uri: "police" }] }), false);
  // A withdrawn version comes without its words.
  const headline = /** @type {any} */ (null);
  const withdrawn = item({ version: 3, act: "withdraw", note, infoSources: [], headline });
  assert.equal(isActResult(withdrawn, 2, { act: "withdraw", note: "Wrong." }), true);
});

test("a line whose handing over has no answer is not told as refused", () => {
  const [unknown] = handOverFailure(new LostError(), "act.refused");
  assert.equal(unknown, "waiting.handed.unknown");
  const [broken] = handOverFailure(refusal(502, ""), "act.refused");
  assert.equal(broken, "waiting.handed.unknown");
  const [refused] = handOverFailure(refusal(403, "role-act"), "act.refused");
  assert.equal(refused, "act.refused");
});
