/** The composer's sentences, each in all languages next to each other (desk/words/strings.js). */

/** @type {[string, string, string, string][]} key, English, Spanish, Arabic */
const SENTENCES = [
  ["outbox", "Sent, not settled", "Enviado, por confirmar", "أُرسل ولم يُحسم بعد"],
  [
    "outbox.waiting",
    "Waiting for the line before it …",
    "Espera a la línea anterior…",
    "ينتظر السطر السابق…",
  ],
  ["outbox.sending", "Publishing …", "Publicando…", "جارٍ النشر…"],
  ["outbox.edit", "Edit", "Editar", "تعديل"],
  ["outbox.remove", "Remove", "Quitar", "إزالة"],
  ["queue", "Waiting to be published: {count}", "En espera de publicarse: {count}", "بانتظار النشر: {count}"],
  ["queue.edit", "Edit “{text}”", "Editar «{text}»", "تعديل «{text}»"],
  ["queue.remove", "Remove “{text}”", "Quitar «{text}»", "إزالة «{text}»"],
  ["queue.left", "After it", "Después", "بعده"],
  ["queue.count", "{count} more in the queue", "{count} más en espera", "{count} أخرى في الانتظار"],
  [
    "queue.pasted",
    "Lines pasted: {count}. The first is in the field; each is published by itself.",
    "Líneas pegadas: {count}. La primera está en el campo; cada una se publica por separado.",
    "أسطر ملصقة: {count}. الأول في الحقل، وكل سطر يُنشر وحده.",
  ],
  [
    "advice.edition",
    "This text looks like one for {other}. It would go to {edition}.",
    "Este texto parece de {other}. Saldría en {edition}.",
    "يبدو هذا النص مكتوبًا لنسخة {other}، وسيُنشر في {edition}.",
  ],
  [
    "advice.script",
    "This text is not in the letters of {edition}. Check the edition.",
    "Este texto no está en el alfabeto de {edition}. Revise la edición.",
    "هذا النص ليس بحروف {edition}. تحقّق من النسخة.",
  ],
  ["advice.switch", "Switch the edition", "Cambiar la edición", "بدّل النسخة"],
  ["advice.to", "Switch to {other}", "Cambiar a {other}", "بدّل إلى {other}"],
  ["advice.marks", "Invisible marks: {count}", "Marcas invisibles: {count}", "علامات غير مرئية: {count}"],
  ["advice.marks.remove", "Remove them", "Quitarlas", "أزلها"],
  ["advice.replace", "Write “{fix}”", "Escribir «{fix}»", "اكتب «{fix}»"],
  ["keys.marks", "Remove invisible marks", "Quitar las marcas invisibles", "إزالة العلامات غير المرئية"],
  [
    "keys.anywhere",
    "Offer sources anywhere in the line",
    "Ofrecer fuentes en cualquier punto de la línea",
    "عرض المصادر في أي موضع من السطر",
  ],
  [
    "newsource.keys",
    "The arrow keys change the role, Enter adds the source, Esc goes back to the line.",
    "Las flechas cambian la función, Intro añade la fuente, Esc vuelve a la línea.",
    "مفاتيح الأسهم تغيّر الصفة، وEnter يضيف المصدر، وEsc يعود إلى السطر.",
  ],
  [
    "newsource.again",
    "Not added yet. Press Enter once more to add this name all the same.",
    "Aún no se ha añadido. Pulse Intro otra vez para añadir este nombre de todos modos.",
    "لم يُضف بعد. اضغط Enter مرة أخرى لإضافة هذا الاسم رغم ذلك.",
  ],
  ["newsource.refused", "Not added: {detail}", "No añadida: {detail}", "لم يُضف: {detail}"],
  [
    "newsource.known",
    "This source is registered already.",
    "Esta fuente ya está registrada.",
    "هذا المصدر مسجَّل من قبل.",
  ],
  [
    "newsource.who",
    "Editors and chiefs add sources.",
    "Las fuentes las añaden edición y jefatura.",
    "يضيف المصادرَ المحررون ورئاسة المكتب.",
  ],
  ["keys.newsource", "Add the source in the line", "Añadir la fuente de la línea", "إضافة مصدر السطر"],
  [
    "outcome.unasked",
    "Not published: the question before publishing could not be shown. Close other questions and press Publish again.",
    "No publicado: no se pudo mostrar la pregunta previa. Cierre otras preguntas y vuelva a pulsar Publicar.",
    "لم يُنشر: تعذّر عرض السؤال الذي يسبق النشر. أغلق الأسئلة الأخرى واضغط «انشر» مرة أخرى.",
  ],
  ["leaving.publish", "Publish this line?", "¿Publicar esta línea?", "أتنشر هذا السطر؟"],
  ["leaving.update", "Publish this update?", "¿Publicar esta actualización?", "أتنشر هذا التحديث؟"],
  ["leaving.refile", "Refile this line?", "¿Retocar esta línea?", "أتنقِّح هذا السطر؟"],
  ["leaving.correction", "Publish this correction?", "¿Publicar esta corrección?", "أتنشر هذا التصحيح؟"],
  ["leaving.release", "Release this line?", "¿Liberar esta línea?", "أتعيد هذا السطر؟"],
  ["leaving.flash", "Publish a flash?", "¿Publicar un flash?", "أتنشر خبرًا عاجلًا جدًا؟"],
  [
    "leaving.keys",
    "It reaches readers as soon as you confirm. Enter confirms, Esc goes back.",
    "Llega al público en cuanto confirme. Intro confirma, Esc vuelve.",
    "يصل إلى القراء فور تأكيدك. Enter للتأكيد، وEsc للرجوع.",
  ],
  ["leaving.yes", "Publish", "Publicar", "انشر"],
  ["leaving.yes.flash", "Publish the flash", "Publicar el flash", "انشر العاجل جدًا"],
  ["leaving.urgency", "{urgency}", "{urgency}", "{urgency}"],
  ["leaving.raised", "{urgency} – was {before}", "{urgency}: antes, {before}", "{urgency} – كان {before}"],
  [
    "leaving.edition.many",
    "{edition} · {count} connections now",
    "{edition} · {count} conexiones ahora",
    "{edition} · الاتصالات الآن: {count}",
  ],
  [
    "leaving.edition.one",
    "{edition} · {count} connection now",
    "{edition} · {count} conexión ahora",
    "{edition} · الاتصالات الآن: {count}",
  ],
  [
    "leaving.edition.unknown",
    "{edition} · connections now: unknown",
    "{edition} · conexiones ahora: no se sabe",
    "{edition} · الاتصالات الآن: غير معروفة",
  ],
  ["leaving.second", "Second person", "Segunda persona", "شخص ثانٍ"],
  [
    "leaving.second.editor",
    "Another editor must approve it",
    "Debe aprobarla otra persona de edición",
    "يجب أن يوافق عليه محرر آخر",
  ],
  [
    "leaving.second.chief",
    "A chief must approve it",
    "Debe aprobarla un jefe",
    "يجب أن يوافق عليه رئيس تحرير",
  ],
];

/** @param {1 | 2 | 3} column */
const inLanguage = (column) => Object.fromEntries(SENTENCES.map((row) => [row[0], row[column]]));

export const words = { en: inLanguage(1), es: inLanguage(2), ar: inLanguage(3) };
