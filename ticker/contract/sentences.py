"""Sentences for refused input, in the three languages of the interface.

A refusal is raised as a code with parameters. It becomes a sentence where the language of the person is known. Every
sentence says what to do.
"""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("en", "ar", "es")

Catalog = Mapping[str, Mapping[str, str]]
"""Sentences by code and language."""

SENTENCES: Final[Catalog] = {
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


def join_catalogs(*catalogs: Catalog) -> Catalog:
    """One catalog with all codes; raises `ValueError` where two have the same code, or a code lacks a language."""
    joined: dict[str, Mapping[str, str]] = {}
    for catalog in catalogs:
        for code, forms in catalog.items():
            if code in joined:
                raise ValueError(f"two catalogs have the code {code}")
            if tuple(forms) != LANGUAGES:
                raise ValueError(f"the code {code} needs a sentence in each of {LANGUAGES}")
            joined[code] = forms
    return joined


class RefusedError(ValueError):
    """Input was refused: the field, the code of the reason and its parameters. `sentence()` is for the person."""

    def __init__(self, code: str, /, field: str = "", **parameters: object) -> None:
        self.code = code
        self.field = field
        self.parameters = parameters
        super().__init__(code)

    def __str__(self) -> str:
        # A code of another catalog has no sentence here.
        text = self.sentence() if self.code in SENTENCES else f"{self.code} {self.parameters}"
        return f"{self.field}: {text}" if self.field else text

    def sentence(self, language: str = "en", catalog: Catalog = SENTENCES) -> str:
        """The sentence of `catalog` in `language`; in English where the interface does not have the language."""
        forms = catalog[self.code]
        return forms.get(language, forms["en"]).format(**self.parameters)

    def at(self, field: str) -> "RefusedError":
        """Returns the same refusal for another field."""
        return RefusedError(self.code, field, **self.parameters)
