"""What a line of text may hold; it knows Unicode and nothing of news.

Rules, in the order in which they are applied:

1. Outer white space is dropped and the text is brought to NFC.
2. Controls, line breaks, bidi controls, invisible and tag characters, surrogates, noncharacters and
   private-use characters are refused, by name and place (CVE-2021-42574 "Trojan Source").
3. ZERO WIDTH JOINER and NON-JOINER stay where a script or an emoji needs them: between two characters
   of a joining script, or after an emoji.
4. More than `MARKS_LIMIT` combining marks on one letter are refused.
5. A technical cap on code points; the desk's length meters advise and never block.
"""

import unicodedata
from typing import Final
from urllib.parse import urlsplit

from ticker.contract.sentences import RefusedError

HEADLINE_LIMIT: Final = 500
SOURCE_LIMIT: Final = 120
NOTE_LIMIT: Final = 500
LINK_LIMIT: Final = 2000
# Vietnamese and pointed Hebrew or Arabic need up to four; Unicode's stream-safe format allows thirty.
MARKS_LIMIT: Final = 6

_JOINERS: Final = frozenset("\u200c\u200d")
# Letters of scripts whose shaping uses joiners (Unicode, ch. 9, 12): Arabic, Syriac, N'Ko, Mongolian, the Indic block.
_JOINING: Final = ((0x0600, 0x08FF), (0x0900, 0x0DFF), (0x1800, 0x18AF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC))
# Default-ignorable code points that are not category Cf (Unicode DerivedCoreProperties), and the soft hyphen's kin.
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
_NAMES: Final = {"\n": "LINE BREAK", "\r": "LINE BREAK", "\t": "TAB", "\0": "NULL"}


def clean(value: str, *, limit: int) -> str:
    """`value` in NFC without outer white space, of 1 to `limit` code points.

    Raises `RefusedError` with the place (counted from 1 in what was typed) of the first character refused.
    """
    _refuse_characters(value)
    line = unicodedata.normalize("NFC", value.strip())
    if not line:
        raise RefusedError("text-empty")
    if len(line) > limit:
        raise RefusedError("text-long", length=len(line), limit=limit)
    return line


def clean_link(value: str) -> str:
    """`value` if it is an absolute https URL with a host and no user information; else `RefusedError`."""
    refusal = RefusedError("link", limit=LINK_LIMIT)
    if len(value) > LINK_LIMIT or any(character <= " " or character in '<>"\\^`{|}' for character in value):
        raise refusal
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise refusal from None
    if parts.scheme != "https" or not host or "@" in parts.netloc or not value.isprintable():
        raise refusal
    return value


def clean_language(value: str) -> str:
    """`value` if it is shaped like a BCP 47 tag (RFC 5646, 2.1); else `RefusedError`."""
    parts = value.split("-")
    if (
        not (2 <= len(parts[0]) <= 8 and parts[0].isascii() and parts[0].isalpha())
        or len(value) > 35
        or not all(1 <= len(part) <= 8 and part.isascii() and part.isalnum() for part in parts[1:])
    ):
        raise RefusedError("language")
    return value


def _refuse_characters(value: str) -> None:
    marks = 0
    for index, character in enumerate(value):
        if character.isascii():
            marks = 0
            if character >= " " and character != "\x7f":
                continue
        elif character in _JOINERS:
            if _joins(value, index):
                continue
        else:
            category = unicodedata.category(character)
            if category == "Mn" or category == "Me":
                marks += 1
                if marks > MARKS_LIMIT:
                    raise RefusedError("text-marks", count=_pile(value, index), position=index + 1 - MARKS_LIMIT)
            else:
                marks = 0
            if not _refused(character, category):
                continue
        raise RefusedError("text-character", name=_name(character), code=f"{ord(character):04X}", position=index + 1)


def _refused(character: str, category: str) -> bool:
    # Cf holds the bidi controls, the zero-width characters and the tags; Zl and Zp are line breaks.
    if category == "Cf":
        # Arabic number signs (U+0600-0605, 06DD, 08E2) are visible format characters.
        return character not in "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u08e2"
    return category in ("Cc", "Cs", "Co", "Zl", "Zp") or character in _INVISIBLE or _noncharacter(ord(character))


def _noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _joins(value: str, index: int) -> bool:
    before, after = value[index - 1 : index], value[index + 1 : index + 2]
    if not before or not after:
        return False
    if any(low <= ord(before) <= high for low, high in _JOINING):
        return any(low <= ord(after) <= high for low, high in _JOINING)
    # An emoji sequence: an emoji, perhaps with a variation selector or skin tone, then a joiner, then an emoji.
    emoji = unicodedata.category(before) in ("So", "Sk") or before == "\ufe0f"
    return bool(value[index] == "\u200d" and emoji) and unicodedata.category(after) == "So"


def _pile(value: str, index: int) -> int:
    end = index
    while end < len(value) and unicodedata.category(value[end]) in ("Mn", "Me"):
        end += 1
    return end - index + MARKS_LIMIT


def _name(character: str) -> str:
    return _NAMES.get(character) or unicodedata.name(character, None) or "CONTROL OR UNASSIGNED CHARACTER"
