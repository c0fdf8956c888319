"""Characters that are refused in any text, and their names in messages to a person."""

import unicodedata
from typing import Final

from ticker.contract.scripts import within

# Prepended_Concatenation_Mark (Unicode PropList): format characters that are visible, such as the Arabic number sign.
_NUMBER_SIGNS: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Noncharacters (except the last two of each plane), and code points that Unicode reserves for invisible characters.
_RESERVED: Final = ((0xFDD0, 0xFDEF), (0x2065, 0x2065), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))
# Default-ignorable code points that are not category Cf (Unicode DerivedCoreProperties), and the empty Braille pattern.
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
_NAMES: Final = {"\n": "LINE BREAK", "\r": "LINE BREAK", "\x85": "LINE BREAK", "\t": "TAB", "\0": "NULL"}
_KINDS: Final = {
    "Cc": "CONTROL CHARACTER",
    "Cs": "LONE SURROGATE",
    "Co": "PRIVATE-USE CHARACTER",
    "Cn": "UNASSIGNED CHARACTER",
}


def is_refused(character: str, category: str) -> bool:
    """Whether `character`, of this Unicode category, is refused unless its neighbors need it."""
    # Cf has the bidi controls, the zero-width characters and the tags; Zl and Zp are line breaks.
    if category == "Cf":
        return character not in _NUMBER_SIGNS
    if category == "Cn":
        return within(ord(character), _RESERVED) or ord(character) & 0xFFFE == 0xFFFE
    return category in ("Cc", "Cs", "Co", "Zl", "Zp") or character in _INVISIBLE


def name_of(character: str) -> str:
    """Returns the Unicode name of `character`, or the name of its kind if it has none."""
    if character in _NAMES:
        return _NAMES[character]
    return unicodedata.name(character, "") or _KINDS[unicodedata.category(character)]
