/** The sentences about several editions, each in all languages next to each other (desk/words/strings.js). */

/** @type {[string, string, string, string][]} key, English, Spanish, Arabic */
const SENTENCES = [
  ["keys.editions", "Publish in several editions", "Publicar en varias ediciones", "النشر في عدة نسخ"],
  ["editions", "Publish in several editions", "Publicar en varias ediciones", "النشر في عدة نسخ"],
  [
    "editions.hint",
    "One field for each edition. An empty one is left as a draft for that desk.",
    "Un campo por edición. El que quede vacío se deja como borrador para esa mesa.",
    "حقل لكل نسخة. ما يبقى فارغًا يُترك مسودةً لمكتب تلك النسخة.",
  ],
  ["editions.first", "Original", "Original", "الأصل"],
  [
    "editions.empty",
    "Left as a draft for that desk",
    "Queda como borrador para esa mesa",
    "يُترك مسودةً لمكتب هذه النسخة",
  ],
  ["editions.kept", "Kept from before: {text}", "Conservado de antes: {text}", "محفوظ من قبل: {text}"],
  ["editions.kept.use", "Put it into the field", "Ponerlo en el campo", "ضعه في الحقل"],
  [
    "editions.none",
    "You may write for one edition only.",
    "Usted solo puede escribir para una edición.",
    "يمكنك الكتابة لنسخة واحدة فقط.",
  ],
  [
    "editions.connections.many",
    "{count} connections now",
    "{count} conexiones ahora",
    "الاتصالات الآن: {count}",
  ],
  ["editions.connections.one", "{count} connection now", "{count} conexión ahora", "الاتصالات الآن: {count}"],
  [
    "editions.connections.unknown",
    "connections now: unknown",
    "conexiones ahora: no se sabe",
    "الاتصالات الآن: غير معروفة",
  ],
  ["editions.ask", "Publish all of these?", "¿Publicar todo esto?", "أتنشر كل هذا؟"],
  ["editions.ask.schedule", "Schedule all of these?", "¿Programar todo esto?", "أتريد جدولة كل هذا؟"],
  [
    "editions.due",
    "All editions leave together: {time}",
    "Todas las ediciones salen juntas: {time}",
    "تخرج النسخ كلها معًا: {time}",
  ],
  [
    "editions.scheduled",
    "Scheduled together in {editions}: {time}.",
    "Programadas juntas en {editions}: {time}.",
    "جُدولت معًا في {editions}: {time}.",
  ],
  ["editions.done", "Published in {editions}.", "Publicado en {editions}.", "نُشر في {editions}."],
  [
    "editions.drafts",
    "Published in {editions}. Left as a draft for {drafts}.",
    "Publicado en {editions}. Queda como borrador para {drafts}.",
    "نُشر في {editions}، وتُركت مسودةٌ لـ{drafts}.",
  ],
  [
    "editions.failed",
    "Published in {editions}. Not left as a draft for {failed}: {detail}",
    "Publicado en {editions}. No quedó borrador para {failed}: {detail}",
    "نُشر في {editions}، ولم تُترك مسودة لـ{failed}: {detail}",
  ],
  [
    "editions.unknown",
    "We do not know yet whether these lines are on air. This page keeps asking. They cannot go out twice.",
    "Aún no sabemos si estas líneas están en el aire. Esta página sigue preguntando. No pueden salir dos veces.",
    "لا نعلم بعد هل هذه الأسطر على الهواء. تواصل هذه الصفحة السؤال، ولا يمكن أن تُنشر مرتين.",
  ],
  [
    "editions.open",
    "We still do not know whether these lines are on air. “Ask again” sends the same lines; they cannot go out twice.",
    "Seguimos sin saber si estas líneas están en el aire. «Preguntar otra vez» envía las mismas; no pueden salir dos veces.",
    "ما زلنا لا نعلم هل هذه الأسطر على الهواء. «اسأل مرة أخرى» يرسل الأسطر نفسها، ولا يمكن أن تُنشر مرتين.",
  ],
  [
    "editions.away",
    "Lines in several editions: we do not know yet whether they are on air. Alt+Shift+E shows them.",
    "Líneas en varias ediciones: aún no sabemos si están en el aire. Alt+Mayús+E las muestra.",
    "أسطر في عدة نسخ: لا نعلم بعد هل هي على الهواء. يعرضها Alt+Shift+E.",
  ],
  ["siblings", "Editions", "Ediciones", "النسخ"],
  ["siblings.missing", "No line yet", "Aún sin línea", "لا سطر بعد"],
  ["siblings.failed", "not done: {detail}", "no hecho: {detail}", "لم يُنفَّذ: {detail}"],
  [
    "siblings.unknown",
    "not known yet: look at its line in the list ({detail})",
    "aún no se sabe: mire su línea en la lista ({detail})",
    "غير معروف بعد: انظر سطره في القائمة ({detail})",
  ],
  ["siblings.all", "The same for all editions", "Lo mismo para todas las ediciones", "الأمر نفسه لكل النسخ"],
  [
    "siblings.all.correction",
    "The same for all editions: urgency and note only, because each edition has its own words",
    "Lo mismo para todas las ediciones: solo urgencia y nota, pues cada edición tiene sus palabras",
    "الأمر نفسه لكل النسخ: درجة الاستعجال والملاحظة فقط، فلكل نسخة كلماتها",
  ],
  ["leaving.foreign", "Unchanged", "Sin cambio", "دون تغيير"],
  [
    "leaving.foreign.in",
    "{editions}: not your edition, so it stays as it is",
    "{editions}: no es su edición y queda como está",
    "{editions}: ليست من نسخك فتبقى كما هي",
  ],
  ["stale.correction", "The original was corrected", "El original se corrigió", "صُحّح الأصل"],
  ["stale.hold", "The original is on hold", "El original está retenido", "الأصل معلَّق"],
  ["stale.withdraw", "The original was withdrawn", "El original se retiró", "سُحب الأصل"],
  ["stale.settled", "Nothing to change", "Nada que cambiar", "لا شيء يتغيّر"],
  ["stale.done", "Noted: nothing to change.", "Anotado: nada que cambiar.", "سُجّل: لا شيء يتغيّر."],
];

/** @param {1 | 2 | 3} column */
const inLanguage = (column) => Object.fromEntries(SENTENCES.map((row) => [row[0], row[column]]));

export const words = { en: inLanguage(1), es: inLanguage(2), ar: inLanguage(3) };
