"""The sentences about wrong fields of a request, in the three languages of the interface."""

from typing import Final

FIELD_SENTENCES: Final[dict[str, dict[str, str]]] = {
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
    # A line and its sources.
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
        "en": "Name the source: write “Source: text”, or give at least one entry in infoSources.",
        "ar": "اذكر المصدر: اكتب «المصدر: النص» أو أدخل مصدرًا واحدًا على الأقل في infoSources.",
        "es": "Indique la fuente: escriba «Fuente: texto» o indique al menos una entrada en infoSources.",
    },
    "source-unknown": {
        "en": "“{name}” is not a registered source: give its role, one of {roles}.",
        "ar": "«{name}» ليس مصدرًا مسجَّلًا: حدِّد صفته، واحدة من: {roles}.",
        "es": "«{name}» no es una fuente registrada: indique su función, una de {roles}.",
    },
    "source-role": {
        "en": "“{name}” is registered as {role}: leave the role out, or give {role}.",
        "ar": "«{name}» مسجَّل بصفة {role}: اترك الصفة فارغة أو اكتب {role}.",
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
        "ar": "لا تذكر أكثر من {limit} من المصادر.",
        "es": "Nombre {limit} fuentes como máximo.",
    },
    "role-place": {
        "en": "Use role only with text; with infoSources give the role of each source there.",
        "ar": "الحقل role يخص text؛ مع infoSources حدِّد صفة كل مصدر هناك.",
        "es": "role acompaña a text; con infoSources indique allí la función de cada fuente.",
    },
    # The registry of sources.
    "source-id": {
        "en": "Give an id of 1 to 60 small letters from a to z, digits and hyphens.",
        "ar": "أدخل معرِّفًا من 1 إلى 60 من الحروف الصغيرة a إلى z والأرقام والشرطات.",
        "es": "Indique un id de 1 a 60 letras minúsculas de la a a la z, cifras y guiones.",
    },
    "source-taken": {
        "en": "“{name}” already means the source “{known}”: change that one, or choose another name.",
        "ar": "«{name}» يدل بالفعل على المصدر «{known}»: غيِّره أو اختر اسمًا آخر.",
        "es": "«{name}» ya designa la fuente «{known}»: cámbiela o elija otro nombre.",
    },
    "no-name": {
        "en": "Give at least one name, with its language.",
        "ar": "أدخل اسمًا واحدًا على الأقل مع لغته.",
        "es": "Indique al menos un nombre, con su idioma.",
    },
    "names-many": {
        "en": "Give at most {limit} of them.",
        "ar": "أدخل {limit} منها على الأكثر.",
        "es": "Indique {limit} como máximo.",
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
    "story-id": {
        "en": "Give the id of the story: 1 to 64 of a-z, 0-9 and -, not beginning with -.",
        "ar": "أدخل معرِّف القصة: من 1 إلى 64 من a-z و0-9 و-، ولا يبدأ بـ -.",
        "es": "Indique el identificador de la historia: de 1 a 64 de a-z, 0-9 y -, sin empezar por -.",
    },
    "digital-source-type": {
        "en": "Give a digital source type of the IPTC, one of: {known}.",
        "ar": "أدخل نوع مصدر رقمي من قائمة IPTC، واحدًا من: {known}.",
        "es": "Indique un tipo de fuente digital de la IPTC, uno de: {known}.",
    },
    "siblings-many": {
        "en": "Publish in at most {limit} other editions at once.",
        "ar": "لا تنشر في أكثر من {limit} نسخ أخرى معًا.",
        "es": "Publique en {limit} ediciones más como máximo a la vez.",
    },
    "notes-alone": {
        "en": "Give notes by edition only together with siblings: true.",
        "ar": "لا تُدخل الملاحظات بحسب النسخة إلا مع siblings: true.",
        "es": "Indique notas por edición solo junto con siblings: true.",
    },
    "siblings-text": {
        "en": "Leave {name} out: words differ in each edition. Correct each of the translations.",
        "ar": "احذف {name}: تختلف الكلمات في كل نسخة. صحِّح كل ترجمة على حدة.",
        "es": "Omita {name}: las palabras son distintas en cada edición. Corrija cada traducción.",
    },
    "no-actor": {
        "en": "No user and no token is called {name}, so nothing was stopped: check the name.",
        "ar": "لا مستخدم ولا رمز بالاسم {name}، فلم يتوقف شيء: تحقَّق من الاسم.",
        "es": "Ningún usuario ni token se llama {name}, así que no se detuvo nada: revise el nombre.",
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
        "es": "Explique en la nota, para el público, qué era erróneo.",
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
        "ar": "تتعذر هنا قراءة الإصدار {version} من هذا الخبر: لا يُسمح إلا لرئيس التحرير، وبسحبه فقط.",
        "es": "La versión {version} de esta línea no se puede leer aquí: solo un jefe puede actuar, retirándola.",
    },
    "answer-unreadable": {
        "en": "This request was carried out before, but its answer cannot be read any more: look at item {uri}.",
        "ar": "نُفّذ هذا الطلب من قبل، لكن لم تعد قراءة جوابه ممكنة: انظر الخبر {uri}.",
        "es": "Esta petición ya se ejecutó, pero su respuesta ya no se puede leer: mire el elemento {uri}.",
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
}
