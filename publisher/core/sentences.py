"""What the desk refuses, in the three languages of its interface; importing it adds them to the catalog."""

from typing import Final

from ticker.contract.sentences import add_sentences

DESK_SENTENCES: Final[dict[str, dict[str, str]]] = {
    # Shape of a request.
    "malformed": {
        "en": "Send one valid JSON object in UTF-8; this is not valid JSON.",
        "ar": "أرسل كائن JSON واحدًا صالحًا بترميز UTF-8؛ ما وصل ليس JSON صالحًا.",
        "es": "Envíe un objeto JSON válido en UTF-8; esto no es JSON válido.",
    },
    "not-an-object": {
        "en": "Send a JSON object with the fields of this request.",
        "ar": "أرسل كائن JSON يحوي حقول هذا الطلب.",
        "es": "Envíe un objeto JSON con los campos de esta petición.",
    },
    "unknown-field": {
        "en": "Remove “{name}”: there is no such field here.",
        "ar": "احذف «{name}»: لا يوجد حقل بهذا الاسم هنا.",
        "es": "Quite «{name}»: aquí no existe ese campo.",
    },
    "missing": {
        "en": "Give “{name}”: it is required.",
        "ar": "أدخل «{name}»: هذا الحقل مطلوب.",
        "es": "Indique «{name}»: es obligatorio.",
    },
    "wrong-type": {
        "en": "This must be {expected:en}.",
        "ar": "يجب أن تكون القيمة {expected:ar}.",
        "es": "Debe ser {expected:es}.",
    },
    "not-one-of": {
        "en": "Choose one of: {known}.",
        "ar": "اختر واحدًا من: {known}.",
        "es": "Elija uno de: {known}.",
    },
    # A line and who says so.
    "text-and-headline": {
        "en": "Give either text (“Source: text”) or headline with infoSources, not both.",
        "ar": "أدخل إما text («المصدر: النص») أو headline مع infoSources، وليس كليهما.",
        "es": "Indique text («Fuente: texto») o bien headline con infoSources, no ambos.",
    },
    "no-headline": {
        "en": "Give a line: text (“Source: text”), or headline with infoSources.",
        "ar": "أدخل سطرًا: text («المصدر: النص») أو headline مع infoSources.",
        "es": "Indique una línea: text («Fuente: texto») o headline con infoSources.",
    },
    "no-source": {
        "en": "Say who says so: write “Source: text”, or give at least one entry in infoSources.",
        "ar": "اذكر المصدر: اكتب «المصدر: النص» أو أدخل مصدرًا واحدًا على الأقل في infoSources.",
        "es": "Diga quién lo dice: escriba «Fuente: texto» o indique al menos una entrada en infoSources.",
    },
    "source-unknown": {
        "en": "“{name}” is not a registered source: say its role, one of {roles}.",
        "ar": "«{name}» ليس مصدرًا مسجَّلًا: حدِّد دوره، واحد من: {roles}.",
        "es": "«{name}» no es una fuente registrada: indique su función, una de {roles}.",
    },
    "source-role": {
        "en": "“{name}” is registered as {role}: leave the role out, or say {role}.",
        "ar": "«{name}» مسجَّل بدور {role}: اترك الدور فارغًا أو اكتب {role}.",
        "es": "«{name}» está registrada como {role}: omita la función o indique {role}.",
    },
    "source-uri": {
        "en": "“{uri}” is not the id of a registered source: leave uri out.",
        "ar": "«{uri}» ليس معرِّف مصدر مسجَّل: احذف uri.",
        "es": "«{uri}» no es el identificador de una fuente registrada: omita uri.",
    },
    "source-twice": {
        "en": "“{name}” is named twice: name each source once.",
        "ar": "ورد «{name}» مرتين: اذكر كل مصدر مرة واحدة.",
        "es": "«{name}» aparece dos veces: nombre cada fuente una sola vez.",
    },
    "sources-many": {
        "en": "Name at most {limit} sources.",
        "ar": "اذكر {limit} مصادر على الأكثر.",
        "es": "Nombre {limit} fuentes como máximo.",
    },
    "role-place": {
        "en": "role belongs with text; with infoSources say the role of each source there.",
        "ar": "الحقل role يخص text؛ مع infoSources حدِّد دور كل مصدر هناك.",
        "es": "role acompaña a text; con infoSources indique allí la función de cada fuente.",
    },
    # The other fields.
    "urgency": {
        "en": "Give an urgency from 1 (flash) to 8; 4 is routine.",
        "ar": "أدخل درجة استعجال من 1 (عاجل جدًا) إلى 8؛ 4 هي العادية.",
        "es": "Indique una urgencia de 1 (flash) a 8; 4 es rutina.",
    },
    "repeated": {
        "en": "“{value}” is given twice: name it once.",
        "ar": "ورد «{value}» مرتين: اذكره مرة واحدة.",
        "es": "«{value}» aparece dos veces: indíquelo una sola vez.",
    },
    "time": {
        "en": "Give a time as RFC 3339 with its offset, such as 2026-05-01T09:30:00Z.",
        "ar": "أدخل وقتًا بصيغة RFC 3339 مع فرق التوقيت، مثل 2026-05-01T09:30:00Z.",
        "es": "Indique una hora en RFC 3339 con su desfase, por ejemplo 2026-05-01T09:30:00Z.",
    },
    "time-past": {
        "en": "Give a time in the future; this one has passed.",
        "ar": "أدخل وقتًا في المستقبل؛ هذا الوقت قد مضى.",
        "es": "Indique una hora futura; esta ya ha pasado.",
    },
    "not-built": {
        "en": "{name} is not available yet: leave it out and publish when the time has come.",
        "ar": "الحقل {name} غير متاح بعد: احذفه وانشر عندما يحين الوقت.",
        "es": "{name} aún no está disponible: omítalo y publique cuando llegue el momento.",
    },
    "uri": {
        "en": "Give the uri of an item, which begins with urn:flashwire:.",
        "ar": "أدخل uri الخاص بالخبر، ويبدأ بـ urn:flashwire:.",
        "es": "Indique el uri de un elemento, que empieza por urn:flashwire:.",
    },
    # The acts.
    "publish-again": {
        "en": "This item is published already: choose update, refile, correction, hold, release or withdraw.",
        "ar": "هذا الخبر منشور بالفعل: اختر update أو refile أو correction أو hold أو release أو withdraw.",
        "es": "Este elemento ya está publicado: elija update, refile, correction, hold, release o withdraw.",
    },
    "edition-fixed": {
        "en": "An item stays in its edition: publish a new item in the other edition.",
        "ar": "يبقى الخبر في نسخته: انشر خبرًا جديدًا في النسخة الأخرى.",
        "es": "Un elemento no cambia de edición: publique uno nuevo en la otra edición.",
    },
    "note-required": {
        "en": "Say in the note, for readers, what was wrong.",
        "ar": "وضِّح للقراء في الملاحظة ما الخطأ.",
        "es": "Explique en la nota, para los lectores, qué era erróneo.",
    },
    "note-not-here": {
        "en": "Leave the note out of {act}: it belongs to a correction, hold, release or withdraw.",
        "ar": "الملاحظة تخص التصحيح أو التعليق أو الإعادة أو السحب: احذفها من {act} أو أجرِ تصحيحًا.",
        "es": "La nota es propia de correction, hold, release o withdraw: omítala en {act} o haga una corrección.",
    },
    "field-not-here": {
        "en": "{act} does not change {name}: leave it out, or use {other}.",
        "ar": "الإجراء {act} لا يغيِّر {name}: احذفه أو استخدم {other}.",
        "es": "{act} no cambia {name}: omítalo o use {other}.",
    },
    "changes-nothing": {
        "en": "This {act} changes nothing: change the line, or cancel.",
        "ar": "هذا الإجراء {act} لا يغيِّر شيئًا: غيِّر السطر أو ألغِ.",
        "es": "Este {act} no cambia nada: cambie la línea o cancele.",
    },
    "hold-not-usable": {
        "en": "This item is on hold already: release or withdraw it.",
        "ar": "هذا الخبر معلَّق بالفعل: أعِده أو اسحبه.",
        "es": "Este elemento ya está retenido: libérelo o retírelo.",
    },
    "unreadable": {
        "en": "Version {version} of this line cannot be read here: only a chief may act on it, by withdrawing it.",
        "ar": "تتعذر هنا قراءة النسخة {version} من هذا الخبر: لا يُسمح إلا لرئيس التحرير، وبسحبه فقط.",
        "es": "La versión {version} de esta línea no se puede leer aquí: solo un jefe puede actuar, retirándola.",
    },
    "release-not-held": {
        "en": "This item is not on hold: there is nothing to release.",
        "ar": "هذا الخبر غير معلَّق: لا شيء لإعادته.",
        "es": "Este elemento no está retenido: no hay nada que liberar.",
    },
    "withdrawn": {
        "en": "This item was withdrawn and never returns: publish a new item.",
        "ar": "سُحب هذا الخبر ولا يعود أبدًا: انشر خبرًا جديدًا.",
        "es": "Este elemento fue retirado y no vuelve nunca: publique uno nuevo.",
    },
    # Who may, and how a request is made. The codes are the problem types of docs/protocol.md.
    "name-taken": {
        "en": "There has been a token “{name}”: choose another name.",
        "ar": "سبق إنشاء رمز باسم «{name}»: اختر اسمًا آخر.",
        "es": "Ya ha existido un token «{name}»: elija otro nombre.",
    },
    "invalid": {
        "en": "Mend the fields named in errors and send the request again.",
        "ar": "صحِّح الحقول المذكورة في errors وأعد الإرسال.",
        "es": "Corrija los campos indicados en errors y envíe de nuevo.",
    },
    "unauthorized": {
        "en": "Sign in, or send Authorization: Bearer with a token that is in force.",
        "ar": "سجِّل الدخول أو أرسل Authorization: Bearer مع رمز سارٍ.",
        "es": "Inicie sesión o envíe Authorization: Bearer con un token vigente.",
    },
    "token-refused": {
        "en": "This token is unknown or revoked: check it, or ask for a new one.",
        "ar": "هذا الرمز غير معروف أو ملغى: تحقَّق منه أو اطلب رمزًا جديدًا.",
        "es": "Este token es desconocido o está revocado: compruébelo o pida otro.",
    },
    "welcome-refused": {
        "en": "This welcome link is used up or not the newest: make a token with flashwire token create.",
        "ar": "رابط الترحيب هذا مستخدَم أو ليس الأحدث: أنشئ رمزًا بالأمر flashwire token create.",
        "es": "Este enlace de bienvenida ya se usó o no es el último: cree un token con flashwire token create.",
    },
    "role-act": {
        "en": "Only {needed:en} may {act:en} this line; ask one.",
        "ar": "لا يحق {act:ar} هذا الخبر إلا {needed:ar}؛ اطلب ذلك منه.",
        "es": "Solo {needed:es} puede {act:es} esta línea; pídaselo.",
    },
    "foreign-origin": {
        "en": "This came from {origin:en}, and not from the desk page as the desk knows it. If that is the desk's own"
        " address, add it to FLASHWIRE_DESK_ORIGINS and restart the desk.",
        "ar": "جاء هذا الطلب من {origin:ar} وليس من عنوان صفحة التحرير المعروف. إن كان ذلك عنوانها فأضفه إلى"
        " FLASHWIRE_DESK_ORIGINS وأعد تشغيل خدمة التحرير.",
        "es": "Esto vino de {origin:es} y no de la página de redacción conocida. Si esa es su dirección, añádala a"
        " FLASHWIRE_DESK_ORIGINS y reinicie la redacción.",
    },
    "bad-request": {
        "en": "Send a request in HTTP/1.1.",
        "ar": "أرسل الطلب وفق HTTP/1.1.",
        "es": "Envíe una petición en HTTP/1.1.",
    },
    "head-too-large": {
        "en": "Send a request head of at most {limit} bytes and {lines} lines.",
        "ar": "أرسل ترويسة طلب لا تتجاوز {limit} بايت و{lines} سطر.",
        "es": "Envíe una cabecera de petición de {limit} bytes y {lines} líneas como máximo.",
    },
    "too-slow": {
        "en": "The request did not arrive whole in time: send it again.",
        "ar": "لم يصل الطلب كاملًا في الوقت المحدد: أعد إرساله.",
        "es": "La petición no llegó entera a tiempo: envíela de nuevo.",
    },
    "not-json": {
        "en": "Send the body as Content-Type: application/json.",
        "ar": "أرسل المحتوى بنوع Content-Type: application/json.",
        "es": "Envíe el cuerpo como Content-Type: application/json.",
    },
    "too-large": {
        "en": "Send at most {limit} bytes.",
        "ar": "أرسل {limit} بايت على الأكثر.",
        "es": "Envíe {limit} bytes como máximo.",
    },
    "cut-off": {
        "en": "The body ended early: send the whole request again.",
        "ar": "انقطع المحتوى قبل نهايته: أعد إرسال الطلب كاملًا.",
        "es": "El cuerpo llegó incompleto: envíe de nuevo la petición entera.",
    },
    "key": {
        "en": "Give an Idempotency-Key of 1 to {limit} visible ASCII characters.",
        "ar": "أدخل Idempotency-Key من 1 إلى {limit} محرف ASCII مرئي.",
        "es": "Indique una Idempotency-Key de 1 a {limit} caracteres ASCII visibles.",
    },
    "key-reused": {
        "en": "This Idempotency-Key was used for another request: take a new key for a new request.",
        "ar": "استُخدم هذا Idempotency-Key لطلب آخر: استخدم مفتاحًا جديدًا لكل طلب جديد.",
        "es": "Esta Idempotency-Key se usó para otra petición: use una clave nueva.",
    },
    "if-match-missing": {
        "en": 'Say which version you saw: If-Match: "1" for the first (* is not enough).',
        "ar": 'حدِّد النسخة التي رأيتها: If-Match: "1" للأولى (لا تكفي *).',
        "es": 'Indique qué versión vio: If-Match: "1" para la primera (* no basta).',
    },
    "if-match": {
        "en": 'Give one version in quotes: If-Match: "1".',
        "ar": 'أدخل رقم نسخة واحدًا بين علامتي اقتباس: If-Match: "1".',
        "es": 'Indique una versión entre comillas: If-Match: "1".',
    },
    "stale": {
        "en": "Someone was faster: this item is at version {current} now. Look at it and decide again.",
        "ar": "سبقك غيرك: الخبر الآن في النسخة {current}. راجعه ثم قرِّر من جديد.",
        "es": "Alguien fue más rápido: el elemento va por la versión {current}. Revíselo y decida de nuevo.",
    },
    "rate": {
        "en": "That is {limit} publications within a minute: wait {seconds} seconds and send it again.",
        "ar": "بلغت {limit} عملية نشر خلال دقيقة: انتظر {seconds} ثانية ثم أعد الإرسال.",
        "es": "Van {limit} publicaciones en un minuto: espere {seconds} segundos y envíe de nuevo.",
    },
    "canary-rate": {
        "en": "That is {limit} canaries within a minute: wait {seconds} seconds and send it again.",
        "ar": "بلغت {limit} إشارة اختبار خلال دقيقة: انتظر {seconds} ثانية ثم أعد الإرسال.",
        "es": "Van {limit} señales de prueba en un minuto: espere {seconds} segundos y envíe de nuevo.",
    },
    "stream-away": {
        "en": "The stream is away and this is not confirmed: try again with the same Idempotency-Key.",
        "ar": "قناة البث غير متاحة ولم يتأكد النشر: أعد المحاولة بنفس Idempotency-Key.",
        "es": "El flujo no está disponible y no hay confirmación: reintente con la misma Idempotency-Key.",
    },
    "desk-file": {
        "en": "The desk cannot use its own file now, and nothing was done: try again.",
        "ar": "لا يمكن استخدام ملف التحرير الآن، ولم يُنفَّذ شيء: أعد المحاولة.",
        "es": "La redacción no puede usar su archivo y no se ha hecho nada: reintente.",
    },
    "not-found": {
        "en": "There is nothing at this address: check it.",
        "ar": "لا يوجد شيء في هذا العنوان: تحقَّق منه.",
        "es": "No hay nada en esta dirección: compruébela.",
    },
    "no-item": {
        "en": "There is no item with this uri: check it.",
        "ar": "لا يوجد خبر بهذا uri: تحقَّق منه.",
        "es": "No existe ningún elemento con este uri: compruébelo.",
    },
    "method": {
        "en": "Use one of the methods named in Allow.",
        "ar": "استخدم إحدى الطرق المذكورة في Allow.",
        "es": "Use uno de los métodos indicados en Allow.",
    },
    "bad-parameter": {
        "en": "Give a limit from 1 to {limit}.",
        "ar": "أدخل limit من 1 إلى {limit}.",
        "es": "Indique un limit de 1 a {limit}.",
    },
    "internal": {
        "en": "Something went wrong here: try again with the same Idempotency-Key, and tell whoever runs the desk.",
        "ar": "حدث خطأ هنا: أعد المحاولة بنفس Idempotency-Key وأبلغ المسؤول عن النظام.",
        "es": "Algo falló aquí: reintente con la misma Idempotency-Key y avise a quien opera la redacción.",
    },
}

add_sentences(DESK_SENTENCES)
