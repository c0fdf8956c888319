/** Values in the sentences of the desk page: names of another direction, moments, and several sentences. */
import assert from "node:assert/strict";
import test from "node:test";

import { inSentences, phrase } from "../desk/shell/i18n.js";

// The sentences have other verbs in a rehearsal, which the document says.
Object.assign(globalThis, { document: { documentElement: { dataset: {} } } });

test("a name of the other direction is isolated from the sentence, and one of its own needs no isolation", () => {
  assert.equal(phrase({ names: { ar: "مكتب الميناء" } }), "\u2068مكتب الميناء\u2069");
  assert.equal(phrase({ names: { ar: "مكتب (BBC)" } }), "\u2068مكتب (BBC)\u2069");
  assert.equal(phrase({ names: { ar: "مكتب الميناء", en: "Harbour office" } }), "Harbour office");
});

test("a moment that cannot be read is shown as it is", () => {
  assert.equal(phrase({ moment: "soon", form: "full" }), "\u2068soon\u2069");
});

test("sentences follow each other with a space", () => {
  assert.equal(phrase(inSentences([])), "\u2068\u2069");
  const sentences = ["Give a name.", "Choose a role.", "Write less."].map((text) => ({
    names: { en: text },
  }));
  assert.equal(phrase(inSentences(sentences)), "Give a name. Choose a role. Write less.");
});
