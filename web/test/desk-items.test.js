/** How the desk page merges items, which acts it offers, and what an act sends. */
import assert from "node:assert/strict";
import test from "node:test";

import { actBody, actsFor } from "../desk/items/acts.js";
import { Items } from "../desk/items/items.js";
import { anItem } from "./desk-requests.js";

const URI = "urn:flashwire:a";
const NO_WORDS = { headline: /** @type {any} */ (null), infoSources: [] };

/** @type {import("../desk/shell/types.d.ts").Site} */
const site = {
  ticker: "http://127.0.0.1:1",
  editions: { en: { language: "en", direction: "ltr", name: "English" } },
  sections: {},
  places: {},
  sources: { cd: { role: "official", names: { en: "Civil Defence" } } },
  roles: ["official", "eyewitness"],
};

test("a version that the desk cannot read can only be withdrawn, by a chief, until it can be read again", () => {
  const items = new Items();
  items.merge(anItem());
  const unreadable = anItem({ version: 3, shownVersion: 1, unreadable: true, pubStatus: "canceled" });
  items.mergeUnreadable([unreadable]);
  assert.deepEqual(actsFor(unreadable, "chief"), ["withdraw"]);
  assert.deepEqual(actsFor(unreadable, "editor"), []);
  assert.equal(items.merge(anItem({ version: 2 })), false);
  assert.equal(items.get(URI)?.unreadable, true);
  // The key is back: the same version comes with its own words.
  assert.equal(items.merge(anItem({ version: 3 })), true);
  assert.equal(items.get(URI)?.unreadable, undefined);
  items.mergeUnreadable([]);
  assert.ok(items.get(URI));
  items.mergeUnreadable([anItem({ version: 4, unreadable: true })]);
  items.mergeUnreadable([]);
  assert.equal(items.get(URI), undefined);
});

test("the higher version wins, in whatever order versions come", () => {
  const items = new Items();
  assert.equal(items.merge(anItem({ version: 2, pubStatus: "canceled" })), true);
  assert.equal(items.merge(anItem({ version: 1 })), false);
  assert.equal(items.merge(anItem({ version: 2 })), false);
  assert.equal(items.get(URI)?.pubStatus, "canceled");
  assert.equal(items.merge(anItem({ version: 3 })), true);
});

test("an item that is held without its words keeps those that the desk has", () => {
  const items = new Items();
  items.merge(anItem());
  assert.equal(items.merge(anItem({ version: 2, pubStatus: "withheld", ...NO_WORDS })), true);
  assert.equal(items.get(URI)?.headline.value, "Two injured");
  // A held item that this page has never seen comes with its words from the desk's list, and is not shown before.
  const other = { uri: "urn:flashwire:b", version: 3, pubStatus: "withheld" };
  items.merge(anItem({ ...other, ...NO_WORDS }));
  assert.equal(items.newestFirst().length, 1);
  assert.equal(items.merge(anItem(other)), true);
  assert.equal(items.newestFirst().length, 2);
  assert.equal(items.merge(anItem({ ...other, ...NO_WORDS })), false);
});

test("after a rollback lower versions count again, and the timings stay", () => {
  const items = new Items();
  items.merge(anItem({ version: 3 }));
  items.addTiming(URI, 3, { onAir: 1 });
  items.reset();
  assert.equal(items.merge(anItem({ version: 2 })), true);
  assert.deepEqual(items.timing(URI, 3), { onAir: 1 });
});

test("items are listed newest first by their first publication, and an edition can be listed alone", () => {
  const items = new Items();
  items.merge(anItem({ uri: "urn:flashwire:a", firstCreated: "2026-01-01T00:00:00.000Z" }));
  items.merge(anItem({ uri: "urn:flashwire:b", firstCreated: "2026-01-02T00:00:00.000Z", edition: "es" }));
  items.merge(anItem({ uri: "urn:flashwire:c", firstCreated: "2026-01-02T00:00:00.000Z" }));
  /** @param {string} [edition] */
  const listed = (edition) => items.newestFirst(edition).map(({ uri }) => uri.slice(-1));
  assert.deepEqual(listed(), ["c", "b", "a"]);
  assert.deepEqual(listed("es"), ["b"]);
});

test("a version's timing collects what is known of it and is no other version's", () => {
  const items = new Items();
  items.addTiming("a", 1, { onAir: 5 });
  items.addTiming("a", 1, { sent: 2 });
  assert.deepEqual(items.timing("a", 1), { onAir: 5, sent: 2 });
  assert.deepEqual(items.timing("a", 2), {});
});

test("notes to colleagues stay when the stream brings a newer version without them", () => {
  const items = new Items();
  const notes = [{ version: 1, by: "Maha", note: "Source asked not to be called" }];
  assert.deepEqual(items.edNotes(URI), []);
  items.merge(anItem());
  // The list brings the same version again, with its note.
  items.merge(anItem({ edNotes: notes }));
  items.merge(anItem({ version: 2 }));
  assert.deepEqual(items.edNotes(URI), notes);
  items.setEdNotes(URI, [...notes, { version: 2, by: "Omar", note: "Called" }]);
  assert.equal(items.edNotes(URI).length, 2);
  items.clear();
  assert.deepEqual(items.edNotes(URI), []);
});

test("acts are offered by role and by the item's state", () => {
  assert.deepEqual(actsFor(anItem(), "reporter"), []);
  assert.deepEqual(actsFor(anItem(), "editor"), ["update", "refile"]);
  assert.deepEqual(actsFor(anItem(), "chief"), ["update", "refile", "correction", "hold", "withdraw"]);
  assert.ok(actsFor(anItem({ pubStatus: "withheld" }), "chief").includes("release"));
  assert.ok(!actsFor(anItem({ pubStatus: "withheld" }), "chief").includes("hold"));
  assert.deepEqual(actsFor(anItem({ pubStatus: "canceled" }), "chief"), []);
});

test("an act sends what was changed and nothing else", () => {
  const same = { text: "Two injured", source: "A neighbour", role: "eyewitness", urgency: 4, note: " " };
  assert.deepEqual(actBody(anItem(), same, "update", site), { act: "update" });
  assert.deepEqual(actBody(anItem(), { ...same, source: "civil defence", urgency: 2 }, "update", site), {
    act: "update",
    infoSources: [{ uri: "cd" }],
    urgency: 2,
  });
  assert.deepEqual(actBody(anItem(), { ...same, text: "Three", note: "Was two." }, "correction", site), {
    act: "correction",
    headline: "Three",
    note: "Was two.",
  });
});

test("an item with several sources keeps them all", () => {
  const [source] = anItem().infoSources;
  assert.ok(source);
  const withTwo = anItem({ infoSources: [source, { ...source, role: "official" }] });
  const values = { text: "Three", source: "Another", role: "official", urgency: 4, note: "" };
  assert.deepEqual(actBody(withTwo, values, "update", site), { act: "update", headline: "Three" });
});
