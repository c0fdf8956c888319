/** How the composer measures a line, what a draft lacks, what it sends, and what is stored. */
import assert from "node:assert/strict";
import test from "node:test";
import { emptyDraft, parseDraft } from "../desk/compose/draft.js";
import { DraftSlot } from "../desk/compose/draft-slot.js";
import { missingPart, publishBody } from "../desk/compose/line.js";
import { cutText, graphemeCount, lengthLevel } from "../desk/compose/meter.js";
import { isOneLine, openedDraft } from "../desk/compose/opened-drafts.js";
import { dueOf, instantOf, localValue } from "../desk/compose/times.js";
import { forgetAct, storeAct, storedActs } from "../desk/items/sent-acts.js";
import { oneLine } from "../desk/shell/dom.js";
import { isPrefixedKey, newKey } from "../desk/shell/storage.js";

/** @type {import("../desk/shell/types.d.ts").Site} */
const site = {
  ticker: "http://127.0.0.1:1",
  editions: { en: { language: "en", direction: "ltr", name: "English" } },
  sections: {},
  places: {},
  sources: { cd: { role: "official", names: { en: "Civil Defence" } } },
  roles: ["official", "eyewitness"],
};

test("a character is what a person sees as one", () => {
  assert.equal(graphemeCount("مُحَمَّد"), 4);
  assert.equal(graphemeCount("🇪🇸👩‍🚒e\u0301"), 3);
  assert.equal(graphemeCount(""), 0);
});

test("a text is good to 90, long to 120, and cut beyond", () => {
  const levels = [0, 1, 90, 91, 120, 121].map(lengthLevel);
  assert.deepEqual(levels, ["empty", "good", "good", "long", "long", "cut"]);
});

test("a channel cuts a text between two characters, with an ellipsis in the room it has", () => {
  assert.equal(cutText("Two injured", 11), "Two injured");
  assert.equal(cutText("Two injured today", 11), "Two injure…");
  assert.equal(cutText("Two injured today", 5), "Two…");
  assert.equal(cutText("🇪🇸👩‍🚒🇪🇸👩‍🚒", 3), "🇪🇸👩‍🚒…");
  assert.equal(cutText("مُحَمَّد", 3), "مُحَ…");
});

test("what is stored for one person is not another's whose name begins with it", () => {
  const key = newKey();
  assert.equal(isPrefixedKey("flashwire.act.Ana.", `flashwire.act.Ana.${key}`), true);
  assert.equal(isPrefixedKey("flashwire.act.Ana.", `flashwire.act.Ana.Maria.${key}`), false);
  assert.equal(isPrefixedKey("flashwire.act.Ana.", "flashwire.act.Ana."), false);
});

test("a draft lacks words, a source, or a role", () => {
  /** @param {string} line @param {string} role */
  const missing = (line, role = "") => missingPart({ ...emptyDraft("en", "ltr"), line, role }, site);
  assert.equal(missing(""), "line.empty");
  assert.equal(missing("Two injured"), "line.nosource");
  assert.equal(missing("A neighbour: Two injured"), "role.missing");
  assert.equal(missing("A neighbour: Two injured", "eyewitness"), null);
  assert.equal(missing("Civil Defence: Two injured"), null);
});

test("a role is sent only for a source that is not registered", () => {
  const draft = { ...emptyDraft("en", "ltr"), role: "eyewitness" };
  assert.equal("role" in publishBody({ ...draft, line: "Civil Defence: Two injured" }, site), false);
  assert.deepEqual(publishBody({ ...draft, line: "A neighbour: Two injured" }, site), {
    text: "A neighbour: Two injured",
    role: "eyewitness",
    direction: "ltr",
    edition: "en",
    urgency: 4,
  });
});

test("the chosen options are sent, and no empty one", () => {
  const story = { id: "", title: " A flood " };
  const chosen = {
    publishAt: "2031-01-02T03:04:00Z",
    story,
    digitalSourceType: "humanEdits",
    reviewedBy: "Ana ",
  };
  const draft = { ...emptyDraft("en", "ltr"), line: "Civil Defence: Two injured", ...chosen };
  const { text, direction, edition, urgency, ...options } = publishBody(draft, site);
  assert.deepEqual(options, { ...chosen, story: { title: "A flood" }, reviewedBy: "Ana" });
  const known = publishBody({ ...draft, story: { id: "flood", title: "A flood" } }, site);
  assert.deepEqual(known.story, { id: "flood", title: "A flood" });
});

test("a line leaves at the later of its time and its embargo", () => {
  assert.equal(dueOf({ publishAt: "", embargoedUntil: "" }), "");
  assert.equal(dueOf({ publishAt: "2031-01-02T03:04:00Z", embargoedUntil: "" }), "2031-01-02T03:04:00Z");
  const both = { publishAt: "2031-01-02T03:04:00Z", embargoedUntil: "2031-01-02T04:00:00Z" };
  assert.equal(dueOf(both), both.embargoedUntil);
  // By the moment, and not by the letters.
  const zones = { publishAt: "2031-01-02T09:00:00+05:00", embargoedUntil: "2031-01-02T06:00:00Z" };
  assert.equal(dueOf(zones), zones.embargoedUntil);
  assert.equal(
    dueOf({ publishAt: "2031-01-02T09:00-0300", embargoedUntil: "soon" }),
    "2031-01-02T09:00-0300",
  );
});

test("a time in a field is one of this browser, and comes back as it was entered", () => {
  for (const value of ["2031-01-02T03:04", "2031-07-02T23:59"]) {
    const instant = instantOf(value);
    assert.match(instant, /^2031-\d\d-\d\dT\d\d:\d\d:00Z$/u);
    assert.equal(Date.parse(instant), new Date(value).getTime());
    assert.equal(localValue(instant), value);
  }
  assert.equal(instantOf(""), "");
  assert.equal(localValue("yesterday"), "");
});

test("pasted lines become one line", () => {
  assert.equal(oneLine("A:\n  b\r\nc\td\u2028e"), "A: b c d e");
});

test("only a draft is read from the storage, and a field that an older page did not store is empty", () => {
  const empty = emptyDraft("en", "ltr");
  for (const text of [null, "", "{", "[]", "3", '{"line":1,"key":"k"}'])
    assert.equal(parseDraft(text, empty), null);
  assert.deepEqual(parseDraft('{"line":"a","key":"k"}', empty), { ...empty, line: "a", key: "k" });
});

test("every draft has its own key", () => {
  const keys = new Set(Array.from({ length: 50 }, () => emptyDraft("en", "ltr").key));
  assert.equal(keys.size, 50);
});

test("the page works in a browser that blocks its storage, and says that it stores nothing", async (context) => {
  /** @param {string} name @param {PropertyDescriptor} descriptor */
  const define = (name, descriptor) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
    context.after(() => {
      if (before) Object.defineProperty(globalThis, name, before);
      else Reflect.deleteProperty(globalThis, name);
    });
  };
  const block = () => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };
  define("localStorage", { get: block });
  define("sessionStorage", { get: block });
  define("location", { value: { pathname: "/" } });
  define("navigator", { value: {} });
  const slot = await DraftSlot.open("A chief");
  const empty = emptyDraft("en", "ltr");
  assert.equal(slot.load(empty), empty);
  assert.equal(slot.save({ ...empty, line: "A: b" }), false);
  const act = { uri: "urn:flashwire:a", version: 1, body: { act: "hold" }, key: newKey(), sent: 0 };
  storeAct("A chief", act);
  forgetAct("A chief", act);
  assert.deepEqual(storedActs("A chief"), []);
});

const submission = {
  ...{
    id: "d1",
    version: 3,
    state: /** @type {const} */ ("submitted"),
    by: "Rana",
    changedBy: "Rana",
    changed: "",
  },
  ...{ edition: "en", note: null, translationOf: "urn:flashwire:1" },
};

test("a draft of the desk that is opened and published keeps everything that it has", () => {
  const line = {
    text: "A neighbour: Heavy smoke",
    role: "eyewitness",
    direction: "ltr",
    urgency: 3,
    sections: ["world"],
    places: ["vala"],
    link: "https://example.org/a",
    expires: "2040-01-02T03:04:00Z",
    story: { id: "s1", title: "Smoke" },
    edNote: "From the spot",
  };
  const draft = openedDraft({ ...submission, line }, emptyDraft("en", "ltr"), site);
  const body = { ...line, edition: "en", translationOf: "urn:flashwire:1", draftId: "d1" };
  assert.deepEqual(publishBody(draft, site), body);
  assert.deepEqual(draft.opened, { id: "d1", version: 3, by: "Rana" });
});

test("a draft of the desk with a headline and a source becomes one line", () => {
  /** @type {[Record<string, any>, string, string][]} */
  const lines = [
    [{ headline: "Two injured", infoSources: [{ uri: "cd" }] }, "Civil Defence: Two injured", ""],
    [
      { headline: { value: "Two injured" }, infoSources: [{ name: "A neighbour", role: "eyewitness" }] },
      "A neighbour: Two injured",
      "eyewitness",
    ],
    [{ headline: "Two injured" }, "Two injured", ""],
    [{}, "", ""],
  ];
  for (const [line, text, role] of lines) {
    const draft = openedDraft({ ...submission, line }, emptyDraft("en", "ltr"), site);
    assert.deepEqual([draft.line, draft.role], [text, role]);
  }
  assert.equal(isOneLine({ ...submission, line: { infoSources: [{}, {}] } }), false);
});
