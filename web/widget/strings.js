/** The words of the widget's own interface. English is part of the widget; other languages are loaded on demand. */

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
  behind: "New items may be late: the service has lost its source.",
  missed: "Some items may have been missed.",
  dismiss: "Dismiss",
  pause: "Pause",
  resume: "Resume",
  previous: "Previous",
  next: "Next",
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
  comma: ", ",
};

/**
 * The words for a language tag; English if the language is not offered or its words cannot be loaded.
 * @param {string} tag BCP 47
 * @returns {Promise<Words>}
 */
export async function loadWords(tag) {
  const language = tag.toLowerCase().split("-")[0] ?? "";
  try {
    // English fills the gaps: a cache may hold the words of an older release.
    if (["ar", "es"].includes(language)) return { ...en, ...(await import(`./words-${language}.js`)).words };
  } catch {}
  return en;
}
