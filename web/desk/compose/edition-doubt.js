/**
 * Whether a text seems to belong to another edition, by its letters and by its smallest words. The desk checks this
 * too (POST /v1/similar); here the answer is there at once, and without the desk.
 *
 * 1. Words count, not letters: a Latin name in an Arabic line is one word among many. A code, which has a digit, is none.
 * 2. A text in another script than the edition's is in doubt if more than half of its words are, or, where the edition
 *    is written in Latin letters, more than a third: names in other scripts are rare there.
 * 3. Languages of one script are told apart by words that every sentence has. Two of the other language, and none or
 *    far fewer of the edition's, are needed.
 */

/** @import { Edition } from "../shell/types.d.ts" */

/** @typedef {{kind: "script" | "language", edition: string | null}} Doubt `edition`: the one that it seems to be for */

const SCRIPTS = /** @type {const} */ ([
  ["Latn", /\p{Script=Latin}/u],
  ["Arab", /\p{Script=Arabic}/u],
  ["Cyrl", /\p{Script=Cyrillic}/u],
  ["Grek", /\p{Script=Greek}/u],
  ["Hebr", /\p{Script=Hebrew}/u],
  ["Hans", /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ["Deva", /\p{Script=Devanagari}/u],
]);
const HAN = new Set(["Hans", "Hant", "Jpan"]);

/** Words that are in nearly every sentence of a language, and not in those of the others. @type {Record<string, Set<string>>} */
const SMALL_WORDS = {
  en: new Set(
    "the of and in to is are was were for on with by from at after over that this has have be been will not its an as".split(
      " ",
    ),
  ),
  es: new Set(
    "el la los las de del que en y se con por para una un su sus al es son fue fueron tras sobre ha han desde hasta este esta".split(
      " ",
    ),
  ),
};

/**
 * @param {string} text without its source
 * @param {string} edition
 * @param {Record<string, Edition>} editions
 * @returns {Doubt | null}
 */
export function editionDoubt(text, edition, editions) {
  const language = editions[edition]?.language ?? "";
  const words = (text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).filter((word) => !/\p{N}/u.test(word));
  if (words.length < 2 || !language) return null;
  return scriptDoubt(words, language, editions) ?? languageDoubt(words, language, editions);
}

/**
 * @param {string[]} words
 * @param {string} language
 * @param {Record<string, Edition>} editions
 * @returns {Doubt | null}
 */
function scriptDoubt(words, language, editions) {
  const expected = scriptOf(language);
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const word of words) {
    const script = SCRIPTS.find(([, letters]) => letters.test(word))?.[0];
    if (script) counts.set(script, (counts.get(script) ?? 0) + 1);
  }
  const [most = "", number = 0] =
    [...counts].filter(([script]) => script !== expected).sort((a, b) => b[1] - a[1])[0] ?? [];
  const limit = expected === "Latn" ? 1 / 3 : 1 / 2;
  if (number / words.length <= limit) return null;
  return { kind: "script", edition: editionFor((other) => scriptOf(other) === most, editions) };
}

/**
 * @param {string[]} words
 * @param {string} language
 * @param {Record<string, Edition>} editions
 * @returns {Doubt | null}
 */
function languageDoubt(words, language, editions) {
  const own = SMALL_WORDS[primary(language)];
  if (!own) return null;
  /** @param {Set<string>} small */
  const count = (small) => words.filter((word) => small.has(word.toLowerCase())).length;
  for (const [other, small] of Object.entries(SMALL_WORDS)) {
    const number = count(small);
    if (small !== own && number >= 2 && number > 2 * count(own))
      return { kind: "language", edition: editionFor((tag) => primary(tag) === other, editions) };
  }
  return null;
}

/**
 * @param {(language: string) => boolean} isWanted
 * @param {Record<string, Edition>} editions
 */
function editionFor(isWanted, editions) {
  return Object.keys(editions).find((id) => isWanted(editions[id]?.language ?? "")) ?? null;
}

/** @param {string} language */
const primary = (language) => language.split("-", 1)[0]?.toLowerCase() ?? "";

/** @param {string} language */
function scriptOf(language) {
  try {
    const script = new Intl.Locale(language).maximize().script ?? "Latn";
    return HAN.has(script) ? "Hans" : script;
  } catch {
    return "Latn";
  }
}
