/** The sentences of the meter and of the previews, each in all languages next to each other. */

/** @type {[string, string, string, string][]} key, English, Spanish, Arabic */
const SENTENCES = [
  [
    "meter.count",
    "Text: {count} · whole line: {line}",
    "Texto: {count} · línea entera: {line}",
    "النص: {count} · السطر كاملًا: {line}",
  ],
  ["meter.limit.55", "SMS and TV", "SMS y TV", "الرسائل والتلفزيون"],
  ["meter.limit.90", "Lock screen", "Pantalla bloqueada", "شاشة القفل"],
  ["meter.limit.120", "Longest push", "Aviso más largo", "أطول إشعار"],
  ["meter.fits", "fits", "cabe", "مناسب"],
  ["meter.over", "{count} over", "{count} de más", "زيادة {count}"],
  ["preview.ticker", "TV ticker", "Rótulo de TV", "شريط التلفزيون"],
  ["preview.list", "List", "Lista", "القائمة"],
  ["preview.lock", "Lock screen", "Pantalla bloqueada", "شاشة القفل"],
];

/** @param {1 | 2 | 3} column */
const inLanguage = (column) => Object.fromEntries(SENTENCES.map((row) => [row[0], row[column]]));

export const words = { en: inLanguage(1), es: inLanguage(2), ar: inLanguage(3) };
