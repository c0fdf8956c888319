/** Acts on several items: a table of act, state and role, and what is told of each outcome. */
import assert from "node:assert/strict";
import test from "node:test";

import { BULK_ACTS, bulkActs, countsOf, targetsOf } from "../desk/items/bulk-plan.js";
import { item } from "./items.js";

/** @import { Item } from "../desk/shell/types.d.ts" */

/** @param {string} uri @param {Partial<Item>} fields */
const inState = (uri, fields) => /** @type {Item} */ ({ ...item(uri, 1), ...fields });

const ON_AIR = inState("on-air", {});
const HELD = inState("held", { pubStatus: "withheld", act: "hold" });
const WITHDRAWN = inState("withdrawn", { pubStatus: "canceled", act: "withdraw" });
const UNREADABLE = inState("unreadable", { unreadable: true });
const WORDLESS = inState("wordless", { headline: /** @type {any} */ (null) });
const UNKNOWN = inState("unknown", {});
const STATES = [ON_AIR, HELD, WITHDRAWN, UNREADABLE, WORDLESS, UNKNOWN];

/** @param {string} uri */
const isWaiting = (uri) => uri === UNKNOWN.uri;

/** For each act, the states in which it is sent. */
const TABLE = { hold: [ON_AIR], withdraw: [ON_AIR, HELD], release: [HELD] };

for (const act of BULK_ACTS) {
  test(`${act} of a mixed selection is sent for the items that allow it and for no other`, () => {
    assert.deepEqual(targetsOf(STATES, act, "chief", isWaiting), TABLE[act]);
  });

  test(`${act} of several items is for chiefs`, () => {
    for (const role of ["reporter", "editor", ""])
      assert.deepEqual(targetsOf(STATES, act, role, isWaiting), []);
  });

  test(`${act} is not sent again for an item whose last outcome is unknown`, () => {
    const possible = STATES.filter((each) => bulkActs(each, "chief").includes(act));
    assert.deepEqual(
      targetsOf(possible, act, "chief", () => true),
      [],
    );
  });
}

test("no item is in more than one of the targets of hold and release", () => {
  for (const each of STATES)
    assert.ok(!["hold", "release"].every((act) => bulkActs(each, "chief").includes(act)));
});

test("an unknown outcome counts neither as done nor as refused", () => {
  assert.deepEqual(countsOf(["done", "refused", "open", "sending", "open"]), {
    done: 1,
    refused: 1,
    open: 3,
  });
  assert.deepEqual(countsOf([]), { done: 0, refused: 0, open: 0 });
});
