"""Warns about source names that look like another name; a person decides, so they are not refused.

1. A name that is not registered and looks like a registered one: the warning names both.
2. A word with letters of two similar scripts (Latin, Cyrillic, Greek, Armenian, Cherokee, Lisu), if one of them looks
   like a letter of the other script.
3. Two spaces in a row, or letters of a special form (full-width, mathematical, circled) in a language that does not use
   them.

The tables have the pairs that common typefaces draw the same. Unicode's confusables.txt has thousands more, which no
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

# Each letter with the Latin one that it looks like; upper case separately: Cyrillic Н looks like H, and н does not.
_CYRILLIC: Final = dict(
    zip("АВЕЅІЈКМНОРСТХУҮԌԚԜЗӀаеѕіјорсухһԁԛԝүӏгпѵ", "ABESIJKMHOPCTXYYGQW3laesijopcyxhdqwyirnv", strict=True)
)
_GREEK: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹαικνορυχϲϳ", "ABEZHIKMNOPTYXCaikvopuxcj", strict=True))
_ARMENIAN: Final = dict(zip("ՍՏՕԼՈաօցսհոզքյ", "USOLnwoguhnqpj", strict=True))
_CHEROKEE: Final = dict(zip("ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᎽᏀᏃᏎᏏᏒᏔᏕᏙᏚᏞᏟᏢᏦᏳᏴ", "DRTiYAJEWMHYGZ4bRWSVSLCPKGB", strict=True))
_LISU: Final = dict(zip("ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "BPDTGKJCZFMNLSRVHWXYAEIOU", strict=True))
# Arabic letters for which keyboards of neighbouring languages type another one.
_ARABIC: Final = dict(zip("یىئکڪةہۂەھأإآٱؤ", "يييككهههههااااو", strict=True))
_LIKE_LATIN: Final = {**_CYRILLIC, **_GREEK, **_ARMENIAN, **_CHEROKEE, **_LISU}
_LETTERS: Final = str.maketrans({**_LIKE_LATIN, **_ARABIC})
# After case folding: characters that are easily confused.
_STROKES: Final = str.maketrans(
    {"0": "o", "1": "l", "5": "s", "8": "b", "i": "l", "|": "l", "ı": "l", "\u2018": "'", "\u2019": "'", "`": "'"}
    # Letters of phonetic alphabets, which are Latin, too.
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
# Marks that are easily overlooked: accents, Arabic vowel signs, and the line that lengthens an Arabic word.
_OVERLOOKED: Final = ((0x0300, 0x036F), (0x064B, 0x0655), (0x0670, 0x0670), (0x0640, 0x0640))


class Lookalikes:
    """The registered names of one site, by their skeletons."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._names: dict[str, str] = {}
        for source_id, source in site.sources.items():
            for name in (*source.names.values(), *source.aliases, source_id):
                self._names.setdefault(skeleton(name), name)

    def warnings(self, sources: Iterable[InfoSource], *, field: str) -> list[RefusedError]:
        """The warnings about `sources`, at most one for each; `field` is a format string that takes the index."""
        # The label of a registered source comes from the site file.
        unregistered = [(index, source) for index, source in enumerate(sources) if not isinstance(source.uri, str)]
        warnings = [(index, self._warning(source)) for index, source in unregistered]
        return [warning.at(field.format(index)) for index, warning in warnings if warning]

    def _warning(self, source: InfoSource) -> RefusedError | None:
        name = source.name.value
        if self._site.find_source(name):
            return None
        registered = self._names.get(skeleton(name))
        if registered:
            pairs = enumerate(zip(name, registered, strict=False))
            first = next((index for index, (typed, other) in pairs if typed != other), None)
            index = min(len(name), len(registered)) if first is None else first
            return RefusedError("source-lookalike", name=name, known=registered, position=index + 1)
        if part := next((part for part in _split_words(name) if _is_mixed(part)), None):
            return RefusedError("source-mixed", name=name, word=part)
        language = source.name.language.split("-", 1)[0].lower()
        has_styled = any(_within(character, _STYLED) for character in name)
        has_wide_gap = any(first.isspace() and second.isspace() for first, second in pairwise(name))
        if has_wide_gap or (has_styled and language not in _WRITE_STYLED):
            return RefusedError("source-spacing", name=name)
        return None


# A desk names the same few sources again and again, and one skeleton takes 50 µs.
@lru_cache(maxsize=1024)
def skeleton(name: str) -> str:
    """`name` reduced to its appearance: two names with the same skeleton are easily confused."""
    text = unicodedata.normalize("NFKD", name).translate(_LETTERS)
    visible = "".join(_plain(character) for character in text if not _is_overlooked(character))
    # Again after folding, for upper-case letters of which only the lower case looks like another letter.
    folded = visible.casefold().translate(_LETTERS)
    # "cl" before the i becomes an l, because "ci" does not look like d.
    joined = folded.replace("cl", "d").translate(_STROKES).replace("rn", "m").replace("vv", "w")
    # Punctuation and spaces do not distinguish names.
    letters = "".join(character for character in joined if unicodedata.category(character)[0] in "LMN")
    return letters or " ".join(joined.split())


def _plain(character: str) -> str:
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    # All hyphens and dashes look the same.
    return "-" if unicodedata.category(character) == "Pd" else character


def _is_overlooked(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or _within(character, _OVERLOOKED)


def _split_words(name: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in name).split()


def _is_mixed(part: str) -> bool:
    scripts = {script for character in part if (script := _script(character))}
    # "μTorrent" deceives no reader: some letter must look like one of the other script.
    return len(scripts) > 1 and any(character in _LIKE_LATIN for character in part)


def _script(character: str) -> str:
    if not character.isalpha():
        return ""
    first = unicodedata.name(character, "").split(" ", 1)[0]
    return first if first in _SCRIPTS else ""


def _within(character: str, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(low <= ord(character) <= high for low, high in ranges)
