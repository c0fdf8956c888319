"""Source names that look like another name and are not it; a person decides, so these are warnings and no refusals.

1. A name that is not registered, and looks as a registered one does, is named beside that one.
2. A word with letters of two scripts that resemble each other (Latin, Cyrillic, Greek, Armenian, Cherokee, Lisu) is
   suspect by itself, where one of those letters could pass for a letter of the other script.
3. So are two spaces in a row, and letters in a form of their own (full-width, mathematical, circled) in a language
   that does not write them.

The tables hold the pairs that common typefaces draw alike. Unicode's own (confusables.txt) has thousands more, which no
keyboard types into the name of a source.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Final

from ticker.contract.item import InfoSource
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Site

# Each letter, and the Latin one that it looks like; upper case by itself, for Cyrillic Н looks like H and н does not.
_CYRILLIC: Final = dict(
    zip("АВЕЅІЈКМНОРСТХУҮԌԚԜЗӀаеѕіјорсухһԁԛԝүӏгпѵ", "ABESIJKMHOPCTXYYGQW3laesijopcyxhdqwyirnv", strict=True)
)
_GREEK: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹαικνορυχϲϳ", "ABEZHIKMNOPTYXCaikvopuxcj", strict=True))
_ARMENIAN: Final = dict(zip("ՍՏՕԼՈաօցսհոզքյ", "USOLnwoguhnqpj", strict=True))
_CHEROKEE: Final = dict(zip("ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᎽᏀᏃᏎᏏᏒᏔᏕᏙᏚᏞᏟᏢᏦᏳᏴ", "DRTiYAJEWMHYGZ4bRWSVSLCPKGB", strict=True))
_LISU: Final = dict(zip("ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "BPDTGKJCZFMNLSRVHWXYAEIOU", strict=True))
# Arabic letters that keyboards of neighbouring languages type for each other.
_ARABIC: Final = dict(zip("یىئکڪةہۂەھأإآٱؤ", "يييككهههههااااو", strict=True))
_LIKE_LATIN: Final = {**_CYRILLIC, **_GREEK, **_ARMENIAN, **_CHEROKEE, **_LISU}
_LETTERS: Final = str.maketrans({**_LIKE_LATIN, **_ARABIC})
# After folding: what a quick eye does not tell from another.
_STROKES: Final = str.maketrans(
    {"0": "o", "1": "l", "5": "s", "8": "b", "i": "l", "|": "l", "ı": "l", "\u2018": "'", "\u2019": "'", "`": "'"}
    # Letters of phonetic alphabets, which are Latin too.
    | {"ɑ": "a", "ɡ": "g", "ɩ": "l", "ǀ": "l"}
    | dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghljklmnoprstuvwyz", strict=True))
)
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "LISU")
# Full-width, circled, mathematical, squared.
_STYLED: Final = (
    *((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)),
    *((0x2460, 0x24FF), (0x1D400, 0x1D7FF), (0x1F110, 0x1F189)),
)
_WRITE_STYLED: Final = frozenset({"ja", "zh", "ko", "yue"})
# Marks that a glance passes over: accents, and Arabic vowel signs with the line that lengthens a word.
_MARKS: Final = ((0x0300, 0x036F), (0x064B, 0x0655), (0x0670, 0x0670), (0x0640, 0x0640))


class Lookalikes:
    """The registered names of one site, by what they look like."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._names: dict[str, str] = {}
        for source_id, source in site.sources.items():
            for name in (*source.names.values(), source_id):
                self._names.setdefault(skeleton(name), name)

    def warnings(self, sources: Iterable[InfoSource], *, field: str) -> list[RefusedError]:
        """What a person should look at in `sources`, one for each at most; `field` holds a place for the number."""
        # A registered source has the label that the site file gives it.
        unknown = [(number, source) for number, source in enumerate(sources) if not isinstance(source.uri, str)]
        found = [(number, self._warning(source)) for number, source in unknown]
        return [warning.at(field.format(number)) for number, warning in found if warning]

    def _warning(self, source: InfoSource) -> RefusedError | None:
        name = source.name.value
        if self._site.find_source(name):
            return None
        known = self._names.get(skeleton(name))
        if known:
            position = next((at for at, pair in enumerate(zip(name, known, strict=False)) if pair[0] != pair[1]), None)
            place = min(len(name), len(known)) if position is None else position
            return RefusedError("source-lookalike", name=name, known=known, position=place + 1)
        if word := next((word for word in _words(name) if _is_mixed(word)), None):
            return RefusedError("source-mixed", name=name, word=word)
        language = source.name.language.split("-", 1)[0].lower()
        has_styled = any(_within(character, _STYLED) for character in name)
        has_wide_gap = any(first.isspace() and second.isspace() for first, second in pairwise(name))
        if has_wide_gap or (has_styled and language not in _WRITE_STYLED):
            return RefusedError("source-spacing", name=name)
        return None


# A desk names the same few sources again and again, and to look at one letter by letter takes 50 µs.
@lru_cache(maxsize=1024)
def skeleton(name: str) -> str:
    """What `name` looks like: two names with one skeleton are hard to tell apart."""
    text = unicodedata.normalize("NFKD", name).translate(_LETTERS)
    kept = "".join(_plain(character) for character in text if not _is_passed_over(character))
    # Again after folding, for upper-case letters whose lower case alone looks like another one.
    folded = kept.casefold().translate(_LETTERS)
    # "cl" before an i becomes an l, for "ci" looks like no d.
    seen = folded.replace("cl", "d").translate(_STROKES).replace("rn", "m").replace("vv", "w")
    # A full stop at the end, a quotation mark, and one space, two or none, tell no two names apart.
    words = "".join(character for character in seen if unicodedata.category(character)[0] in "LMN")
    return words or " ".join(seen.split())


def _plain(character: str) -> str:
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    # Every hyphen and dash is one.
    return "-" if unicodedata.category(character) == "Pd" else character


def _is_passed_over(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or _within(character, _MARKS)


def _words(name: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in name).split()


def _is_mixed(word: str) -> bool:
    scripts = {script for character in word if (script := _script(character))}
    # "μTorrent" and "iPhone" with an ending deceive nobody: some letter must pass for one of the other script.
    return len(scripts) > 1 and any(character in _LIKE_LATIN for character in word)


def _script(character: str) -> str:
    if not character.isalpha():
        return ""
    first = unicodedata.name(character, "").split(" ", 1)[0]
    return first if first in _SCRIPTS else ""


def _within(character: str, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(low <= ord(character) <= high for low, high in ranges)
