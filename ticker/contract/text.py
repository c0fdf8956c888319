"""What a line of text may hold; it knows Unicode and nothing of news.

Rules, in the order in which they are applied:

1. Outer white space is dropped and the text is brought to NFC.
2. Controls, line breaks, bidi controls, invisible and tag characters, surrogates, noncharacters and
   private-use characters are refused, by name and place (CVE-2021-42574 "Trojan Source").
3. ZERO WIDTH JOINER and NON-JOINER stay where a script or an emoji needs them: beside a letter of a
   joining script, after a virama, between two emoji. So does one variation selector after an emoji, another
   symbol or an ideograph, ZERO WIDTH SPACE next to a word of a script that is written without spaces,
   MONGOLIAN VOWEL SEPARATOR between two Mongolian letters, and the tags of the three flags that have them.
4. More than `MARKS_LIMIT` combining marks on one letter are refused.
5. A technical cap on code points; the desk's length meters advise and never block.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import quote, urlsplit

from ticker.contract.sentences import RefusedError

HEADLINE_LIMIT: Final = 500
SOURCE_LIMIT: Final = 120
NOTE_LIMIT: Final = 500
LINK_LIMIT: Final = 2000
# The reserved and unreserved characters of RFC 3986, and what is percent-encoded already.
_LINK_SAFE: Final = "%/?#@!$&'()*+,;=:-._~"
# A percent sign stands before two digits of base 16 only; in a fragment there is no second number sign.
_LONE_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
# What words in an address need: Persian and Indic joiners, Khmer and Thai word breaks.
_LINK_INVISIBLE: Final = frozenset("\u200b\u200c\u200d")
_NEVER_IN_HOST: Final = frozenset(' "<>^`{|}%')
_PATH_START: Final = re.compile("[/?#]")
# Vietnamese and pointed Hebrew or Arabic need up to four; Unicode's stream-safe format allows thirty.
MARKS_LIMIT: Final = 6

_JOINERS: Final = frozenset("\u200c\u200d")
_ZERO_WIDTH_SPACE: Final = "\u200b"
_VOWEL_SEPARATOR: Final = "\u180e"
_MONGOLIAN: Final = ((0x1820, 0x18AA),)
# Scripts whose shaping uses joiners (Unicode, ch. 9, 12, 13, 16, 19): Arabic to N'Ko, the Indic blocks, Khmer,
# Mongolian, Syloti Nagri, Phags-pa, Saurashtra, Devanagari extended, Meetei Mayek, Arabic forms, Manichaean, Rohingya,
# Brahmi's descendants, Adlam.
_JOINING: Final = (
    *((0x0600, 0x08FF), (0x0900, 0x0DFF), (0x1780, 0x17D3), *_MONGOLIAN, (0xA800, 0xA82C), (0xA840, 0xA873)),
    *((0xA880, 0xA8D9), (0xA8E0, 0xA8FF), (0xAAE0, 0xAAF6), (0xABC0, 0xABFF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
    *((0x10AC0, 0x10AFF), (0x10D00, 0x10D3F), (0x11000, 0x11FFF), (0x1E900, 0x1E95F)),
)
# Scripts written without spaces between words, where ZERO WIDTH SPACE says where a line may break (Unicode, ch. 16,
# 17): Thai, Lao, Tibetan, Burmese with its extensions, Khmer, Tai Le, New Tai Lue, Khmer symbols, Buginese, Tai Tham,
# Balinese, Batak, Rejang, Javanese, Cham, Tai Viet, Ahom.
_UNSPACED: Final = (
    *((0x0E01, 0x0E5B), (0x0E81, 0x0EDF), (0x0F00, 0x0FDA), (0x1000, 0x109F), (0x1780, 0x17F9), (0x1950, 0x1974)),
    *((0x1980, 0x19FF), (0x1A00, 0x1A1F), (0x1A20, 0x1AAD), (0x1B00, 0x1B7F), (0xA930, 0xA95F), (0xA980, 0xA9DF)),
    *((0xA9E0, 0xA9FE), (0xAA00, 0xAA5F), (0xAA60, 0xAA7F), (0xAA80, 0xAADF), (0x1BC0, 0x1BFF), (0x11700, 0x1174F)),
)
# The flags of England, Scotland and Wales are the only sequences of tags that Unicode recommends (UTS 51).
_TAGGED_FLAGS: Final = tuple(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
_MONGOLIAN_SELECTORS: Final = frozenset((0x180B, 0x180C, 0x180D, 0x180F))
_IDEOGRAPHS: Final = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFD))
# Prepended_Concatenation_Mark (Unicode PropList): format characters that are seen, as the Arabic number sign is.
_NUMBER_SIGNS: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Noncharacters (beside the last two of each plane), and what Unicode keeps for further invisible characters.
_NEVER_SEEN: Final = ((0xFDD0, 0xFDEF), (0x2065, 0x2065), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))
# Default-ignorable code points that are not category Cf (Unicode DerivedCoreProperties), and the soft hyphen's kin.
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
_NAMES: Final = {"\n": "LINE BREAK", "\r": "LINE BREAK", "\x85": "LINE BREAK", "\t": "TAB", "\0": "NULL"}
_KINDS: Final = {
    "Cc": "CONTROL CHARACTER",
    "Cs": "LONE SURROGATE",
    "Co": "PRIVATE-USE CHARACTER",
    "Cn": "UNASSIGNED CHARACTER",
}


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
    """`value` if it is an absolute https URL with a host and no user information, as RFC 3986 writes it.

    What an address bar shows in words is percent-encoded behind the host. Raises `RefusedError`.
    """
    refusal = RefusedError("link", limit=LINK_LIMIT)
    if len(value) > LINK_LIMIT:
        raise refusal
    behind = _PATH_START.search(value, len("https://"))
    end = behind.start() if behind else len(value)
    for index, character in enumerate(value):
        if _refused_in_link(character, is_host=index < end, is_outer=index in (0, len(value) - 1)):
            raise RefusedError(
                "link-character", name=_name(character), code=f"{ord(character):04X}", position=index + 1
            )
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise refusal from None
    link = value[:end] + _encoded(value[end:])
    if parts.scheme != "https" or not host.strip(".") or "@" in parts.netloc or len(link) > LINK_LIMIT:
        raise refusal
    return link


def _refused_in_link(character: str, *, is_host: bool, is_outer: bool) -> bool:
    if character == "\\" or (character == " " and is_outer):
        # A browser takes the one for a slash and drops the other: the address would be another one.
        return True
    if is_host and (character in _NEVER_IN_HOST or character in _LINK_INVISIBLE):
        return True
    if character in _LINK_INVISIBLE or character == " ":
        return False
    category = unicodedata.category(character)
    return category == "Zs" or _refused(character, category)


def _encoded(behind_host: str) -> str:
    words = quote(_LONE_PERCENT.sub("%25", behind_host), safe=_LINK_SAFE)
    whole, mark, fragment = words.partition("#")
    return whole + mark + fragment.replace("#", "%23")


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


def _refuse_characters(typed: str) -> None:
    if typed.isascii() and typed.isprintable():
        # Nothing there can be wrong, and to go through 80 characters one by one takes 9 µs.
        return
    start = len(typed) - len(typed.lstrip())
    marks, letter = 0, start
    for index, character in enumerate(typed[: len(typed.rstrip())]):
        if index < start:
            continue
        if character.isascii():
            marks, letter = 0, index
            if " " <= character != "\x7f":
                continue
        elif character in _JOINERS:
            if _joins(typed, index):
                continue
        elif character == _ZERO_WIDTH_SPACE:
            if _breaks(typed, index):
                continue
        elif character == _VOWEL_SEPARATOR:
            if _separates(typed, index):
                continue
        elif 0xE0000 <= ord(character) <= 0xE007F:
            if _flags(typed, index):
                continue
        elif _selector(ord(character)):
            if _selects(typed, index):
                continue
        else:
            category = unicodedata.category(character)
            # A few characters grow under NFC (U+0958, U+0344); what counts is the line as it will be shown.
            if category in ("Mn", "Me"):
                marks += len(unicodedata.normalize("NFC", character))
                if marks > MARKS_LIMIT:
                    raise RefusedError("text-marks", count=_pile(typed, letter), position=letter + 1)
            elif category != "Mc":
                marks, letter = len(unicodedata.normalize("NFC", character)) - 1, index
            if not _refused(character, category):
                continue
        raise RefusedError("text-character", name=_name(character), code=f"{ord(character):04X}", position=index + 1)


def _refused(character: str, category: str) -> bool:
    # Cf holds the bidi controls, the zero-width characters and the tags; Zl and Zp are line breaks.
    if category == "Cf":
        return character not in _NUMBER_SIGNS
    if category == "Cn":
        return _within(ord(character), _NEVER_SEEN) or ord(character) & 0xFFFE == 0xFFFE
    return category in ("Cc", "Cs", "Co", "Zl", "Zp") or character in _INVISIBLE


def _joins(typed: str, index: int) -> bool:
    before, after = typed[index - 1 : index] if index else "", typed[index + 1 : index + 2]
    if not before:
        return False
    # After a virama (combining class 9) a joiner chooses the letter's form, also at the end of a word (RFC 5892, A.1).
    if unicodedata.combining(before) == 9:
        return True
    if not after or before.isspace() or after.isspace() or after in _JOINERS:
        return False
    if _within(ord(before), _JOINING) or _within(ord(after), _JOINING):
        return True
    # An emoji sequence: an emoji, perhaps with a variation selector or skin tone, then a joiner, then an emoji.
    return typed[index] == "\u200d" and (before == "\ufe0f" or _pictured(before)) and _pictured(after)


def _breaks(typed: str, index: int) -> bool:
    # Between two words of such a script, or one of its words and a foreign one, a number, a sign or a space next to it.
    before, after = typed[index - 1 : index] if index else "", typed[index + 1 : index + 2]
    if not before or not after:
        return False
    kinds = [unicodedata.category(character)[0] for character in (before, after)]
    return (
        any(_within(ord(character), _UNSPACED) for character in (before, after))
        and kinds[0] in "LMNPSZ"
        and kinds[1] in "LNPSZ"
    )


def _separates(typed: str, index: int) -> bool:
    before, after = typed[index - 1 : index] if index else "", typed[index + 1 : index + 2]
    return bool(before and after) and (
        (_within(ord(before), _MONGOLIAN) or ord(before) in _MONGOLIAN_SELECTORS) and _within(ord(after), _MONGOLIAN)
    )


def _flags(typed: str, index: int) -> bool:
    start = typed.rfind("\U0001f3f4", 0, index)
    return start >= 0 and any(typed.startswith(flag, start) and index < start + len(flag) for flag in _TAGGED_FLAGS)


def _pictured(character: str) -> bool:
    # Arrows are mathematical symbols to Unicode; emoji newer than this Python's tables are unassigned to it.
    code = ord(character)
    return unicodedata.category(character) == "So" or 0x2190 <= code <= 0x21FF or 0x1F000 <= code <= 0x1FAFF


def _selector(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code in _MONGOLIAN_SELECTORS


def _selects(typed: str, index: int) -> bool:
    # One selector after a character that comes in several forms; else it is an invisible way to carry bytes.
    selector, before = ord(typed[index]), typed[index - 1 : index] if index else ""
    if not before:
        return False
    if selector in _MONGOLIAN_SELECTORS:
        return _within(ord(before), _MONGOLIAN)
    if _within(ord(before), _IDEOGRAPHS):
        return True
    if selector >= 0xE0100:
        return False
    return unicodedata.category(before)[0] in "SPN" or before == "\u2139" or _pictured(before)


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)


def _pile(typed: str, letter: int) -> int:
    end = letter + 1
    while end < len(typed) and unicodedata.category(typed[end])[0] == "M":
        end += 1
    return len(unicodedata.normalize("NFD", typed[letter:end])) - 1


def _name(character: str) -> str:
    if character in _NAMES:
        return _NAMES[character]
    return unicodedata.name(character, "") or _KINDS[unicodedata.category(character)]
