"""The sentences of problems, in the three languages of the interface; the codes are the types of docs/protocol.md."""

from typing import Final

PROBLEM_SENTENCES: Final[dict[str, dict[str, str]]] = {
    "name-taken": {
        "en": "The name “{name}” was used before: choose another name.",
        "ar": "سبق استخدام الاسم «{name}»: اختر اسمًا آخر.",
        "es": "El nombre «{name}» ya se ha usado: elija otro.",
    },
    "invalid": {
        "en": "Correct the fields named in errors and send the request again.",
        "ar": "صحِّح الحقول المذكورة في errors وأعد الإرسال.",
        "es": "Corrija los campos indicados en errors y envíe de nuevo.",
    },
    "unauthorized": {
        "en": "Sign in, or send Authorization: Bearer with a token that is in force.",
        "ar": "سجِّل الدخول أو أرسل Authorization: Bearer مع رمز سارٍ.",
        "es": "Entre o envíe Authorization: Bearer con un token vigente.",
    },
    "token-refused": {
        "en": "This token is unknown or revoked: check it, or ask for a new one.",
        "ar": "هذا الرمز غير معروف أو ملغى: تحقَّق منه أو اطلب رمزًا جديدًا.",
        "es": "Este token es desconocido o está revocado: compruébelo o pida otro.",
    },
    "welcome-refused": {
        "en": "This welcome link is used up or not one of the newest: make a user with flashwire user add.",
        "ar": "رابط الترحيب هذا مستخدَم أو ليس من الأحدث: أنشئ مستخدمًا بالأمر flashwire user add.",
        "es": "Este enlace de bienvenida ya se usó o no es de los últimos: cree un usuario con flashwire user add.",
    },
    "role-act": {
        "en": "Only {needed:en} may {act:en} this line; ask one.",
        "ar": "لا يحق {act:ar} هذا الخبر إلا {needed:ar}؛ اطلب ذلك منه.",
        "es": "Solo {needed:es} puede {act:es} esta línea; pídaselo.",
    },
    "role-action": {
        "en": "Only {needed:en} may do this; ask one.",
        "ar": "لا يحق ذلك إلا {needed:ar}؛ اطلبه منه.",
        "es": "Solo {needed:es} puede hacer esto; pídaselo.",
    },
    "edition-act": {
        "en": "You work in {own} only, and this is for {edition:en}: choose one of yours, or ask a chief of that"
        " edition.",
        "ar": "عملك مقصور على {own} وهذا يخص {edition:ar}: اختر إحدى نسخك أو اطلب ذلك من رئيس تحرير تلك النسخة.",
        "es": "Usted trabaja solo en {own}, y esto es para {edition:es}: elija una de las suyas o pídalo a un jefe de"
        " esa edición.",
    },
    "foreign-origin": {
        "en": "This request came from {origin:en}, which is not a known address of the desk page. If it is the desk's"
        " address, add it to FLASHWIRE_DESK_ORIGINS and restart the desk.",
        "ar": "جاء هذا الطلب من {origin:ar} وليس من صفحة مكتب التحرير. إن كان ذلك عنوانها فأضفه إلى"
        " FLASHWIRE_DESK_ORIGINS وأعد تشغيل المكتب.",
        "es": "Esto vino de {origin:es} y no de la página de la mesa. Si esa es su dirección, añádala a"
        " FLASHWIRE_DESK_ORIGINS y reinicie la mesa.",
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
        "ar": 'حدِّد الإصدار الذي رأيته: If-Match: "1" للأول (لا تكفي *).',
        "es": 'Indique qué versión vio: If-Match: "1" para la primera (* no basta).',
    },
    "if-match": {
        "en": 'Give one version in quotes: If-Match: "1".',
        "ar": 'أدخل رقم إصدار واحدًا بين علامتي اقتباس: If-Match: "1".',
        "es": 'Indique una versión entre comillas: If-Match: "1".',
    },
    "stale": {
        "en": "Another person changed this item first: it is at version {current} now. Look at it and decide again.",
        "ar": "سبقك غيرك: الخبر الآن في الإصدار {current}. راجعه ثم قرِّر من جديد.",
        "es": "Alguien fue más rápido: el elemento va por la versión {current}. Revíselo y decida de nuevo.",
    },
    "not-a-translation": {
        "en": "This item translates no other one: there is nothing to settle.",
        "ar": "هذا الخبر ليس ترجمة لخبر آخر: لا شيء لحسمه.",
        "es": "Este elemento no traduce a otro: no hay nada que resolver.",
    },
    "stale-original": {
        "en": "The original is at version {current} now. Look at it and decide again.",
        "ar": "الأصل الآن في الإصدار {current}. راجعه ثم قرِّر من جديد.",
        "es": "El original va por la versión {current}. Revíselo y decida de nuevo.",
    },
    "rate": {
        "en": "That is {limit} publications within a minute: wait {seconds} s and send it again.",
        "ar": "بلغت {limit} عملية نشر خلال دقيقة: انتظر {seconds} ث ثم أعد الإرسال.",
        "es": "Van {limit} publicaciones en un minuto: espere {seconds} s y envíe de nuevo.",
    },
    "canary-rate": {
        "en": "That is {limit} canaries within a minute: wait {seconds} s and send it again.",
        "ar": "بلغت {limit} إشارة اختبار خلال دقيقة: انتظر {seconds} ث ثم أعد الإرسال.",
        "es": "Van {limit} señales de prueba en un minuto: espere {seconds} s y envíe de nuevo.",
    },
    "check-rate": {
        "en": "That is too many checks at once: the desk checks this line again in {seconds} s.",
        "ar": "عمليات تحقق كثيرة دفعة واحدة: يتحقق المكتب من هذا السطر من جديد بعد {seconds} ث.",
        "es": "Son demasiadas comprobaciones a la vez: la mesa comprueba esta línea otra vez en {seconds} s.",
    },
    "stream-away": {
        "en": "The stream cannot be reached, so this is not confirmed: try again with the same Idempotency-Key.",
        "ar": "قناة البث غير متاحة ولم يتأكد النشر: أعد المحاولة بنفس Idempotency-Key.",
        "es": "El flujo no está disponible y no hay confirmación: reintente con la misma Idempotency-Key.",
    },
    "desk-file": {
        "en": "The desk cannot use its own file now, and nothing was done: try again.",
        "ar": "لا يستطيع المكتب استخدام ملفه الآن، ولم يُنفَّذ شيء: أعد المحاولة.",
        "es": "La mesa no puede usar su propio archivo ahora y no se ha hecho nada: reintente.",
    },
    "database-away": {
        "en": "The desk's database is away and nothing was done: try again. Until it is back, only holding and"
        " withdrawing work.",
        "ar": "قاعدة بيانات المكتب غير متاحة ولم يُنفَّذ شيء: أعد المحاولة. وإلى أن تعود لا يعمل إلا التعليق والسحب.",
        "es": "La base de datos de la mesa no está disponible y no se ha hecho nada: reintente. Hasta que vuelva solo"
        " se puede retener y retirar.",
    },
    "not-found": {
        "en": "There is nothing at this address: check it.",
        "ar": "لا يوجد شيء في هذا العنوان: تحقَّق منه.",
        "es": "No hay nada en esta dirección: compruébela.",
    },
    "no-source-id": {
        "en": "There is no source with this id: check it.",
        "ar": "لا يوجد مصدر بهذا المعرِّف: تحقَّق منه.",
        "es": "No existe ninguna fuente con este id: compruébelo.",
    },
    "source-exists": {
        "en": "There is a source with the id “{name}” already: change that one, or choose another id.",
        "ar": "يوجد مصدر بالمعرِّف «{name}» بالفعل: غيِّره أو اختر معرِّفًا آخر.",
        "es": "Ya existe una fuente con el id «{name}»: cámbiela o elija otro id.",
    },
    "stale-source": {
        "en": "Another person changed this source first: look at it and decide again.",
        "ar": "سبقك غيرك إلى تغيير هذا المصدر: راجعه ثم قرِّر من جديد.",
        "es": "Alguien cambió antes esta fuente: revísela y decida de nuevo.",
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
    "bad-query": {
        "en": "The parameter {name} cannot be used as it is: check it.",
        "ar": "لا يمكن استعمال المعامل {name} بهذه القيمة: تحقَّق منه.",
        "es": "El parámetro {name} no se puede usar así: compruébelo.",
    },
    "internal": {
        "en": "Something went wrong here: try again with the same Idempotency-Key, and tell the desk's operator.",
        "ar": "حدث خطأ هنا: أعد المحاولة بنفس Idempotency-Key وأبلغ المشرف على هذه الخدمة.",
        "es": "Algo falló aquí: reintente con la misma Idempotency-Key y avise a quien administra este servicio.",
    },
}
