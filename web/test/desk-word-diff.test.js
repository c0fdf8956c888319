/** The difference between two wordings, in three languages, and against a model: both texts can be read from it. */
import assert from "node:assert/strict";
import test from "node:test";

import { diffWords } from "../desk/items/word-diff.js";
import { randomFrom } from "./random.js";

/** @param {string} before @param {string} after @param {string} language */
const marked = (before, after, language) =>
  diffWords(before, after, language)
    .map(({ kind, text }) => ({ same: text, old: `[-${text}-]`, new: `{+${text}+}` })[kind])
    .join("");

for (const [language, before, after, expected] of [
  ["en", "Twelve dead in fire", "Thirteen dead in fire", "[-Twelve-]{+Thirteen+} dead in fire"],
  ["en", "Two people hurt", "Two people hurt today", "Two people hurt{+ today+}"],
  ["en", "one two three four", "one six seven four", "one [-two three-]{+six seven+} four"],
  ["es", "Mueren 12 personas", "Mueren 13 personas", "Mueren [-12-]{+13+} personas"],
  ["ar", "مقتل ١٢ شخصًا", "مقتل ١٣ شخصًا", "مقتل [-١٢-]{+١٣+} شخصًا"],
  ["en", "same", "same", "same"],
  ["en", "", "new", "{+new+}"],
  ["en", "old", "", "[-old-]"],
])
  test(`${language}: ${before} → ${after}`, () => {
    assert.equal(marked(before ?? "", after ?? "", language ?? ""), expected);
  });

test("the text before and the text after can be read from every difference", () => {
  const random = randomFrom(7);
  const vocabulary = ["a", "b", "c", ",", " ", " "];
  const line = () =>
    Array.from({ length: random() * 12 }, () => vocabulary[Math.floor(random() * 6)]).join("");
  for (let turn = 0; turn < 500; turn++) {
    const [before, after] = [line(), line()];
    const parts = diffWords(before, after, "en");
    const without = (/** @type {string} */ kind) =>
      parts
        .filter((part) => part.kind !== kind)
        .map(({ text }) => text)
        .join("");
    assert.equal(without("new"), before);
    assert.equal(without("old"), after);
  }
});
