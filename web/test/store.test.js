import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../client/store.js";
import { item } from "./items.js";
import { randomFrom } from "./random.js";

/** @import { Item } from "../client/types.d.ts" */

const NOW = Date.parse("2026-05-01T12:00:00Z");
/** @param {Store} store @param {number} [now] */
const shown = (store, now = NOW) => store.current(now).map(({ uri, version }) => `${uri}${version}`);

test("a new item is first, a changed one keeps its position", () => {
  const store = new Store();
  assert.equal(store.apply(item("a", 1)), "added");
  assert.equal(store.apply(item("b", 1)), "added");
  assert.equal(store.apply(item("a", 2)), "changed");
  assert.deepEqual(shown(store), ["b1", "a2"]);
});

test("the highest version wins in any order of arrival", () => {
  const store = new Store();
  store.apply(item("a", 3));
  assert.equal(store.apply(item("a", 2)), "");
  assert.equal(store.apply(item("a", 3)), "");
  assert.deepEqual(shown(store), ["a3"]);
});

test("a withdrawn item never returns by replay, release or snapshot", () => {
  const store = new Store();
  store.apply(item("a", 1));
  assert.equal(store.apply(item("a", 2, { act: "withdraw", pubStatus: "canceled" })), "removed");
  assert.equal(store.apply(item("a", 1)), "");
  assert.equal(store.apply(item("a", 3)), "");
  store.replace([item("a", 1), item("b", 1)], true);
  store.replace([item("a", 1), item("b", 1)], false);
  store.replace([item("a", 5), item("b", 1)], false);
  assert.deepEqual(shown(store), ["b1"]);
});

test("a withdrawal that comes first is not shown, and no older version is", () => {
  const store = new Store();
  assert.equal(store.apply(item("a", 2, { pubStatus: "canceled" })), "");
  assert.equal(store.apply(item("a", 1)), "");
  assert.deepEqual(shown(store), []);
});

test("an item on hold is removed, and its release returns it to its position", () => {
  const store = new Store();
  for (const uri of ["a", "b", "c"]) store.apply(item(uri, 1));
  assert.equal(store.apply(item("b", 2, { act: "hold", pubStatus: "withheld" })), "removed");
  assert.deepEqual(shown(store), ["c1", "a1"]);
  assert.equal(store.apply(item("b", 3, { act: "release" })), "added");
  assert.deepEqual(shown(store), ["c1", "b3", "a1"]);
});

test("a release of an unknown item is sorted by firstCreated", () => {
  const store = new Store();
  const at = (/** @type {string} */ clock) => ({ firstCreated: `2026-05-01T${clock}:00.000Z` });
  store.replace([item("c", 1, at("11:00")), item("a", 1, at("09:00"))], true);
  store.apply(item("b", 3, at("10:00")));
  store.apply(item("z", 2, at("01:00")));
  assert.deepEqual(shown(store), ["c1", "b3", "a1", "z2"]);
});

test("items are sorted by firstCreated, then by uri", () => {
  const store = new Store();
  const at = (/** @type {string} */ clock) => ({ firstCreated: `2026-05-01T${clock}:00.000Z` });
  store.apply(item("b", 2, at("10:00")));
  store.apply(item("a", 1, at("11:00")));
  store.apply(item("c", 1, at("10:00")));
  assert.deepEqual(shown(store), ["a1", "c1", "b2"]);
  store.replace([item("c", 1, at("10:00")), item("a", 1, at("11:00"))], true);
  assert.deepEqual(shown(store), ["a1", "c1"]);
});

test("an old item with a correction is last in a full list, and is the first to leave it", () => {
  const store = new Store();
  const at = (/** @type {number} */ minute) => ({
    firstCreated: new Date(NOW + minute * 60_000).toISOString(),
  });
  for (let minute = 1; minute <= 99; minute++) store.apply(item(`n${minute}`, 1, at(minute)));
  store.apply(item("old", 5, { act: "correction", ...at(-9999) }));
  assert.equal(shown(store).at(-1), "old5");
  store.apply(item("n100", 1, at(100)));
  assert.equal(shown(store).length, 100);
  assert.equal(shown(store).at(-1), "n11");
});

test("a tombstone without text removes its item", () => {
  const store = new Store();
  store.apply(item("a", 1));
  const gone = { headline: null, infoSources: [], pubStatus: "canceled" };
  assert.equal(store.apply(/** @type {any} */ ({ ...item("a", 2), ...gone })), "removed");
  assert.equal(store.apply(/** @type {any} */ ({ ...item("b", 2), ...gone })), "");
  assert.deepEqual(shown(store), []);
});

test("a snapshot replaces the list, except by older versions", () => {
  const store = new Store();
  store.apply(item("a", 1));
  store.apply(item("b", 2));
  store.replace([item("c", 1), item("b", 1)], true);
  assert.deepEqual(shown(store), ["c1", "b2"]);
});

test("an incomplete snapshot may lower versions, because the stream may have been rolled back", () => {
  const store = new Store();
  store.apply(item("b", 3));
  store.replace([item("b", 1)], false);
  assert.equal(store.apply(item("b", 2)), "changed");
  assert.deepEqual(shown(store), ["b2"]);
});

test("pinned items are first until the pin ends, expired ones leave", () => {
  const store = new Store();
  store.apply(item("a", 1, { pinnedUntil: "2026-05-01T12:30:00Z" }));
  store.apply(item("b", 1, { expires: "2026-05-01T12:10:00Z" }));
  assert.deepEqual(shown(store), ["a1", "b1"]);
  assert.equal(store.nextChange(NOW), Date.parse("2026-05-01T12:10:00Z"));
  assert.deepEqual(shown(store, Date.parse("2026-05-01T12:10:00Z")), ["a1"]);
  store.apply(item("c", 1));
  assert.deepEqual(shown(store, Date.parse("2026-05-01T12:29:59Z")), ["a1", "c1"]);
  assert.deepEqual(shown(store, Date.parse("2026-05-01T12:30:00Z")), ["c1", "a1"]);
  assert.equal(store.nextChange(Date.parse("2026-05-01T12:30:00Z")), Number.POSITIVE_INFINITY);
});

test("after any cut, repeat or replay the list is the stream folded by uri", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomFrom(seed);
    /** @param {number} below */
    const pick = (below) => Math.floor(random() * below);
    /** @type {Item[]} */
    const stream = [];
    const store = new Store();
    let joined = 0;
    let seen = 0;
    for (let step = 0; step < 60; step++) {
      const act = pick(10);
      if (act < 6) publish(stream, pick(8), pick(7));
      else if (act < 8) for (; seen < stream.length; seen++) store.apply(/** @type {Item} */ (stream[seen]));
      else if (act === 8)
        for (const old of stream.slice(joined + pick(seen - joined + 1), seen)) store.apply(old);
      else {
        store.replace(folded(stream), random() < 0.5);
        joined = seen = stream.length;
      }
    }
    for (const entry of stream.slice(seen)) store.apply(entry);
    assert.deepEqual(store.current(NOW), folded(stream), `seed ${seed}`);
  }
});

/**
 * The next version of one of a few items, as the desk's rules allow it.
 * @param {Item[]} stream @param {number} which @param {number} fate
 */
function publish(stream, which, fate) {
  const uri = `u${which}`;
  const last = stream.findLast((entry) => entry.uri === uri);
  if (last?.pubStatus === "canceled") return;
  const version = (last?.version ?? 0) + 1;
  const pubStatus =
    version > 1 && fate === 0 ? "canceled" : version > 1 && fate === 1 ? "withheld" : "usable";
  const firstCreated = last?.firstCreated ?? new Date(NOW + stream.length).toISOString();
  stream.push(item(uri, version, { pubStatus, firstCreated }));
}

/** What a node's snapshot holds: the newest version of each, in the order of the first ones. @param {Item[]} stream */
function folded(stream) {
  /** @type {Map<string, Item>} */
  const newest = new Map();
  for (const entry of stream) newest.set(entry.uri, entry);
  return [...newest.values()].filter((entry) => entry.pubStatus === "usable").reverse();
}
