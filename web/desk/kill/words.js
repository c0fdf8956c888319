/** The sentences of the kill switch, the audit and receipts, each in all languages next to each other. */

/** @type {[string, string, string, string][]} key, English, Spanish, Arabic */
const SENTENCES = [
  ["nav.audit", "Audit and stop", "Auditoría y parada", "التدقيق والإيقاف"],
  ["kill.title", "Stop publishing", "Detener la publicación", "إيقاف النشر"],
  [
    "kill.hint",
    "It counts at once, at every desk. Lines can still be held and withdrawn.",
    "Vale al momento, en cada mesa. Las líneas se pueden seguir reteniendo y retirando.",
    "يسري فورًا في كل مكتب. ويبقى تعليق الأسطر وسحبها ممكنًا.",
  ],
  ["kill.scope", "What", "Qué", "ماذا"],
  ["kill.scope.all", "Everything", "Todo", "كل شيء"],
  ["kill.scope.edition", "One edition", "Una edición", "نسخة واحدة"],
  ["kill.scope.user", "One person or token", "Una persona o un token", "شخص واحد أو رمز واحد"],
  ["kill.edition", "Edition", "Edición", "النسخة"],
  ["kill.name", "Name", "Nombre", "الاسم"],
  ["kill.reason", "Why (every editor sees it)", "Por qué (lo ven todos)", "السبب (يراه كل المحررين)"],
  ["kill.sessions", "Sign the people out, too", "Cerrar también sus sesiones", "مع تسجيل خروجهم"],
  ["kill.do", "Stop", "Detener", "أوقف"],
  ["kill.sure", "Stop publishing?", "¿Detener la publicación?", "أتوقف النشر؟"],
  [
    "kill.sure.words",
    "From now on the people that it concerns cannot publish, until a chief lifts the stop.",
    "Desde ahora no podrá publicar nadie a quien afecte, hasta que un jefe levante la parada.",
    "من الآن لن يستطيع من يعنيه الأمر النشر حتى يرفع رئيس تحرير الإيقاف.",
  ],
  ["kill.none", "Nothing is stopped.", "No hay nada detenido.", "لا شيء موقوف."],
  ["kill.lift", "Lift", "Levantar", "رفع الإيقاف"],
  ["kill.lift.reason", "Why it is lifted", "Por qué se levanta", "سبب الرفع"],
  ["kill.go", "Lift it", "Levantarla", "ارفعه"],
  ["stop.all", "Publishing is stopped.", "La publicación está detenida.", "النشر موقوف."],
  [
    "stop.edition",
    "Publishing in the edition {name} is stopped.",
    "La publicación en la edición {name} está detenida.",
    "النشر في النسخة {name} موقوف.",
  ],
  [
    "stop.user",
    "Publishing by {name} is stopped.",
    "La publicación de {name} está detenida.",
    "النشر من {name} موقوف.",
  ],
  ["stop.why", "{by}, {time}: {reason}", "{by}, {time}: {reason}", "{by}، {time}: {reason}"],
  ["audit.records", "Records", "Registros", "السجلات"],
  ["audit.actor", "Who", "Quién", "من"],
  ["audit.action", "Action", "Acción", "الإجراء"],
  ["audit.object", "Of what", "De qué", "على ماذا"],
  ["audit.time", "Time", "Hora", "الوقت"],
  ["audit.details", "Details", "Detalles", "التفاصيل"],
  ["audit.number", "No.", "N.º", "الرقم"],
  ["audit.show", "Show", "Mostrar", "اعرض"],
  ["audit.more", "Earlier records", "Registros anteriores", "سجلات أقدم"],
  ["audit.empty", "No record matches.", "Ningún registro coincide.", "لا سجل يطابق."],
  [
    "audit.head",
    "Head of the chain: keep it in another place, and flashwire audit verify --head shows whether anything was cut off.",
    "Cabeza de la cadena: guárdela en otro lugar y flashwire audit verify --head dirá si se cortó algo.",
    "رأس السلسلة: احفظه في مكان آخر ليبيّن الأمر flashwire audit verify --head إن قُطع منها شيء.",
  ],
  [
    "audit.spooled",
    "{count} records wait on this desk's disk for the database.",
    "{count} registros esperan en el disco de esta mesa a la base de datos.",
    "{count} من السجلات تنتظر قاعدة البيانات على قرص هذا المكتب.",
  ],
  ["receipt.written", "sent to {count}", "enviada a {count}", "أُرسل إلى {count}"],
  [
    "receipt.times",
    "half in {p50}, last {last}",
    "la mitad en {p50}, última {last}",
    "نصفها خلال {p50}، وآخرها {last}",
  ],
  [
    "receipt.shown",
    "last {last}, on screen {painted}",
    "última {last}, en pantalla {painted}",
    "آخرها {last}، الشاشة {painted}",
  ],
  ["receipt.painted", "on screen {painted}", "en pantalla {painted}", "على الشاشة {painted}"],
  ["receipt.outstanding", "{count} still without it", "{count} aún sin ella", "{count} لم يصلها بعد"],
  ["receipt.complete", "all have it", "todas la tienen", "وصل إلى الجميع"],
  ["receipt.left", "{count} left before", "{count} se fueron antes", "{count} غادرت قبله"],
  ["receipt.silent", "{count} nodes silent", "{count} nodos callados", "{count} عقدة صامتة"],
  ["receipt.none", "No node reports", "Ningún nodo informa", "لا عقدة تُبلّغ"],
];

/** @param {number} column */
const column = (column) =>
  Object.fromEntries(SENTENCES.map((sentence) => [sentence[0], sentence[column] ?? ""]));

export const words = { en: column(1), es: column(2), ar: column(3) };
