/** The sentences of the options of a line, each in all languages next to each other. */

/** @type {[string, string, string, string][]} key, English, Spanish, Arabic */
const SENTENCES = [
  ["option.publishAt", "Publish at", "Publicar a las", "وقت النشر"],
  ["option.embargoedUntil", "Embargoed until", "Embargo hasta", "محظور النشر حتى"],
  ["option.expires", "Expires", "Caduca", "تنتهي صلاحيته"],
  ["option.pinnedUntil", "Pinned until", "Fijada hasta", "مثبّت حتى"],
  ["option.story", "Story", "Historia", "القصة"],
  ["option.story.new", "A new story", "Una historia nueva", "قصة جديدة"],
  ["option.story.known", "Joins a story on air", "Se suma a una historia al aire", "ينضم إلى قصة على الهواء"],
  ["option.digitalSourceType", "Made with", "Hecho con", "أُنشئ باستخدام"],
  ["option.reviewedBy", "Reviewed by", "Revisado por", "راجعه"],
  ["origin.none", "Not stated", "Sin indicar", "غير مذكور"],
  ["schedule", "Schedule", "Programar", "جدولة"],
  [
    "publish.when",
    "{edition} · {urgency} · {time}",
    "{edition} · {urgency} · {time}",
    "{edition} · {urgency} · {time}",
  ],
  ["leaving.schedule", "Schedule this line?", "¿Programar esta línea?", "أتريد جدولة هذا السطر؟"],
  [
    "leaving.keys.schedule",
    "It leaves by itself at its time, and can be canceled until then. Enter confirms, Esc goes back.",
    "Sale sola a su hora y puede cancelarse hasta entonces. Intro confirma, Esc vuelve.",
    "يخرج وحده في وقته ويمكن إلغاؤه حتى ذلك الحين. Enter للتأكيد، وEsc للرجوع.",
  ],
  ["leaving.due", "Leaves at", "Sale a las", "يخرج في"],
  ["outcome.scheduled", "Scheduled for {time}.", "Programada para {time}.", "مجدول في {time}."],
  ["outcome.scheduling", "Scheduling …", "Programando…", "جارٍ الجدولة…"],
  ["keys.more", "Options of the line", "Opciones de la línea", "خيارات السطر"],
  ["origin.algorithmicMedia", "Pure algorithm", "Algoritmo puro", "خوارزمية صرفة"],
  ["origin.algorithmicallyEnhanced", "Enhanced by algorithm", "Mejorado por algoritmo", "محسّن بخوارزمية"],
  ["origin.composite", "Composite", "Compuesto", "مركّب"],
  ["origin.compositeCapture", "Composite of captures", "Compuesto de capturas", "مركّب من لقطات"],
  [
    "origin.compositeSynthetic",
    "Composite with synthetic parts",
    "Compuesto con partes sintéticas",
    "مركّب فيه أجزاء اصطناعية",
  ],
  ["origin.compositeWithTrainedAlgorithmicMedia", "Partly AI", "En parte IA", "ذكاء اصطناعي جزئيًا"],
  ["origin.computationalCapture", "Computational capture", "Captura computacional", "لقطة حاسوبية"],
  ["origin.dataDrivenMedia", "Data by program", "Datos por programa", "بيانات ببرنامج"],
  ["origin.digitalCapture", "Digital capture", "Captura digital", "لقطة رقمية"],
  [
    "origin.digitalCreation",
    "Made by a person, digitally",
    "Hecho por una persona, en digital",
    "أنشأه شخص رقميًا",
  ],
  ["origin.humanEdits", "Edited by a person", "Editado por una persona", "حرّره شخص"],
  ["origin.negativeFilm", "Negative film", "Negativo", "فيلم سالب"],
  ["origin.positiveFilm", "Positive film", "Diapositiva", "فيلم موجب"],
  ["origin.print", "Print", "Impreso", "مطبوع"],
  ["origin.screenCapture", "Screen capture", "Captura de pantalla", "لقطة شاشة"],
  ["origin.trainedAlgorithmicMedia", "AI", "IA", "ذكاء اصطناعي"],
  ["origin.virtualRecording", "Virtual recording", "Grabación virtual", "تسجيل افتراضي"],
];

/** @param {1 | 2 | 3} column */
const inLanguage = (column) => Object.fromEntries(SENTENCES.map((row) => [row[0], row[column]]));

export const words = { en: inLanguage(1), es: inLanguage(2), ar: inLanguage(3) };
