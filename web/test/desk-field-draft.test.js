/** The draft of a form belongs to one person and one form, and is removed after a week. */
import assert from "node:assert/strict";
import test from "node:test";
import { forgetAct, storeAct, storedActs } from "../desk/items/sent-acts.js";
import { FieldDraft, removeOldDrafts } from "../desk/shell/field-draft.js";

/** @param {import("node:test").TestContext} context */
function useStorage(context) {
  /** @type {Record<string, string>} */
  const entries = {};
  const methods = {
    getItem: (/** @type {string} */ name) => entries[name] ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => {
      entries[name] = value;
    },
    removeItem: (/** @type {string} */ name) => {
      delete entries[name];
    },
  };
  const storage = new Proxy(methods, {
    ownKeys: () => Object.keys(entries),
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }),
  });
  for (const [name, value] of Object.entries({ localStorage: storage, location: { pathname: "/" } })) {
    Object.defineProperty(globalThis, name, { configurable: true, value });
    context.after(() => Reflect.deleteProperty(globalThis, name));
  }
}

test("a draft is another person's and another form's in no case", (context) => {
  useStorage(context);
  const values = { note: "The number was wrong." };
  assert.equal(new FieldDraft("Ana", "act.b").save(values), true);
  assert.deepEqual(new FieldDraft("Ana", "act.b").load(), values);
  for (const [owner, form] of /** @type {const} */ ([
    ["Ana", "act"],
    ["Ana.act", "b"],
    ["An", "a.act.b"],
    ["ana", "act.b"],
  ]))
    assert.equal(new FieldDraft(owner, form).load(), null, `${owner} ${form}`);
});

test("a draft is there until it is forgotten, or a week old", (context) => {
  useStorage(context);
  const draft = new FieldDraft("Ana", "act.b");
  draft.save({ note: "a" });
  draft.forget();
  assert.equal(draft.load(), null);
  draft.save({ note: "a" });
  const { now } = Date;
  context.after(() => {
    Date.now = now;
  });
  Date.now = () => now() + 6 * 86_400_000;
  removeOldDrafts("Ana");
  assert.deepEqual(draft.load(), { note: "a" });
  Date.now = () => now() + 8 * 86_400_000;
  removeOldDrafts("An");
  assert.deepEqual(draft.load(), { note: "a" });
  removeOldDrafts("Ana");
  assert.equal(draft.load(), null);
});

test("an act of unknown outcome is asked about at its own desk alone", (context) => {
  useStorage(context);
  const act = /** @type {any} */ ({ uri: "urn:flashwire:1", key: "0".repeat(32), body: { act: "hold" } });
  const goTo = (/** @type {string} */ pathname) => {
    Object.defineProperty(globalThis, "location", { configurable: true, value: { pathname } });
  };
  goTo("/live/");
  storeAct("Ana", act);
  for (const elsewhere of ["/drill/", "/"]) {
    goTo(elsewhere);
    assert.deepEqual(storedActs("Ana"), []);
    forgetAct("Ana", act);
  }
  goTo("/live/");
  assert.deepEqual(storedActs("An"), []);
  assert.deepEqual(storedActs("Ana"), [act]);
});
