"""Refusals that a person reads, in the three languages of the interface; it does not know who asked.

A refusal is raised as a code with parameters and becomes a sentence only where the reader's language
is known. Every sentence says what to do.
"""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("en", "ar", "es")

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "text-empty": {
        "en": "Write something here.",
        "ar": "اكتب نصًا هنا.",
        "es": "Escriba algo aquí.",
    },
    "text-long": {
        "en": "This has {length} characters; shorten it to {limit} at most.",
        "ar": "عدد الأحرف {length}؛ اختصر النص إلى {limit} على الأكثر.",
        "es": "Tiene {length} caracteres; acórtelo a {limit} como máximo.",
    },
    "text-character": {
        "en": "Delete the character {name} (U+{code}) at position {position}: it is not allowed in a line.",
        "ar": "احذف المحرف {name} (U+{code}) في الموضع {position}: غير مسموح به في السطر.",
        "es": "Borre el carácter {name} (U+{code}) en la posición {position}: no se admite en una línea.",
    },
    "text-marks": {
        "en": "Delete some of the {count} marks piled on one letter at position {position}.",
        "ar": "احذف بعض العلامات ({count}) المتراكمة على حرف واحد في الموضع {position}.",
        "es": "Borre algunas de las {count} marcas apiladas sobre una letra en la posición {position}.",
    },
    "link": {
        "en": "Give a full https:// address without a user name, at most {limit} characters long.",
        "ar": "أدخل عنوان https:// كاملًا دون اسم مستخدم، بطول {limit} محرف على الأكثر.",
        "es": "Indique una dirección https:// completa, sin usuario, de {limit} caracteres como máximo.",
    },
    "link-character": {
        "en": "Delete the character {name} (U+{code}) at position {position}: it is not allowed in an address.",
        "ar": "احذف المحرف {name} (U+{code}) في الموضع {position}: غير مسموح به في العنوان.",
        "es": "Borre el carácter {name} (U+{code}) en la posición {position}: no se admite en una dirección.",
    },
    "language": {
        "en": "Give a language tag such as en, ar or es-419.",
        "ar": "أدخل وسم لغة مثل en أو ar أو es-419.",
        "es": "Indique una etiqueta de idioma como en, ar o es-419.",
    },
    "item-large": {
        "en": "Shorten the item or name fewer sources: it has more than the {limit} bytes that an item may have.",
        "ar": "اختصر الخبر أو قلّل عدد المصادر: حجمه يتجاوز {limit} بايت، وهو الحد الأقصى للخبر.",
        "es": "Acorte el elemento o nombre menos fuentes: supera los {limit} bytes que puede tener.",
    },
    "unknown-name": {
        "en": "“{value}” is not configured here; choose one of: {known}.",
        "ar": "«{value}» غير مُعرَّف هنا؛ اختر واحدًا من: {known}.",
        "es": "«{value}» no está configurado aquí; elija uno de: {known}.",
    },
}


def add_sentences(sentences: Mapping[str, dict[str, str]]) -> None:
    """Adds a room's own sentences to the catalog; a code belongs to one room, and is said in every language."""
    for code, forms in sentences.items():
        if SENTENCES.get(code, forms) != forms:
            raise ValueError(f"the code {code} is taken")
        if tuple(forms) != LANGUAGES:
            raise ValueError(f"the code {code} is not said in {LANGUAGES}")
        SENTENCES[code] = forms


class RefusedError(ValueError):
    """What was entered cannot be taken, by whose field and why; `sentence()` is for the person."""

    def __init__(self, code: str, /, field: str = "", **parameters: object) -> None:
        self.code = code
        self.field = field
        self.parameters = parameters
        super().__init__(f"{field}: {self.sentence()}" if field else self.sentence())

    def sentence(self, language: str = "en") -> str:
        """The refusal in `language` (English where that is not one of ours)."""
        forms = SENTENCES[self.code]
        return forms.get(language, forms["en"]).format(**self.parameters)

    def at(self, field: str) -> "RefusedError":
        """The same refusal, naming the field it belongs to."""
        return RefusedError(self.code, field, **self.parameters)
