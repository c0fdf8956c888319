/** The words of the widget's own interface. English is part of the widget; other languages are loaded on demand. */

import { load } from "./parts.js";

/** @typedef {keyof typeof import("./controls.js").english | keyof typeof import("./steps.js").english} PartWord */
/** @typedef {Words & Record<PartWord, string>} AllWords those of the parts too, as a language's file has them */
/** @typedef {Record<keyof typeof en, string>} Words `{n}` stands for a number or a time. */

const en = {
  lang: "en",
  dir: "ltr",
  breaking: "Breaking",
  connecting: "Connecting",
  live: "Live",
  "catching-up": "Catching up",
  stale: "Delayed",
  offline: "Offline",
  away: "No connection. Trying again.",
  refused: "This ticker cannot be shown here.",
  behind: "New items may be late.",
  missed: "Some items may have been missed.",
  fresh: "{n} new",
  empty: "No breaking news right now.",
  u1: "Flash",
  u2: "Bulletin",
  u3: "Urgent",
  pinned: "Pinned",
  update: "Updated",
  refile: "Edited {n}",
  correction: "Correction",
  withdraw: "An item was withdrawn.",
  ai: "Made with AI",
  reviewed: "reviewed by",
  comma: ", ",
};

/**
 * The tag if dates and numbers can be written for it: a page may have `lang=""` or "en_US".
 * @param {string | undefined} tag
 */
export function usable(tag) {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {}
}

/**
 * The words for a language tag; English if the language is not offered or its words cannot be loaded.
 * @param {string} tag BCP 47
 * @returns {Promise<Words>}
 */
export async function loadWords(tag) {
  const language = tag.toLowerCase().split("-")[0] ?? "";
  // English fills the gaps: a cache may hold the words of an older release.
  return ["ar", "es"].includes(language) ? { ...en, ...(await load(`words-${language}`)).words } : en;
}
