"""Reduces a line to the words that matter when two lines are compared.

1. Case, accents, punctuation, invisible characters and the form of letters and digits do not matter. For Arabic these
   are the vowel signs, the tatweel, the forms of alef and hamza, ta marbuta and alef maqsura.
2. Words of grammar are left out, endings are cut, and words that newsrooms use for the same thing become one word.
3. A number begins with `NUMBER`, so that lines with different numbers can still be similar:
   `publisher.core.figures` compares values.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from publisher.core.similar.vocabulary import GRAMMAR, MEANINGS

_ARABIC: Final = str.maketrans(
    {"ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ە": "ه", "ھ": "ه"}
)
_ARABIC_LETTER: Final = re.compile("[\u0621-\u064a]")
NUMBER: Final = "#"
# The longest prefix first: "and the", "in the", "for the", "the".
_ARABIC_PREFIXES: Final = ("وال", "فال", "بال", "كال", "ولل", "لل", "ال", "و")
_ARABIC_SUFFIXES: Final = (
    "هما",
    "يون",
    "يين",
    "تين",
    "تان",
    "يه",
    "ها",
    "هم",
    "ات",
    "ان",
    "ين",
    "ون",
    "وا",
    "ه",
    "ي",
    "ا",
)
_SPANISH_SUFFIXES: Final = (
    *("amientos", "imientos", "amiento", "imiento", "aciones", "iciones", "acion", "icion", "adores", "ador", "adoras"),
    *("aron", "ieron", "ando", "iendo", "ados", "adas", "idos", "idas", "aban", "aran", "ado", "ada", "ido", "ida"),
    *("ara", "era", "ira", "aba", "ar", "er", "ir", "an", "en", "os", "as", "es", "io", "ia", "o", "a", "e", "s"),
)
_ENGLISH_SUFFIXES: Final = (
    "ations",
    "ation",
    "ings",
    "ing",
    "ers",
    "ied",
    "ies",
    "ed",
    "es",
    "er",
    "ly",
    "s",
    "e",
    "y",
)
_SHORTEST_STEM: Final = 3


def comparable(text: str) -> str:
    """`text` in lower case, without accents, marks and punctuation, its digits as 0 to 9; applying it twice is safe."""
    # Casefolding may give letters that decompose again ("İ"), and decomposing may give capitals.
    folded = text
    for _ in range(2):
        folded = unicodedata.normalize("NFKD", folded).casefold()
    letters = [_plain(character) for character in unicodedata.normalize("NFKD", folded).translate(_ARABIC)]
    return " ".join("".join(letters).split())


def _plain(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else " "
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    # The tatweel is a modifier letter that only lengthens a word.
    if kind in ("Mn", "Me", "Cf") or character == "ـ":
        return ""
    return character if kind[0] in "LMN" else " "


@lru_cache(maxsize=8192)
def content_words(text: str, language: str) -> tuple[str, ...]:
    """The stems of the words of `text` that are not words of grammar, in their order; numbers begin with `NUMBER`."""
    primary = primary_language(language)
    stems = (_reduced(term, primary) for term in comparable(text).split())
    return tuple(reduced for reduced in stems if reduced)


def _reduced(term: str, language: str) -> str:
    if term[0].isdecimal():
        return NUMBER + term
    if term in GRAMMAR:
        return ""
    stem = stem_of(term, language)
    return MEANINGS.get(term) or MEANINGS.get(stem) or stem


def stem_of(term: str, language: str) -> str:
    """`word`, in its comparable form, without the usual endings of its language and the Arabic article."""
    if _ARABIC_LETTER.search(term):
        for prefix in _ARABIC_PREFIXES:
            if term.startswith(prefix) and len(term) - len(prefix) >= _SHORTEST_STEM:
                term = term[len(prefix) :]
                break
        return _without_suffix(term, _ARABIC_SUFFIXES)
    return _without_suffix(term, _SPANISH_SUFFIXES if language == "es" else _ENGLISH_SUFFIXES)


def _without_suffix(term: str, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if term.endswith(suffix) and len(term) - len(suffix) >= _SHORTEST_STEM:
            return term[: -len(suffix)]
    return term


def primary_language(tag: str) -> str:
    """The primary subtag of a language tag, in lower case."""
    return tag.split("-", 1)[0].lower()
