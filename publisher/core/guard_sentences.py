"""Sentences about the audit, the kill switch and the second person, in the three languages of the interface."""

from typing import Final

GUARD_SENTENCES: Final[dict[str, dict[str, str]]] = {
    "audit-away": {
        "en": "Not published: the desk could not record it in its audit. Send it again in a moment; holding and"
        " withdrawing still work.",
        "ar": "لم يُنشر: تعذّر على المكتب تسجيله في سجل التدقيق. أعد الإرسال بعد لحظات؛ أما التعليق والسحب فما زالا"
        " يعملان.",
        "es": "No se publicó: la mesa no pudo anotarlo en su registro de auditoría. Envíelo de nuevo en un momento;"
        " retener y retirar siguen funcionando.",
    },
    "publishing-stopped": {
        "en": "{what:en} is stopped by {by} (“{reason}”): ask a chief to lift the stop; holding and withdrawing still"
        " work.",
        "ar": "أوقف {by} {what:ar} («{reason}»): اطلب من رئيس تحرير رفع الإيقاف؛ وما زال التعليق والسحب يعملان.",
        "es": "{by} detuvo {what:es} («{reason}»): pida a un jefe que levante la parada; retener y retirar siguen"
        " funcionando.",
    },
    "no-stop": {
        "en": "This stop is not in force any more: read the list again.",
        "ar": "لم يعد هذا الإيقاف ساريًا: اقرأ القائمة من جديد.",
        "es": "Esta parada ya no está en vigor: vuelva a leer la lista.",
    },
    "second-person": {
        "en": "You have published {limit} lines within a minute: ask a second person to approve this one, or wait"
        " {seconds} s.",
        "ar": "نشرتَ {limit} خبرًا خلال دقيقة: اطلب من شخص ثانٍ اعتماد هذا الخبر، أو انتظر {seconds} ثانية.",
        "es": "Ha publicado {limit} líneas en un minuto: pida a otra persona que apruebe esta, o espere {seconds} s.",
    },
}
