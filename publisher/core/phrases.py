"""Words and phrases that the desk's sentences contain, in the three languages; `{act:es}` is the Spanish one."""

from typing import Final

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
