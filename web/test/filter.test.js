import assert from "node:assert/strict";
import { test } from "node:test";
import { filter } from "../client/filter.js";
import { Store } from "../client/store.js";
import { item } from "./items.js";

const NOW = Date.parse("2026-05-01T12:00:00Z");
/** @param {string} query @param {Partial<import("../client/types.d.ts").Item>} rest */
const passes = (query, rest) => filter(new URLSearchParams(query))(item("a", 1, rest));
/** @param {Store} store */
const shown = (store) => store.current(NOW).map(({ uri, version }) => `${uri}${version}`);

function english() {
  const store = new Store();
  store.isWanted = filter(new URLSearchParams("edition=en"));
  return store;
}
const moved = { edition: "es" };

test("without a parameter every item matches", () => {
  assert(passes("", { edition: "ar", urgency: 8, sections: ["sport"] }));
  assert(passes("backlog=5", {}));
});

test("a value of each name must match, several of one name are alternatives", () => {
  assert(passes("edition=en&edition=es", { edition: "es" }));
  assert(!passes("edition=en&edition=es", { edition: "ar" }));
  assert(passes("section=sport&section=arts", { sections: ["politics", "arts"] }));
  assert(!passes("section=sport", { sections: [] }));
  assert(passes("place=sv&section=sport", { places: ["sv"], sections: ["sport"] }));
  assert(!passes("place=sv&section=sport", { places: ["gt"], sections: ["sport"] }));
});

test("a part of a name does not match", () => {
  assert(!passes("edition=e", { edition: "en" }));
  assert(!passes("section=sports", { sections: ["sport"] }));
});

test("urgency is a lower bound, and its last value counts, as on the node", () => {
  assert(passes("urgency=3", { urgency: 3 }));
  assert(!passes("urgency=3", { urgency: 4 }));
  assert(passes("urgency=2&urgency=4", { urgency: 4 }));
});

test("a version outside the filter removes its item, and no older version brings it back", () => {
  const store = english();
  for (const uri of ["a", "b", "c"]) store.apply(item(uri, 1));
  assert.equal(store.apply(item("b", 2, moved)), "removed");
  assert.equal(store.apply(item("b", 1)), "");
  store.replace([item("c", 1), item("b", 1), item("a", 1)], true);
  assert.deepEqual(shown(store), ["c1", "a1"]);
  store.replace([item("c", 1), item("b", 1), item("a", 1)], false);
  assert.deepEqual(shown(store), ["c1", "a1"]);
});

test("an item that matches the filter again returns to its position", () => {
  const store = english();
  for (const uri of ["a", "b", "c"]) store.apply(item(uri, 1));
  store.apply(item("b", 2, moved));
  assert.equal(store.apply(item("b", 3, moved)), "", "it was removed already");
  assert.equal(store.apply(item("b", 4)), "added");
  assert.deepEqual(shown(store), ["c1", "b4", "a1"]);
});

test("an item withdrawn outside the filter never returns", () => {
  const store = english();
  store.apply(item("a", 1));
  store.apply(item("a", 2, moved));
  assert.equal(store.apply(item("a", 3, { ...moved, pubStatus: "canceled" })), "");
  assert.equal(store.apply(item("a", 4)), "");
  assert.deepEqual(shown(store), []);
});

test("a replay or a snapshot shows no item outside the filter", () => {
  const store = english();
  assert.equal(store.apply(item("a", 1, moved)), "");
  assert.equal(store.apply(item("b", 2, moved)), "");
  assert.deepEqual(shown(store), []);
  store.replace([item("c", 1), item("d", 2, moved)], true);
  assert.deepEqual(shown(store), ["c1"]);
  assert.equal(store.apply(item("d", 1)), "");
});

test("a new filter shows the items of its snapshot that match it, and no others", () => {
  const store = english();
  store.apply(item("a", 1));
  store.apply(item("a", 2, moved));
  store.apply(item("b", 3));
  store.isWanted = filter(new URLSearchParams("edition=es"));
  store.replace([item("b", 2, moved), item("a", 2, moved)], true);
  assert.deepEqual(shown(store), ["a2"]);
});

test("a story is matched by its id", () => {
  const story = {
    id: "flood",
    title: { value: "Flood", language: "en", direction: /** @type {const} */ ("ltr") },
  };
  assert(passes("story=fire&story=flood", { story }));
  assert(!passes("story=fire", { story }));
  assert(!passes("story=flood", { story: null }));
  assert(!passes("story=flood", {}));
});
