"""Sentences about drafts, approval and scheduled lines, in the three languages of the interface."""

from typing import Final

FLOW_SENTENCES: Final[dict[str, dict[str, str]]] = {
    "no-draft": {
        "en": "There is no such draft, or it is not yours: read the list of drafts again.",
        "ar": "لا توجد مسودة كهذه أو ليست لك: اقرأ قائمة المسودات من جديد.",
        "es": "No existe ese borrador o no es suyo: vuelva a leer la lista de borradores.",
    },
    "draft-stale": {
        "en": "Another person changed this draft (it is at version {current}): look at the change, then save again.",
        "ar": "غيّر شخص آخر هذه المسودة (إصدارها الآن {current}): اطّلع على التغيير ثم احفظ من جديد.",
        "es": "Otra persona cambió este borrador (va por la versión {current}): mire el cambio y guarde de nuevo.",
    },
    "draft-used": {
        "en": "This draft is published already: look at its line on the wire before you do more.",
        "ar": "نُشرت هذه المسودة من قبل: اطّلع على خبرها في قائمة الأخبار قبل أي إجراء آخر.",
        "es": "Este borrador ya está publicado: mire su línea en la lista antes de seguir.",
    },
    "drafts-many": {
        "en": "You have {limit} drafts, which is the most: publish or delete some of them first.",
        "ar": "لديك {limit} مسودة وهو الحد الأقصى: انشر بعضها أو احذفه أولًا.",
        "es": "Tiene {limit} borradores, el máximo: publique o borre algunos antes.",
    },
    "draft-large": {
        "en": "Shorten the draft: it may have {limit} bytes at most.",
        "ar": "اختصر المسودة: الحد الأقصى {limit} بايت.",
        "es": "Acorte el borrador: puede tener {limit} bytes como máximo.",
    },
    "bad-wait": {
        "en": "Give wait as a number of seconds from 0 to {limit}.",
        "ar": "أدخل wait عددًا من الثواني بين 0 و{limit}.",
        "es": "Indique wait en segundos, de 0 a {limit}.",
    },
    "no-waiting": {
        "en": "There is no such line, or it is not yours to see: read the list again.",
        "ar": "لا يوجد سطر كهذا أو لا يحق لك رؤيته: اقرأ القائمة من جديد.",
        "es": "No existe esa línea o no puede verla: vuelva a leer la lista.",
    },
    "not-waiting": {
        "en": "This line no longer waits (it is {state}): look at the list before you do more.",
        "ar": "لم يعد هذا السطر في الانتظار ({state}): اطّلع على القائمة قبل أي إجراء آخر.",
        "es": "Esta línea ya no espera ({state}): mire la lista antes de seguir.",
    },
    "waiting-changed": {
        "en": "Another person changed this line, or it is being published now: look at it again.",
        "ar": "غيّر شخص آخر هذا السطر أو يجري نشره الآن: اطّلع عليه من جديد.",
        "es": "Otra persona cambió esta línea o se está publicando ahora: vuelva a mirarla.",
    },
    "waiting-many": {
        "en": "{limit} lines wait already, which is the most: decide about some of them first.",
        "ar": "هناك {limit} سطر في الانتظار وهو الحد الأقصى: ابتّ في بعضها أولًا.",
        "es": "Ya esperan {limit} líneas, el máximo: decida antes sobre algunas.",
    },
    "waiting-uncertain": {
        "en": "This line may be on the wire already: wait until the desk knows, then change it there.",
        "ar": "ربما نُشر هذا السطر فعلًا: انتظر حتى يتأكد المكتب ثم غيّره في قائمة الأخبار.",
        "es": "Esta línea puede estar ya publicada: espere a que la mesa lo sepa y cámbiela allí.",
    },
    "approval-needed": {
        "en": "A second person ({approver:en}) must approve this line: ask for approval.",
        "ar": "يجب أن يوافق شخص ثانٍ على هذا الخبر، والموافقة {approver:ar}: اطلب الموافقة.",
        "es": "Otra persona ({approver:es}) debe aprobar esta línea: pida la aprobación.",
    },
    "approval-own": {
        "en": "You wrote this line, so another person must approve it.",
        "ar": "أنت كتبت هذا الخبر، فيجب أن يوافق عليه شخص آخر.",
        "es": "Usted escribió esta línea: debe aprobarla otra persona.",
    },
    "approval-changed": {
        "en": "The line is not the one you saw: read it again, then decide.",
        "ar": "تغيّر الخبر عمّا رأيته: اقرأه من جديد ثم قرّر.",
        "es": "La línea no es la que usted vio: léala de nuevo y decida.",
    },
    "role-approve": {
        "en": "Only {needed:en} of {editions} may decide about this line; ask one.",
        "ar": "لا يحق البتّ في هذا الخبر إلا {needed:ar} في {editions}؛ اطلب ذلك منه.",
        "es": "Solo {needed:es} de {editions} puede decidir sobre esta línea; pídaselo.",
    },
    "waiting-late": {
        "en": "Its time passed while the desk could not publish it: publish it now, or cancel it.",
        "ar": "مضى وقته ولم يستطع المكتب نشره: انشره الآن أو ألغِه.",
        "es": "Pasó su hora sin que la mesa pudiera publicarla: publíquela ahora o cancélela.",
    },
    "waiting-stream-away": {
        "en": "The stream does not answer; the desk goes on trying until you cancel the line.",
        "ar": "البث لا يجيب؛ سيواصل المكتب المحاولة إلى أن تلغي السطر.",
        "es": "El flujo no responde; la mesa sigue intentándolo hasta que usted cancele la línea.",
    },
    "waiting-publishing-stopped": {
        "en": "Publishing is stopped; the line stays until it is allowed again.",
        "ar": "النشر متوقف؛ يبقى السطر في الانتظار حتى يُسمح به.",
        "es": "La publicación está detenida; la línea espera hasta que se permita.",
    },
    "waiting-publishing-stopped-in": {
        "en": "Publishing in {edition} is stopped, so none of the editions is published until it is allowed again.",
        "ar": "النشر في {edition} متوقف، فلا تُنشر أي نسخة حتى يُسمح به.",
        "es": "La publicación en {edition} está detenida: no se publica en ninguna edición hasta que se permita.",
    },
    "waiting-stale-in": {
        "en": "The item in {edition} was changed since, so nothing was done: cancel this and ask again.",
        "ar": "تغيّر خبر {edition} منذ ذلك الحين فلم يُنفَّذ شيء: ألغِ هذا واطلبه من جديد.",
        "es": "El elemento de {edition} cambió desde entonces y no se hizo nada: cancele esto y pídalo de nuevo.",
    },
    "waiting-second-person": {
        "en": "One person publishes no more lines in a minute: another person must approve it, or publish it later.",
        "ar": "لا ينشر شخص واحد أكثر من ذلك في دقيقة: يجب أن يوافق عليه شخص آخر، أو انشره لاحقًا.",
        "es": "Una sola persona no publica más líneas en un minuto: debe aprobarla otra, o publíquela más tarde.",
    },
    "waiting-siblings-partly": {
        "en": "Done in some editions and not in {edition}, which was changed meanwhile: look at each edition.",
        "ar": "نُفِّذ في بعض النسخ ولم يُنفَّذ في {edition} إذ تغيّر خبرها: اطّلع على كل نسخة.",
        "es": "Hecho en unas ediciones y no en {edition}, que cambió entretanto: mire cada edición.",
    },
    "original-withdrawn": {
        "en": "The line that this one translates was withdrawn, so this one is not published: if it is news by itself,"
        " write it as a new line.",
        "ar": "سُحب الخبر الذي يترجمه هذا السطر فلم يُنشر: إن كان خبرًا قائمًا بذاته فاكتبه سطرًا جديدًا.",
        "es": "La línea que esta traduce fue retirada y por eso no se publica: si es noticia por sí misma, escríbala"
        " como línea nueva.",
    },
    "original-held": {
        "en": "The line that this one translates is on hold, so this one is not published: wait until it is released.",
        "ar": "الخبر الذي يترجمه هذا السطر معلَّق فلم يُنشر: انتظر حتى يُعاد.",
        "es": "La línea que esta traduce está retenida y por eso no se publica: espere a que se libere.",
    },
    "waiting-original-withdrawn": {
        "en": "The line that this one translates was withdrawn: cancel this one, or write it as a new line.",
        "ar": "سُحب الخبر الذي يترجمه هذا السطر: ألغِه أو اكتبه سطرًا جديدًا.",
        "es": "La línea que esta traduce fue retirada: cancele esta o escríbala como línea nueva.",
    },
    "waiting-original-held": {
        "en": "The line that this one translates is on hold: publish this one when it is released, or cancel it.",
        "ar": "الخبر الذي يترجمه هذا السطر معلَّق: انشره بعد إعادته أو ألغِه.",
        "es": "La línea que esta traduce está retenida: publique esta cuando se libere, o cancélela.",
    },
    "waiting-original-corrected": {
        "en": "The line that this one translates was corrected since this was written: look at both, then publish it"
        " now or cancel it.",
        "ar": "صُحّح الخبر الذي يترجمه هذا السطر بعد كتابته: اطّلع على الاثنين ثم انشره الآن أو ألغِه.",
        "es": "La línea que esta traduce se corrigió después de escribirse: mire las dos y publíquela ahora o"
        " cancélela.",
    },
    "waiting-author-gone": {
        "en": "The person who wrote it may no longer publish: cancel it, and publish it yourself if it is right.",
        "ar": "لم يعد يحق لكاتبه النشر: ألغِه، وانشره بنفسك إن كان صحيحًا.",
        "es": "Quien la escribió ya no puede publicar: cancélela y publíquela usted si es correcta.",
    },
    "waiting-stale": {
        "en": "The item was changed since: cancel this and do it again on the new version.",
        "ar": "تغيّر الخبر منذ ذلك الحين: ألغِ هذا وأعده على الإصدار الجديد.",
        "es": "El elemento cambió desde entonces: cancele esto y hágalo sobre la versión nueva.",
    },
    "waiting-approval-needed": {
        "en": "It changed, or the rule did, and needs an approval now: cancel it and ask again.",
        "ar": "تغيّر السطر أو القاعدة وصار يحتاج إلى موافقة: ألغِه واطلبها من جديد.",
        "es": "Cambió la línea o la regla y ahora necesita aprobación: cancélela y pídala de nuevo.",
    },
    "waiting-problem-in": {
        "en": "It could not be published because of {edition}: look at it, then publish it now or cancel it.",
        "ar": "تعذّر النشر بسبب {edition}: اطّلع عليه ثم انشره الآن أو ألغِه.",
        "es": "No se pudo publicar por {edition}: mírela y publíquela ahora o cancélela.",
    },
    "waiting-problem": {
        "en": "It could not be published: look at it, then publish it now or cancel it.",
        "ar": "تعذّر نشره: اطّلع عليه ثم انشره الآن أو ألغِه.",
        "es": "No se pudo publicar: mírela y publíquela ahora o cancélela.",
    },
}
