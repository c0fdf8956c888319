/** The filters of the list: what they match, how they look in an address, and what the desk is asked for. */
import assert from "node:assert/strict";
import test from "node:test";

import {
  addressOf,
  FILTERS,
  fold,
  hasWords,
  matches,
  readAddress,
  searchQuery,
} from "../desk/items/filter-values.js";
import { EXPIRING_MS, isInState } from "../desk/items/states.js";
import { item } from "./items.js";

/** @import { Item } from "../desk/shell/types.d.ts" */
/** @import { FilterValues } from "../desk/items/filter-values.js" */

const NONE = readAddress("");
const NOW = Date.parse("2026-11-27T12:00:00.000Z");
/** @param {number} ms */
const at = (ms) => new Date(NOW + ms).toISOString();

/** @param {Partial<Item>} fields */
const line = (fields) => /** @type {Item} */ ({ ...item("line", 1), translationOf: null, ...fields });

test("an address and its values are each other's opposite", () => {
  const values = /** @type {FilterValues} */ (
    Object.fromEntries(FILTERS.map((name) => [name, `ä&=${name}`]))
  );
  assert.deepEqual(readAddress(addressOf(values)), values);
  assert.equal(addressOf(NONE), "");
  assert.equal(addressOf({ edition: "ar", q: "" }), "?edition=ar");
  assert.deepEqual(readAddress("?other=1"), NONE);
});

/** @type {[string, Partial<FilterValues>, Partial<Item>, Partial<Item>][]} what is set, an item that matches, one that does not */
const TABLE = [
  ["edition", { edition: "ar" }, { edition: "ar" }, { edition: "en" }],
  ["urgency", { urgency: "1" }, { urgency: 1 }, { urgency: 2 }],
  ["state", { state: "held" }, { pubStatus: "withheld" }, {}],
  ["story", { story: "flood" }, { story: { id: "flood", title: /** @type {any} */ ({}) } }, { story: null }],
  [
    "from, which is included",
    { from: "2026-05-01T09:00:00Z" },
    { firstCreated: "2026-05-01T09:00:00.000Z" },
    { firstCreated: "2026-05-01T08:59:59.999Z" },
  ],
  [
    "until, which is not included",
    { until: "2026-05-01T09:00:00Z" },
    { firstCreated: "2026-05-01T08:59:59.999Z" },
    { firstCreated: "2026-05-01T09:00:00.000Z" },
  ],
];

for (const [name, values, match, other] of TABLE)
  test(`the filter by ${name}`, () => {
    assert.ok(matches(line(match), { ...NONE, ...values }));
    assert.ok(!matches(line(other), { ...NONE, ...values }));
  });

test("a source is found by a part of its name without case and accents, or by its id", () => {
  const named = line({
    infoSources: [
      {
        name: { value: "الدفاع المدني", language: "ar", direction: "rtl" },
        role: "official",
        uri: "civil-defence",
      },
      { name: { value: "Protección Civil", language: "es", direction: "ltr" }, role: "official" },
    ],
  });
  for (const source of ["proteccion", "CIVIL", "المدنى", "civil-defence", " civil "])
    assert.ok(matches(named, { ...NONE, source }), source);
  for (const source of ["civil-def", "central bank"]) assert.ok(!matches(named, { ...NONE, source }), source);
});

test("words are compared without case, accents and the forms of Arabic letters", () => {
  assert.equal(fold("MÁLAGA أنقاضٌ مدينة"), fold("malaga انقاض مدينه"));
  const found = line({ headline: { value: "Málaga: two dead", language: "en", direction: "ltr" } });
  assert.ok(hasWords(found, ["malaga", "dead"]));
  assert.ok(!hasWords(found, ["malaga", "alive"]));
});

test("the desk is asked for what the page's list may not have, with the other filters", () => {
  assert.equal(searchQuery({ ...NONE, edition: "en", state: "held", own: "1" }, "Ana"), null);
  assert.deepEqual(searchQuery({ ...NONE, story: "flood", edition: "en", state: "held", own: "1" }, "Ana"), {
    story: "flood",
    edition: "en",
    status: "withheld",
    by: "Ana",
  });
  assert.deepEqual(searchQuery({ ...NONE, q: " ", source: "bank", state: "pinned" }, "Ana"), {
    q: " ",
    source: "bank",
  });
});

/** @type {[string, Partial<Item>, string[]][]} an item, and what of it is for the next shift */
const HANDOVER = [
  ["an item on air", {}, []],
  ["an item on hold", { pubStatus: "withheld" }, ["held"]],
  ["a withdrawn item", { pubStatus: "canceled", pinnedUntil: at(1), expires: at(1) }, []],
  ["a pinned item", { pinnedUntil: at(1) }, ["pinned"]],
  ["an item that was pinned", { pinnedUntil: at(-1) }, []],
  ["an item that expires within a shift", { expires: at(EXPIRING_MS - 1) }, ["expiring"]],
  ["an item that expires later", { expires: at(EXPIRING_MS) }, []],
  ["an item that has expired", { expires: at(0), pinnedUntil: at(1) }, []],
  ["a pinned item on hold", { pubStatus: "withheld", pinnedUntil: at(1) }, ["held"]],
  ["a stale translation", { stale: /** @type {any} */ ({}) }, ["stale"]],
];

for (const [name, fields, states] of HANDOVER)
  test(`the hand-over of ${name}`, () => {
    const found = ["stale", "held", "expiring", "pinned"].filter((state) =>
      isInState(line(fields), state, NOW),
    );
    assert.deepEqual(found, states);
    assert.equal(isInState(line(fields), "handover", NOW), states.length > 0);
  });
