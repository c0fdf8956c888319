/** The widget speaks three languages completely, and in the words that the desk page uses for the same things. */
import assert from "node:assert/strict";
import test from "node:test";

import { STRINGS } from "../desk/words/strings.js";
import { speak } from "../widget/strings.js";

const english = await speak("en");
/** The widget's word and the desk's for the same thing, where a reader and an editor see it in the same form. */
const SHARED = { u1: "urgency.1", u2: "urgency.2", u3: "urgency.3", update: "done.update", dismiss: "close" };

for (const language of ["ar", "es"]) {
  const { words } = await import(`../widget/words-${language}.js`);

  test(`${language} has every word of the widget and no other`, () => {
    assert.deepEqual(Object.keys(words).sort(), Object.keys(english).sort());
    for (const [key, word] of Object.entries(words)) {
      assert.notEqual(word.trim(), "", key);
      assert.equal(word.includes("{n}"), /** @type {any} */ (english)[key].includes("{n}"), key);
      if (/\p{L}{2}/u.test(word) && key !== "lang" && key !== "dir")
        assert.equal(/\p{Script=Arabic}/u.test(word), language === "ar", key);
    }
  });

  test(`${language} is spoken where it is asked for`, async () => {
    assert.deepEqual(await speak(`${language.toUpperCase()}-x`), { ...english, ...words });
  });

  test(`${language} names urgencies and acts as the desk does`, () => {
    for (const [key, same] of Object.entries(SHARED))
      assert.equal(words[key], STRINGS[language]?.[same], key);
  });
}
