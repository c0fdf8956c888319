"""Words and phrases that the desk's sentences contain, in the three languages; `{act:es}` is the Spanish one."""

from typing import Final, Literal

from ticker.contract.item import Act


class Phrase:
    """One word or phrase in every language; the language is its format specification."""

    def __init__(self, en: str, ar: str, es: str) -> None:
        self._forms = {"en": en, "ar": ar, "es": es}

    def __format__(self, language: str) -> str:
        return self._forms[language]

    def or_else(self, other: "Phrase") -> "Phrase":
        """The two phrases joined by "or"."""
        return Phrase(f"{self:en} or {other:en}", f"{self:ar} أو {other:ar}", f"{self:es} o {other:es}")


# For "may {act:en} this line": infinitives; in Arabic verbal nouns before "هذا الخبر".
_ACTS: Final[dict[Act, Phrase]] = {
    "publish": Phrase("publish", "نشر", "publicar"),
    "update": Phrase("update", "تحديث", "actualizar"),
    "refile": Phrase("refile", "تنقيح", "retocar"),
    "correction": Phrase("correct", "تصحيح", "corregir"),
    "hold": Phrase("hold", "تعليق", "retener"),
    "release": Phrase("release", "إعادة نشر", "liberar"),
    "withdraw": Phrase("withdraw", "سحب", "retirar"),
}
# The people who have a role or a higher one; in Arabic after "إلا لـ".
_HOLDERS: Final = {
    "reporter": Phrase(
        "a reporter, an editor or a chief", "لصحفي أو محرر أو رئيس تحرير", "un reportero, un editor o un jefe"
    ),
    "editor": Phrase("an editor or a chief", "لمحرر أو رئيس تحرير", "un editor o un jefe"),
    "chief": Phrase("a chief", "لرئيس تحرير", "un jefe"),
}
# The types of JSON, by msgspec's names.
_TYPES: Final = {
    "int": Phrase("a whole number", "عددًا صحيحًا", "un número entero"),
    "str": Phrase("text", "نصًا", "un texto"),
    "array": Phrase("a list", "قائمة", "una lista"),
    "bool": Phrase("true or false", "true أو false", "true o false"),
    "object": Phrase("an object", "كائنًا", "un objeto"),
}


NO_ADDRESS: Final = Phrase(
    "a page or program without an address", "صفحة أو برنامج بلا عنوان", "una página o un programa sin dirección"
)


ALL_EDITIONS: Final = Phrase("all editions", "كل النسخ", "todas las ediciones")


def name_phrase(name: str) -> Phrase:
    """A name, which is the same in every language."""
    return Phrase(name, name, name)


def stop_phrase(scope: Literal["all", "edition", "user"], name: str) -> Phrase:
    """What is stopped, for "{what:en} is stopped"; in Arabic and Spanish after the verb."""
    if scope == "edition":
        return Phrase(f"Publishing in the edition {name}", f"النشر في النسخة {name}", f"la publicación en {name}")
    if scope == "user":
        return Phrase(f"Publishing by {name}", f"النشر باسم {name}", f"la publicación de {name}")
    return Phrase("Publishing", "النشر", "la publicación")


def act_phrase(act: Act) -> Phrase:
    """The act as a verb."""
    return _ACTS[act]


def role_phrase(needed: str) -> Phrase:
    """The people who have the role `needed` or a higher one."""
    return _HOLDERS[needed]


def type_phrase(expected: str) -> Phrase:
    """A type as msgspec writes it, such as `object | str | null`; null is not named: the field can be left out."""
    first, *others = [_TYPES[name] for name in expected.split(" | ") if name != "null"]
    for other in others:
        first = first.or_else(other)
    return first


NOTHING: Final = Phrase("", "", "")

_STATUSES: Final = {
    "usable": Phrase("on air", "منشور", "publicada"),
    "withheld": Phrase("on hold", "معلَّق", "retenida"),
    "canceled": Phrase("withdrawn", "مسحوب", "retirada"),
}


def status_phrase(status: str) -> Phrase:
    """The status of an item."""
    return _STATUSES[status]


def ago_phrase(seconds: float) -> Phrase:
    """How long ago something was, in whole seconds, minutes or hours."""
    count, unit = max(0, int(seconds)), "s"
    if count >= 90:
        count, unit = int(seconds / 60), "min"
    if unit == "min" and count >= 90:
        count, unit = int(seconds / 3600), "h"
    return Phrase(f"{count} {unit} ago", f"قبل {_arabic_time(count, unit)}", f"hace {count} {unit}")


# Arabic counts with the singular, the dual, the plural (3 to 10) and the accusative singular (11 and more).
_ARABIC_UNITS: Final = {
    "s": ("ثانية", "ثانيتين", "ثوانٍ", "ثانية"),
    "min": ("دقيقة", "دقيقتين", "دقائق", "دقيقة"),
    "h": ("ساعة", "ساعتين", "ساعات", "ساعة"),
}


def _arabic_time(count: int, unit: str) -> str:
    single, dual, few, plural = _ARABIC_UNITS[unit]
    if count in (1, 2):
        return (single, dual)[count - 1]
    return f"{count} {few if 3 <= count % 100 <= 10 else plural}"
