/** The sentences of the page about what readers saw, each in all languages next to each other. */

/** @type {[string, string, string, string][]} key, English, Spanish, Arabic */
const SENTENCES = [
  ["nav.at", "What readers saw", "Lo que vio el público", "ما رآه القراء"],
  ["at.title", "What readers saw", "Lo que vio el público", "ما رآه القراء"],
  ["at.span", "Slider covers", "El control abarca", "يغطي المنزلق"],
  ["at.span.one", "the last hour", "la última hora", "الساعة الأخيرة"],
  ["at.span.six", "the last 6 hours", "las últimas 6 horas", "آخر 6 ساعات"],
  ["at.span.day", "the last 24 hours", "las últimas 24 horas", "آخر 24 ساعة"],
  ["at.span.week", "the last 7 days", "los últimos 7 días", "آخر 7 أيام"],
  ["at.moment", "Moment", "Momento", "اللحظة"],
  ["at.slider", "Move through time", "Recorrer el tiempo", "التنقل عبر الزمن"],
  ["at.earlier", "1 minute earlier", "1 minuto antes", "قبل دقيقة"],
  ["at.later", "1 minute later", "1 minuto después", "بعد دقيقة"],
  ["at.now", "Now", "Ahora", "الآن"],
  ["at.list", "The list at that moment", "La lista en ese momento", "القائمة في تلك اللحظة"],
  [
    "at.state",
    "Lines that readers had: {count}",
    "Líneas que tenía el público: {count}",
    "عدد أسطر القراء: {count}",
  ],
  [
    "at.empty",
    "Readers had no line at that moment.",
    "El público no tenía ninguna línea en ese momento.",
    "لم يكن لدى القراء أي سطر في تلك اللحظة.",
  ],
  [
    "at.gap",
    "Something may be missing: not all that readers had then can still be read.",
    "Puede faltar algo: no todo lo que tenía el público puede leerse todavía.",
    "قد ينقص شيء: لم تعد قراءة كل ما كان لدى القراء ممكنة.",
  ],
  ["at.pinned", "Pinned", "Fijado", "مثبّت"],
  ["at.since", "Since then: {act}", "Desde entonces: {act}", "منذ ذلك الحين: {act}"],
];

/** @param {1 | 2 | 3} column */
const inLanguage = (column) => Object.fromEntries(SENTENCES.map((row) => [row[0], row[column]]));

export const words = { en: inLanguage(1), es: inLanguage(2), ar: inLanguage(3) };
