/** Notes for readers that are ready to be chosen, by language and act: a withdrawal must not wait for its wording. */

/** @type {Record<string, Record<string, string[]>>} */
const REASONS = {
  en: {
    withdraw: [
      "This line was sent by mistake.",
      "The report was wrong.",
      "The source has taken its statement back.",
      "This line named the wrong source.",
      "This line could not be confirmed.",
      "This was a test and not news.",
    ],
    correction: [
      "An earlier version gave a wrong figure.",
      "An earlier version gave a wrong name.",
      "An earlier version named the wrong source.",
      "An earlier version gave a wrong place.",
      "An earlier version gave a wrong time.",
      "An earlier version was translated wrongly.",
    ],
    hold: ["We are checking this line.", "The source is checking its statement."],
    release: ["This line has been confirmed.", "Checked: this line was right."],
  },
  es: {
    withdraw: [
      "Esta línea se envió por error.",
      "La información era incorrecta.",
      "La fuente ha retirado su declaración.",
      "Esta línea citaba una fuente equivocada.",
      "Esta línea no se ha podido confirmar.",
      "Era una prueba y no una noticia.",
    ],
    correction: [
      "Una versión anterior daba una cifra incorrecta.",
      "Una versión anterior daba un nombre incorrecto.",
      "Una versión anterior citaba una fuente equivocada.",
      "Una versión anterior daba un lugar incorrecto.",
      "Una versión anterior daba una hora incorrecta.",
      "Una versión anterior estaba mal traducida.",
    ],
    hold: ["Estamos comprobando esta línea.", "La fuente está comprobando su declaración."],
    release: ["Esta línea se ha confirmado.", "Comprobado: esta línea era correcta."],
  },
  ar: {
    withdraw: [
      "نُشر هذا السطر عن طريق الخطأ.",
      "كان الخبر خاطئًا.",
      "تراجع المصدر عن تصريحه.",
      "نُسب هذا السطر إلى مصدر خاطئ.",
      "لم يتسنَّ تأكيد هذا السطر.",
      "كان هذا اختبارًا وليس خبرًا.",
    ],
    correction: [
      "ورد في نص سابق رقم خاطئ.",
      "ورد في نص سابق اسم خاطئ.",
      "نُسب نص سابق إلى مصدر خاطئ.",
      "ورد في نص سابق مكان خاطئ.",
      "ورد في نص سابق وقت خاطئ.",
      "كانت ترجمة نص سابق خاطئة.",
    ],
    hold: ["نتحقق من هذا السطر.", "يتحقق المصدر من تصريحه."],
    release: ["تأكد هذا السطر.", "بعد التحقق: هذا السطر صحيح."],
  },
};

/**
 * The prepared notes for `act` in the language of the item; none in a language that has no list.
 * @param {string} act
 * @param {string} language a BCP 47 tag
 * @returns {string[]}
 */
export function reasonsFor(act, language) {
  return REASONS[language.split("-", 1)[0] ?? ""]?.[act] ?? [];
}
