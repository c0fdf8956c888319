/** The sentences of what an act can change besides the line, in all languages. */

/** @type {{en: Record<string, string>, es: Record<string, string>, ar: Record<string, string>}} */
export const words = {
  en: {
    "act.more": "More fields",
    "act.pinnedUntil": "Pinned until",
    "act.expires": "Expires",
    "act.story": "Story",
    "act.story.hint": "A title that is not offered makes a new story. Empty: no story.",
    "history.story": "Story {old} → {fresh}",
  },
  es: {
    "act.more": "Más campos",
    "act.pinnedUntil": "Fijado hasta",
    "act.expires": "Caduca",
    "act.story": "Historia",
    "act.story.hint": "Un título que no se ofrece crea una historia nueva. Vacío: sin historia.",
    "history.story": "Historia {old} → {fresh}",
  },
  ar: {
    "act.more": "حقول أخرى",
    "act.pinnedUntil": "مثبّت حتى",
    "act.expires": "ينتهي",
    "act.story": "القصة",
    "act.story.hint": "العنوان غير المعروض ينشئ قصة جديدة. فارغ: بلا قصة.",
    "history.story": "القصة {old} ← {fresh}",
  },
};
