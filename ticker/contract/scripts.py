"""Which invisible characters a script or an emoji needs, by the characters next to them (Unicode, chapters 9 to 19).

Each function gets the text and the index of the invisible character, and returns whether it is allowed there.
"""

import unicodedata
from typing import Final

JOINERS: Final = frozenset("\u200c\u200d")
ZERO_WIDTH_SPACE: Final = "\u200b"
VOWEL_SEPARATOR: Final = "\u180e"
_MONGOLIAN: Final = ((0x1820, 0x18AA),)
# Scripts whose shaping uses joiners (Unicode, ch. 9, 12, 13, 16, 19): Arabic to N'Ko, the Indic blocks, Khmer,
# Mongolian, Syloti Nagri, Phags-pa, Saurashtra, Devanagari extended, Meetei Mayek, Arabic forms, Manichaean, Rohingya,
# Brahmi's descendants, Adlam.
_JOINING: Final = (
    *((0x0600, 0x08FF), (0x0900, 0x0DFF), (0x1780, 0x17D3), *_MONGOLIAN, (0xA800, 0xA82C), (0xA840, 0xA873)),
    *((0xA880, 0xA8D9), (0xA8E0, 0xA8FF), (0xAAE0, 0xAAF6), (0xABC0, 0xABFF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
    *((0x10AC0, 0x10AFF), (0x10D00, 0x10D3F), (0x11000, 0x11FFF), (0x1E900, 0x1E95F)),
)
# Scripts without spaces between words, in which ZERO WIDTH SPACE marks where a line may break (Unicode, ch. 16, 17):
# Thai, Lao, Tibetan, Burmese with its extensions, Khmer, Tai Le, New Tai Lue, Khmer symbols, Buginese, Tai Tham,
# Balinese, Batak, Rejang, Javanese, Cham, Tai Viet, Ahom.
_UNSPACED: Final = (
    *((0x0E01, 0x0E5B), (0x0E81, 0x0EDF), (0x0F00, 0x0FDA), (0x1000, 0x109F), (0x1780, 0x17F9), (0x1950, 0x1974)),
    *((0x1980, 0x19FF), (0x1A00, 0x1A1F), (0x1A20, 0x1AAD), (0x1B00, 0x1B7F), (0xA930, 0xA95F), (0xA980, 0xA9DF)),
    *((0xA9E0, 0xA9FE), (0xAA00, 0xAA5F), (0xAA60, 0xAA7F), (0xAA80, 0xAADF), (0x1BC0, 0x1BFF), (0x11700, 0x1174F)),
)
# The flags of England, Scotland and Wales are the only tag sequences that Unicode recommends (UTS 51).
_TAGGED_FLAGS: Final = tuple(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
_MONGOLIAN_SELECTORS: Final = frozenset((0x180B, 0x180C, 0x180D, 0x180F))
_IDEOGRAPHS: Final = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFD))


def may_join(text: str, index: int) -> bool:
    """ZERO WIDTH JOINER and NON-JOINER: next to a letter of a joining script, after a virama, between two emoji."""
    previous, following = _neighbors(text, index)
    if not previous:
        return False
    # After a virama (combining class 9) a joiner selects the form of the letter, also at the end of a word
    # (RFC 5892, A.1).
    if unicodedata.combining(previous) == 9:
        return True
    if not following or previous.isspace() or following.isspace() or following in JOINERS:
        return False
    if within(ord(previous), _JOINING) or within(ord(following), _JOINING):
        return True
    # An emoji sequence: an emoji, perhaps with a variation selector or skin tone, then a joiner, then an emoji.
    return text[index] == "\u200d" and (previous == "\ufe0f" or _is_pictograph(previous)) and _is_pictograph(following)


def may_break(text: str, index: int) -> bool:
    """ZERO WIDTH SPACE: next to a word of an unspaced script, with a word, number, sign or space on the other side."""
    previous, following = _neighbors(text, index)
    if not previous or not following:
        return False
    kinds = [unicodedata.category(character)[0] for character in (previous, following)]
    return (
        any(within(ord(character), _UNSPACED) for character in (previous, following))
        and kinds[0] in "LMNPSZ"
        and kinds[1] in "LNPSZ"
    )


def may_separate(text: str, index: int) -> bool:
    """MONGOLIAN VOWEL SEPARATOR: between two Mongolian letters."""
    previous, following = _neighbors(text, index)
    if not previous or not following or not within(ord(following), _MONGOLIAN):
        return False
    return within(ord(previous), _MONGOLIAN) or ord(previous) in _MONGOLIAN_SELECTORS


def is_flag_tag(text: str, index: int) -> bool:
    """Tag characters: in one of the three flags that have them."""
    start = text.rfind("\U0001f3f4", 0, index)
    return start >= 0 and any(text.startswith(flag, start) and index < start + len(flag) for flag in _TAGGED_FLAGS)


def is_selector(code: int) -> bool:
    """Whether a code point is a variation selector."""
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code in _MONGOLIAN_SELECTORS


def may_select(text: str, index: int) -> bool:
    """Variation selectors: one, after a character that has variants; more could carry hidden bytes."""
    selector, previous = ord(text[index]), _neighbors(text, index)[0]
    if not previous:
        return False
    if selector in _MONGOLIAN_SELECTORS:
        return within(ord(previous), _MONGOLIAN)
    if within(ord(previous), _IDEOGRAPHS):
        return True
    if selector >= 0xE0100:
        return False
    return unicodedata.category(previous)[0] in "SPN" or previous == "\u2139" or _is_pictograph(previous)


def within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    """Whether a code point is in one of `ranges`, both ends included."""
    return any(low <= code <= high for low, high in ranges)


def _neighbors(text: str, index: int) -> tuple[str, str]:
    return text[index - 1 : index] if index else "", text[index + 1 : index + 2]


def _is_pictograph(character: str) -> bool:
    # Unicode counts arrows as mathematical symbols; emoji that are newer than Python's tables are unassigned there.
    code = ord(character)
    return unicodedata.category(character) == "So" or 0x2190 <= code <= 0x21FF or 0x1F000 <= code <= 0x1FAFF
