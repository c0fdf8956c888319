"""Warnings about names that the desk accepts and a person should check, in the three languages of the interface."""

from typing import Final

WARNING_SENTENCES: Final[dict[str, dict[str, str]]] = {
    "source-lookalike": {
        "en": "“{name}” looks like the registered source “{known}” and is not it: check it from character {position}.",
        "ar": "«{name}» يشبه المصدر المسجَّل «{known}» وليس هو: تحقَّق منه ابتداءً من المحرف {position}.",
        "es": "«{name}» se parece a la fuente registrada «{known}» y no lo es: mire desde el carácter {position}.",
    },
    "source-mixed": {
        "en": "“{word}” mixes letters of two alphabets that look the same: check the name of the source.",
        "ar": "«{word}» يخلط حروفًا متشابهة من أبجديتين: تحقَّق من اسم المصدر.",
        "es": "«{word}» mezcla letras de dos alfabetos que se parecen: compruebe el nombre de la fuente.",
    },
    "source-spacing": {
        "en": "“{name}” has two spaces in a row or letters of an unusual form: check the name of the source.",
        "ar": "في «{name}» مسافتان متتاليتان أو حروف بشكل غير معتاد: تحقَّق من اسم المصدر.",
        "es": "«{name}» tiene dos espacios seguidos o letras de forma inusual: compruebe el nombre de la fuente.",
    },
}
