/** The sentences of fields for times in a zone, each in all languages next to each other. */

/** @type {[string, string, string, string][]} key, English, Spanish, Arabic */
const SENTENCES = [
  ["zone.of", "Times are those of", "Las horas son de", "الأوقات بتوقيت"],
  ["zone.own", "this computer: {zone}", "este equipo: {zone}", "هذا الحاسوب: {zone}"],
  ["zone.edition", "{name}: {zone}", "{name}: {zone}", "{name}: {zone}"],
  ["zone.both", "{own} ({other} {place})", "{own} ({other} {place})", "{own} ({other} {place})"],
  ["zone.same", "= {time}, {place}", "= {time}, {place}", "= {time}، {place}"],
  [
    "zone.skipped",
    "The clocks of {place} go forward over this time, so it does not exist. Choose another one.",
    "Los relojes de {place} se adelantan y esta hora no existe. Elija otra.",
    "تتقدّم الساعات في {place} فلا وجود لهذا الوقت. اختر وقتًا آخر.",
  ],
  [
    "zone.twice",
    "The clocks of {place} go back, so this time comes twice. Choose which one.",
    "Los relojes de {place} se atrasan y esta hora llega dos veces. Elija cuál.",
    "تتأخر الساعات في {place} فيأتي هذا الوقت مرتين. اختر أيهما.",
  ],
  ["zone.choose", "Which one?", "¿Cuál?", "أيهما؟"],
  ["zone.first", "The first: {offset}", "La primera: {offset}", "الأول: {offset}"],
  ["zone.second", "The second: {offset}", "La segunda: {offset}", "الثاني: {offset}"],
  [
    "zone.incomplete",
    "Complete this time, or clear it.",
    "Complete esta hora o bórrela.",
    "أكمل هذا الوقت أو امحُه.",
  ],
];

/** @param {1 | 2 | 3} column */
const inLanguage = (column) => Object.fromEntries(SENTENCES.map((row) => [row[0], row[column]]));

export const words = { en: inLanguage(1), es: inLanguage(2), ar: inLanguage(3) };
