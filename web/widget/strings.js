/** What the widget itself says, in each language of the interface; items bring their own. */

/** @typedef {Record<keyof typeof en, string>} Strings */

const en = {
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
  colon: ": ",
};

/** @type {Strings} */
const es = {
  breaking: "Última hora",
  connecting: "Conectando",
  live: "En directo",
  "catching-up": "Poniéndose al día",
  stale: "Con retraso",
  offline: "Sin conexión",
  away: "Sin conexión. Reintentando.",
  refused: "Este servicio no puede mostrarse aquí.",
  behind: "Las novedades pueden tardar: el servicio ha perdido su fuente.",
  missed: "Pueden faltar algunas noticias.",
  dismiss: "Cerrar",
  pause: "Pausar",
  resume: "Reanudar",
  previous: "Anterior",
  next: "Siguiente",
  fresh: "{n} nuevas",
  empty: "No hay noticias de última hora.",
  u1: "Flash",
  u2: "Boletín",
  u3: "Urgente",
  pinned: "Fijado",
  update: "Actualizado",
  refile: "Editado {n}",
  correction: "Corrección",
  withdraw: "Se ha retirado una noticia.",
  comma: ", ",
  colon: ": ",
};

/** @type {Strings} */
const ar = {
  breaking: "عاجل",
  connecting: "جارٍ الاتصال",
  live: "مباشر",
  "catching-up": "جارٍ استدراك ما فات",
  stale: "متأخر",
  offline: "غير متصل",
  away: "لا يوجد اتصال. تجري إعادة المحاولة.",
  refused: "لا يمكن عرض هذا الشريط هنا.",
  behind: "قد تتأخر الأخبار: فقدت الخدمة مصدرها.",
  missed: "ربما فاتتك بعض الأخبار.",
  dismiss: "إغلاق",
  pause: "إيقاف مؤقت",
  resume: "استئناف",
  previous: "السابق",
  next: "التالي",
  fresh: "جديد: {n}",
  empty: "لا أخبار عاجلة الآن.",
  u1: "خبر خاطف",
  u2: "نشرة",
  u3: "عاجل",
  pinned: "مثبّت",
  update: "محدَّث",
  refile: "عُدِّل {n}",
  correction: "تصحيح",
  withdraw: "سُحب أحد الأخبار.",
  comma: "، ",
  colon: ": ",
};

const all = { ar, en, es };

/**
 * The language of the interface for `tag`, English where it is not one of ours.
 * @param {string} tag BCP 47
 */
export function speak(tag) {
  const primary = tag.toLowerCase().split("-")[0] ?? "";
  const language = /** @type {keyof typeof all} */ (primary in all ? primary : "en");
  return { language, direction: language === "ar" ? "rtl" : "ltr", strings: all[language] };
}
