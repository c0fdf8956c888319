/** The sentences of the page of the hand-over, each in all languages next to each other. */

/** @type {[string, string, string, string][]} key, English, Spanish, Arabic */
const SENTENCES = [
  ["nav.handover", "Hand-over", "Relevo", "تسليم الوردية"],
  ["handover.title", "Hand-over at change of shift", "Relevo de turno", "تسليم الوردية"],
  ["handover.asof", "As of", "Situación a las", "الوضع في"],
  ["handover.live", "kept up to date", "se mantiene al día", "يُحدَّث باستمرار"],
  [
    "handover.old",
    "The desk does not answer. This is what it said at the time above, and it may be old.",
    "La mesa no responde. Esto es lo que dijo a la hora de arriba y puede ser antiguo.",
    "مكتب التحرير لا يجيب. هذا ما قاله في الوقت أعلاه وقد يكون قديمًا.",
  ],
  ["handover.all", "All editions", "Todas las ediciones", "كل النسخ"],
  ["handover.copy", "Copy as text", "Copiar como texto", "نسخ كنص"],
  ["handover.copied", "Copied.", "Copiado.", "تم النسخ."],
  [
    "handover.select",
    "This browser does not let the page copy. The text is below: copy it from there.",
    "Este navegador no permite copiar a la página. El texto está abajo: cópielo de ahí.",
    "لا يسمح هذا المتصفح للصفحة بالنسخ. النص في الأسفل: انسخه من هناك.",
  ],
  ["handover.text", "The hand-over as text", "El relevo como texto", "تسليم الوردية كنص"],
  ["handover.print", "Print", "Imprimir", "طباعة"],
  ["handover.count", "To hand over: {count}", "Por entregar: {count}", "للتسليم: {count}"],
  ["handover.none", "Nothing to hand over.", "Nada que entregar.", "لا شيء للتسليم."],
  [
    "handover.many",
    "A list is longer than this page: only its newest {count} lines are here. Deal with some, or use the wire's filters.",
    "Una lista es más larga que esta página: aquí están solo sus {count} líneas más nuevas. Resuelva algunas o use los filtros del teletipo.",
    "إحدى القوائم أطول من هذه الصفحة: هنا أحدث {count} من الأسطر فقط. عالج بعضها أو استخدم عوامل التصفية.",
  ],
  ["handover.original", "Original:", "Original:", "الأصل:"],
];

/** @param {1 | 2 | 3} column */
const inLanguage = (column) => Object.fromEntries(SENTENCES.map((row) => [row[0], row[column]]));

export const words = { en: inLanguage(1), es: inLanguage(2), ar: inLanguage(3) };
