/** The sentences of acts on several lines at once, in all languages. */

/** @type {{en: Record<string, string>, es: Record<string, string>, ar: Record<string, string>}} */
export const words = {
  en: {
    bulk: "Selected lines",
    "bulk.select": "Select “{text}”",
    "bulk.count": "Lines selected: {count}",
    "bulk.title": "{act} · lines: {count}",
    "bulk.note": "Note for readers, edition {edition}: what was wrong",
    "bulk.note.optional": "Note for readers, edition {edition} (may be left out)",
    "bulk.left": "Selected lines that stay as they are, because this cannot be done to them now: {count}",
    "bulk.result": "{act} · done: {done}, not done: {refused}, not known yet: {open}",
    "bulk.clear": "Clear the selection",
    "keys.select": "On an item: select it, or every item up to it",
  },
  es: {
    bulk: "Líneas seleccionadas",
    "bulk.select": "Seleccionar «{text}»",
    "bulk.count": "Líneas seleccionadas: {count}",
    "bulk.title": "{act} · líneas: {count}",
    "bulk.note": "Nota para el público, edición {edition}: qué era erróneo",
    "bulk.note.optional": "Nota para el público, edición {edition} (puede omitirse)",
    "bulk.left": "Líneas seleccionadas que quedan como están, porque ahora no admiten esta acción: {count}",
    "bulk.result": "{act} · hecho: {done}, no hecho: {refused}, aún no se sabe: {open}",
    "bulk.clear": "Quitar la selección",
    "keys.select": "En un elemento: seleccionarlo, o todos hasta él",
  },
  ar: {
    bulk: "الأسطر المحددة",
    "bulk.select": "تحديد «{text}»",
    "bulk.count": "عدد الأسطر المحددة: {count}",
    "bulk.title": "{act} · عدد الأسطر: {count}",
    "bulk.note": "ملاحظة للقراء، نسخة {edition}: ما الخطأ",
    "bulk.note.optional": "ملاحظة للقراء، نسخة {edition} (اختيارية)",
    "bulk.left": "أسطر محددة تبقى كما هي لأن هذا لا يمكن تنفيذه عليها الآن: {count}",
    "bulk.result": "{act} · نُفِّذ: {done}، لم يُنفَّذ: {refused}، لم يُعلم بعد: {open}",
    "bulk.clear": "إلغاء التحديد",
    "keys.select": "على خبر: تحديده، أو تحديد كل الأخبار حتى هذا الخبر",
  },
};
