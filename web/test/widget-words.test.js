/** The widget has all its words in three languages, the same as the desk page for the same thing. */
import assert from "node:assert/strict";
import test from "node:test";

import { STRINGS } from "../desk/words/strings.js";
import * as controls from "../widget/controls.js";
import * as steps from "../widget/steps.js";
import { loadWords } from "../widget/strings.js";

const english = await loadWords("en");
const all = { ...english, ...controls.english, ...steps.english };
/** The widget's key and the desk's key for the same word. */
const SHARED = { u1: "urgency.1", u2: "urgency.2", u3: "urgency.3", update: "done.update", dismiss: "close" };

for (const language of ["ar", "es"]) {
  const { words } = await import(`../widget/words-${language}.js`);

  test(`${language} has every word of the widget and no others`, () => {
    assert.deepEqual(Object.keys(words).sort(), Object.keys(all).sort());
    for (const [key, word] of Object.entries(words)) {
      assert.notEqual(word.trim(), "", key);
      assert.equal(word.includes("{n}"), /** @type {any} */ (all)[key].includes("{n}"), key);
      if (/\p{L}{2}/u.test(word) && key !== "lang" && key !== "dir")
        assert.equal(/\p{Script=Arabic}/u.test(word), language === "ar", key);
    }
  });

  test(`a tag of ${language} loads its words`, async () => {
    assert.deepEqual(await loadWords(`${language.toUpperCase()}-x`), { ...english, ...words });
  });

  test(`${language} names urgencies and acts like the desk page`, () => {
    for (const [key, same] of Object.entries(SHARED))
      assert.equal(words[key], STRINGS[language]?.[same], key);
  });
}
