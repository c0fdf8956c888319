/** The desk's small rules: length, merging, acts by role, what is sent, what is kept. */
import assert from "node:assert/strict";
import test from "node:test";
import { DraftSlot, emptyDraft, isKeyBehind, newKey, readDraft } from "../desk/compose/draft.js";
import { actBody, bodyOf, missing, oneLine } from "../desk/compose/line.js";
import { graphemes, level } from "../desk/compose/meter.js";
import { actsFor, Items } from "../desk/items/items.js";
import { dropAct, keepAct, keptActs } from "../desk/items/sent-acts.js";

/** @type {import("../desk/compose/line.js").Site} */
const site = {
  ticker: "http://127.0.0.1:1",
  editions: { en: { language: "en", direction: "ltr", name: "English" } },
  sections: {},
  places: {},
  sources: { cd: { role: "official", names: { en: "Civil Defence" } } },
  roles: ["official", "eyewitness"],
};

/**
 * @param {Partial<import("../desk/items/items.js").Item>} changes
 * @returns {import("../desk/items/items.js").Item}
 */
const item = (changes = {}) => ({
  uri: "urn:flashwire:a",
  version: 1,
  act: "publish",
  pubStatus: "usable",
  urgency: 4,
  headline: { value: "Two injured", language: "en", direction: "ltr" },
  infoSources: [{ name: { value: "A neighbour", language: "en", direction: "ltr" }, role: "eyewitness" }],
  edition: "en",
  sections: [],
  places: [],
  link: null,
  note: null,
  firstCreated: "2026-01-01T00:00:00.000Z",
  versionCreated: "2026-01-01T00:00:00.000Z",
  expires: null,
  pinnedUntil: null,
  translationOf: null,
  ...changes,
});

test("a character is what a person sees as one", () => {
  assert.equal(graphemes("مُحَمَّد"), 4);
  assert.equal(graphemes("🇪🇸👩‍🚒e\u0301"), 3);
  assert.equal(graphemes(""), 0);
});

test("a text is good to 90, long to 120, and cut beyond", () => {
  assert.deepEqual([0, 1, 90, 91, 120, 121].map(level), ["empty", "good", "good", "long", "long", "cut"]);
});

test("a version that the desk cannot read can only be withdrawn, by a chief, until it can be read again", () => {
  const board = new Items();
  board.merge(item());
  const unreadable = item({ version: 3, shownVersion: 1, unreadable: true, pubStatus: "canceled" });
  board.mergeUnreadable([unreadable]);
  assert.deepEqual(actsFor(unreadable, "chief"), ["withdraw"]);
  assert.deepEqual(actsFor(unreadable, "editor"), []);
  assert.equal(board.merge(item({ version: 2 })), false);
  assert.equal(board.get("urn:flashwire:a")?.unreadable, true);
  // The key is back: the same version comes with its own words.
  assert.equal(board.merge(item({ version: 3 })), true);
  assert.equal(board.get("urn:flashwire:a")?.unreadable, undefined);
  board.mergeUnreadable([]);
  assert.ok(board.get("urn:flashwire:a"));
  board.mergeUnreadable([item({ version: 4, unreadable: true })]);
  board.mergeUnreadable([]);
  assert.equal(board.get("urn:flashwire:a"), undefined);
});

test("what is kept for one person is not another's whose name begins alike", () => {
  const key = newKey();
  assert.equal(isKeyBehind("flashwire.act.Ana.", `flashwire.act.Ana.${key}`), true);
  assert.equal(isKeyBehind("flashwire.act.Ana.", `flashwire.act.Ana.Maria.${key}`), false);
  assert.equal(isKeyBehind("flashwire.act.Ana.", "flashwire.act.Ana."), false);
});

test("the higher version wins, in whatever order they come", () => {
  const board = new Items();
  assert.equal(board.merge(item({ version: 2, pubStatus: "canceled" })), true);
  assert.equal(board.merge(item({ version: 1 })), false);
  assert.equal(board.merge(item({ version: 2 })), false);
  assert.equal(board.get("urn:flashwire:a")?.pubStatus, "canceled");
});

test("what the ticker takes off without its words keeps those that the desk has", () => {
  const board = new Items();
  const bare = { headline: /** @type {any} */ (null), infoSources: [] };
  board.merge(item());
  assert.equal(board.merge(item({ version: 2, pubStatus: "withheld", ...bare })), true);
  assert.equal(board.get("urn:flashwire:a")?.headline.value, "Two injured");
  // A held line that this page has never seen comes with its words from the desk's list, and not before.
  const other = { uri: "urn:flashwire:b", version: 3, pubStatus: "withheld" };
  board.merge(item({ ...other, ...bare }));
  assert.equal(board.list().length, 1);
  assert.equal(board.merge(item(other)), true);
  assert.equal(board.list().length, 2);
  assert.equal(board.merge(item({ ...other, ...bare })), false);
});

test("after a rollback lower versions count again, and what is known of a line's way stays", () => {
  const board = new Items();
  board.merge(item({ version: 3 }));
  board.prove("urn:flashwire:a", 3, { onAir: 1 });
  board.reset();
  assert.equal(board.merge(item({ version: 2 })), true);
  assert.deepEqual(board.proof("urn:flashwire:a", 3), { onAir: 1 });
});

test("items stand newest first by when they were first published, and an edition can be shown alone", () => {
  const board = new Items();
  board.merge(item({ uri: "urn:flashwire:a", firstCreated: "2026-01-01T00:00:00.000Z" }));
  board.merge(item({ uri: "urn:flashwire:b", firstCreated: "2026-01-02T00:00:00.000Z", edition: "es" }));
  board.merge(item({ uri: "urn:flashwire:c", firstCreated: "2026-01-02T00:00:00.000Z" }));
  assert.deepEqual(
    board.list().map((each) => each.uri.slice(-1)),
    ["c", "b", "a"],
  );
  assert.deepEqual(
    board.list("es").map((each) => each.uri.slice(-1)),
    ["b"],
  );
});

test("a version's proof gathers what is known of it and is no other version's", () => {
  const board = new Items();
  board.prove("a", 1, { onAir: 5 });
  board.prove("a", 1, { sent: 2 });
  assert.deepEqual(board.proof("a", 1), { onAir: 5, sent: 2 });
  assert.deepEqual(board.proof("a", 2), {});
});

test("acts are offered by role and by what the item is", () => {
  assert.deepEqual(actsFor(item(), "reporter"), []);
  assert.deepEqual(actsFor(item(), "editor"), ["update", "refile"]);
  assert.deepEqual(actsFor(item(), "chief"), ["update", "refile", "correction", "hold", "withdraw"]);
  assert.ok(actsFor(item({ pubStatus: "withheld" }), "chief").includes("release"));
  assert.ok(!actsFor(item({ pubStatus: "withheld" }), "chief").includes("hold"));
  assert.deepEqual(actsFor(item({ pubStatus: "canceled" }), "chief"), []);
});

test("a draft says what it lacks: words, a source, or a role", () => {
  /** @param {string} line @param {string} role */
  const lack = (line, role = "") => missing({ ...emptyDraft("en", "ltr"), line, role }, site);
  assert.equal(lack(""), "line.empty");
  assert.equal(lack("Two injured"), "line.nosource");
  assert.equal(lack("A neighbour: Two injured"), "role.missing");
  assert.equal(lack("A neighbour: Two injured", "eyewitness"), null);
  assert.equal(lack("Civil Defence: Two injured"), null);
});

test("a role is sent only for a source that the registry does not know", () => {
  const draft = { ...emptyDraft("en", "ltr"), role: "eyewitness" };
  assert.equal("role" in bodyOf({ ...draft, line: "Civil Defence: Two injured" }, site), false);
  const body = bodyOf({ ...draft, line: "A neighbour: Two injured" }, site);
  assert.deepEqual(body, {
    text: "A neighbour: Two injured",
    role: "eyewitness",
    direction: "ltr",
    edition: "en",
    urgency: 4,
  });
});

test("an act sends what was changed and nothing else", () => {
  const same = { text: "Two injured", source: "A neighbour", role: "eyewitness", urgency: 4, note: " " };
  assert.deepEqual(actBody(item(), same, "update", site), { act: "update" });
  assert.deepEqual(actBody(item(), { ...same, source: "civil defence", urgency: 2 }, "update", site), {
    act: "update",
    infoSources: [{ uri: "cd" }],
    urgency: 2,
  });
  assert.deepEqual(actBody(item(), { ...same, text: "Three", note: "Was two." }, "correction", site), {
    act: "correction",
    headline: "Three",
    note: "Was two.",
  });
});

test("an item with several sources keeps them all", () => {
  const [one] = item().infoSources;
  assert.ok(one);
  const two = item({ infoSources: [one, { ...one, role: "official" }] });
  const typed = { text: "Three", source: "Another", role: "official", urgency: 4, note: "" };
  assert.deepEqual(actBody(two, typed, "update", site), { act: "update", headline: "Three" });
});

test("pasted lines become one line", () => {
  assert.equal(oneLine("A:\n  b\r\nc\td\u2028e"), "A: b c d e");
});

test("only a draft of ours is read back, and a field that an older page did not keep has its empty value", () => {
  const empty = emptyDraft("en", "ltr");
  for (const stored of [null, "", "{", "[]", "3", '{"line":1,"key":"k"}'])
    assert.equal(readDraft(stored, empty), null);
  assert.deepEqual(readDraft('{"line":"a","key":"k"}', empty), { ...empty, line: "a", key: "k" });
});

test("every draft has a key of its own", () => {
  const keys = new Set(Array.from({ length: 50 }, () => emptyDraft("en", "ltr").key));
  assert.equal(keys.size, 50);
});

test("a browser that blocks its storage has a desk all the same, which says that it keeps nothing", async (context) => {
  /** @param {string} name @param {PropertyDescriptor} as */
  const define = (name, as) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { configurable: true, ...as });
    context.after(() => {
      if (before) Object.defineProperty(globalThis, name, before);
      else Reflect.deleteProperty(globalThis, name);
    });
  };
  const blocked = () => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };
  define("localStorage", { get: blocked });
  define("sessionStorage", { get: blocked });
  define("location", { value: { pathname: "/" } });
  define("navigator", { value: {} });
  const slot = await DraftSlot.open("A chief");
  const empty = emptyDraft("en", "ltr");
  assert.equal(slot.load(empty), empty);
  assert.equal(slot.save({ ...empty, line: "A: b" }), false);
  const act = { uri: "urn:flashwire:a", version: 1, body: { act: "hold" }, key: newKey(), sent: 0 };
  keepAct("A chief", act);
  dropAct("A chief", act);
  assert.deepEqual(keptActs("A chief"), []);
});
