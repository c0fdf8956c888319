"""Holds the script and the language of a text against its edition: a line in the wrong edition is easy to overlook.

1. The script is wrong if three times as many letters are of another script than of the one of the edition's language.
2. The language is wrong if common words of another language are many and those of the edition's language are few. Only
   languages with a table are compared; a line without common words is not judged.
"""

import re
import unicodedata
from collections import Counter
from typing import Final

from publisher.core.phrases import Phrase
from publisher.core.similar.comparison_form import comparable, primary_language
from publisher.core.similar.vocabulary import COMMON_WORDS
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Edition

_FEWEST_LETTERS: Final = 4
_FEWEST_WORDS: Final = 2
_TIMES: Final = 3
_SCRIPTS: Final = {
    "LATIN": (
        Phrase("Latin", "اللاتينية", "latino"),
        "en es fr pt de it nl ca gl eu sv da nb no fi pl cs sk hu ro hr sl tr id ms sw vi et lv lt is ga cy sq bs mt",
    ),
    "ARABIC": (Phrase("Arabic", "العربية", "árabe"), "ar fa ur ps ckb sd ug"),
    "CYRILLIC": (Phrase("Cyrillic", "السيريلية", "cirílico"), "ru uk bg mk be kk ky mn tg"),
    "GREEK": (Phrase("Greek", "اليونانية", "griego"), "el"),
    "HEBREW": (Phrase("Hebrew", "العبرية", "hebreo"), "he yi"),
    "DEVANAGARI": (Phrase("Devanagari", "الديفاناغارية", "devanagari"), "hi mr ne"),
    "CJK": (Phrase("Chinese", "الصينية", "chino"), "zh yue"),
    "HANGUL": (Phrase("Korean", "الكورية", "coreano"), "ko"),
    "THAI": (Phrase("Thai", "التايلاندية", "tailandés"), "th"),
}
_SCRIPT_OF: Final = {language: script for script, (_, languages) in _SCRIPTS.items() for language in languages.split()}
_LANGUAGES: Final = {
    "en": Phrase("English", "الإنجليزية", "inglés"),
    "es": Phrase("Spanish", "الإسبانية", "español"),
    "fr": Phrase("French", "الفرنسية", "francés"),
    "pt": Phrase("Portuguese", "البرتغالية", "portugués"),
    "de": Phrase("German", "الألمانية", "alemán"),
}
_FRENCH: Final = """
le la les des du de et en pour dans sur une un est avec par au aux que qui ne pas ce cette son ses leur il elle ils plus
apres contre entre sans sous depuis selon morts blesses ministre gouvernement
"""
_PORTUGUESE: Final = """
o os as do da dos das de e em no na nos nas para com uma um que se por ao aos nao mais pelo pela sobre apos entre contra
sem ate mortos feridos ministro governo sao foi
"""
_GERMAN: Final = """
der die das den dem des und ist im in von mit fur auf ein eine einen bei nach zu zum zur am nicht auch aus wird werden
uber gegen sind hat tote verletzte regierung minister
"""
_WORDS: Final = {
    **COMMON_WORDS,
    "fr": frozenset(_FRENCH.split()),
    "pt": frozenset(_PORTUGUESE.split()),
    "de": frozenset(_GERMAN.split()),
}


def edition_doubt(text: str, edition: Edition) -> RefusedError | None:
    """Why `text` may not belong into `edition`: code `edition-script` or `edition-language`; None if it may."""
    language = primary_language(edition.language)
    expected = _SCRIPT_OF.get(language, "")
    counts = _scripts(text)
    used = max(counts, key=counts.__getitem__, default="")
    # An Arabic line with two long product names is still an Arabic line.
    is_foreign = (
        used in _SCRIPTS and sum(counts.values()) >= _FEWEST_LETTERS and counts[used] > _TIMES * counts[expected]
    )
    if expected and used != expected and is_foreign:
        script, own = _SCRIPTS[used][0], _SCRIPTS[expected][0]
        return RefusedError("edition-script", edition=edition.name, found=script, expected=own)
    read = _other_language(text, language)
    return None if read is None else RefusedError("edition-language", edition=edition.name, found=_LANGUAGES[read])


def _scripts(text: str) -> Counter[str]:
    """The number of letters of each script, without codes such as A320, which every language writes the same way."""
    return Counter(
        "LATIN" if character.isascii() else unicodedata.name(character, "").split(" ", 1)[0]
        for word in re.findall(r"\w+", text)
        if not any(map(str.isdigit, word))
        for character in word
        if character.isalpha()
    )


def _other_language(text: str, own: str) -> str | None:
    """The language that `text` reads as, if it is not `own`; None where that is not clear."""
    if own not in _WORDS:
        return None
    # "El Niño hits Los Angeles": capital letters are of names, except at the beginning.
    first, *others = text.split() or [""]
    terms = set(comparable(" ".join([first, *(term for term in others if not term[0].isupper())])).split())
    counts = {language: len(terms & common) for language, common in _WORDS.items()}
    best = max(_WORDS, key=lambda language: counts[language])
    # A word that both languages have says nothing.
    clear, against = len((terms & _WORDS[best]) - _WORDS[own]), len((terms & _WORDS[own]) - _WORDS[best])
    return best if best != own and clear >= max(_FEWEST_WORDS, _TIMES * against) else None
