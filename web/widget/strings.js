/** The words of the widget's own interface. English is part of the widget; other languages are loaded on demand. */

import { load } from "./parts.js";

/** @typedef {keyof typeof import("./controls.js").english | keyof typeof import("./steps.js").english} PartWord */
/** @typedef {Words & Record<PartWord, string>} AllWords those of the parts too, as a language's file has them */
/** @typedef {Record<keyof typeof en, string>} Words `{n}` stands for a number or a time. */

const en = {
  lang: "en",
  dir: "ltr",
  breaking: "Breaking",
  latest: "Latest",
  connecting: "Connecting",
  live: "Live",
  "catching-up": "Catching up",
  stale: "Delayed",
  offline: "Offline",
  fresh: "{n} new",
  empty: "No breaking news right now.",
  u1: "Flash",
  u2: "Bulletin",
  u3: "Urgent",
  pinned: "Pinned",
  update: "Updated",
  refile: "Edited {n}",
  correction: "Correction",
  withdraw: "Withdrawn",
  hold: "On hold",
  ai: "Made with AI",
  reviewed: "reviewed by",
  comma: ", ",
};

/**
 * The words for a language tag; English if the language is not offered or its words cannot be loaded.
 * @param {string} tag BCP 47
 * @returns {Promise<Words>}
 */
export async function loadWords(tag) {
  const language = tag.toLowerCase().split("-")[0] ?? "";
  // English fills the gaps: a cache may hold the words of an older release.
  const words = { ...en, ...(["ar", "es"].includes(language) && (await load(`words-${language}`)).words) };
  try {
    // Times as in the region; a page may have `lang=""` or "en_US".
    if (language === words.lang) words.lang = Intl.getCanonicalLocales(tag)[0] ?? language;
  } catch {}
  return words;
}
