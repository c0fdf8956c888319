/** The hand-over: each line once, by what it needs first, in its edition. */
import assert from "node:assert/strict";
import test from "node:test";

import { byEdition, entriesOf } from "../desk/handover/entries.js";
import { item } from "./items.js";

/** @import { Item } from "../desk/shell/types.d.ts" */

const NOW = Date.parse("2026-11-27T12:00:00.000Z");
const SOON = "2026-11-27T13:00:00.000Z";

/** @param {string} uri @param {Partial<Item>} fields */
const line = (uri, fields) => /** @type {Item} */ ({ ...item(uri, 1), translationOf: null, ...fields });
/** @param {string} state @param {string} edition */
const waiting = (state, edition) => /** @type {any} */ ({ id: state, state, item: line(state, { edition }) });
/** @param {Record<string, unknown>} fields */
const draft = (fields) =>
  /** @type {any} */ ({
    state: "draft",
    by: "Ana",
    changedBy: "Ana",
    note: null,
    edition: "en",
    line: {},
    ...fields,
  });

const LISTS = {
  items: [
    line("plain", {}),
    line("pinned", { pinnedUntil: SOON }),
    line("stale and expiring", { stale: /** @type {any} */ ({}), expires: SOON, edition: "ar" }),
    line("held", { pubStatus: "withheld", pinnedUntil: SOON }),
  ],
  approvals: [waiting("waiting", "en"), waiting("refused", "en"), waiting("expired", "en")],
  schedule: [waiting("scheduled", "es"), waiting("stopped", "es"), waiting("published", "es")],
  drafts: [
    draft({ id: "own" }),
    draft({ id: "own note", note: "Ask Luis." }),
    draft({ id: "returned", note: "Who says so?", changedBy: "Luis" }),
    draft({ id: "submitted", state: "submitted", edition: "" }),
    draft({ id: "used", state: "published", note: "x", changedBy: "Luis" }),
  ],
};

test("each line that is open is named once, by what it needs first", () => {
  const found = entriesOf(LISTS, NOW).map(({ kind, item: listed, waiting: waits, draft: kept }) => [
    kind,
    listed?.uri ?? waits?.id ?? kept?.id,
  ]);
  assert.deepEqual(found.sort(), [
    ["held", "held"],
    ["pinned", "pinned"],
    ["returned", "returned"],
    ["scheduled", "scheduled"],
    ["stale", "stale and expiring"],
    ["stopped", "stopped"],
    ["submitted", "submitted"],
    ["waiting", "waiting"],
  ]);
});

test("lines of several editions that wait together are each in their own edition", () => {
  const family = { ...waiting("waiting", "en"), siblings: [line("sibling", { edition: "ar" })] };
  const groups = byEdition(
    entriesOf({ ...LISTS, items: [], drafts: [], schedule: [], approvals: [family] }, NOW),
    ["en", "ar"],
  );
  assert.deepEqual(
    groups.map(({ edition, kinds }) => [edition, kinds[0]?.entries.map((entry) => entry.waiting?.item.uri)]),
    [
      ["en", ["waiting"]],
      ["ar", ["sibling"]],
    ],
  );
});

test("every edition is there, and what has none comes last", () => {
  const groups = byEdition(entriesOf(LISTS, NOW), ["en", "es", "ar", "fr"]);
  assert.deepEqual(
    groups.map(({ edition, kinds }) => [edition, kinds.map(({ kind }) => kind)]),
    [
      ["en", ["waiting", "returned", "held", "pinned"]],
      ["es", ["stopped", "scheduled"]],
      ["ar", ["stale"]],
      ["fr", []],
      ["", ["submitted"]],
    ],
  );
});
