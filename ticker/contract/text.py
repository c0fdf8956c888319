"""Checks one line of text: which Unicode characters it may have, and how many.

Rules, in the order in which they are applied:

1. Outer white space is removed, and the text is normalized to NFC.
2. Controls, line breaks, bidi controls, invisible and tag characters, surrogates, noncharacters and private-use
   characters are refused, with name and position (CVE-2021-42574 "Trojan Source").
3. Some invisible characters are allowed where a script or an emoji needs them (`ticker.contract.scripts`).
4. More than `MARKS_LIMIT` combining marks on one letter are refused.
5. There is a technical limit of code points. The desk page advises a shorter length and never blocks.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

from ticker.contract import scripts
from ticker.contract.characters import is_refused, name_of
from ticker.contract.sentences import RefusedError

HEADLINE_LIMIT: Final = 500
SOURCE_LIMIT: Final = 120
NOTE_LIMIT: Final = 500
# Vietnamese and pointed Hebrew or Arabic need up to four; Unicode's stream-safe format allows thirty.
MARKS_LIMIT: Final = 6


def clean(value: str, *, limit: int) -> str:
    """Returns `value` in NFC without outer white space, of 1 to `limit` code points.

    Raises `RefusedError` with the position (from 1, in `value`) of the first refused character.
    """
    _refuse_characters(value)
    line = unicodedata.normalize("NFC", value.strip())
    if not line:
        raise RefusedError("text-empty")
    if len(line) > limit:
        raise RefusedError("text-long", length=len(line), limit=limit)
    return line


def clean_language(value: str) -> str:
    """Returns `value` if it has the form of a BCP 47 tag (RFC 5646, 2.1); otherwise raises `RefusedError`."""
    parts = value.split("-")
    if (
        not (2 <= len(parts[0]) <= 8 and parts[0].isascii() and parts[0].isalpha())
        or len(value) > 35
        or not all(1 <= len(part) <= 8 and part.isascii() and part.isalnum() for part in parts[1:])
    ):
        raise RefusedError("language")
    return value


def refused_characters(text: str) -> list[int]:
    """The indices of the characters that `clean` refuses, so that all of them can be removed at once."""
    return [index for index, error in _faults(text) if error.code == "text-character"]


def _refuse_characters(text: str) -> None:
    for _, error in _faults(text):
        raise error


def _faults(text: str) -> Iterator[tuple[int, RefusedError]]:
    """Each refused character, and each letter with too many marks."""
    if text.isascii() and text.isprintable():
        # No character can be refused here, and checking 80 characters one by one takes 9 µs.
        return
    start = len(text) - len(text.lstrip())
    marks, letter = 0, start
    for index, character in enumerate(text[: len(text.rstrip())]):
        if index < start:
            continue
        if character.isascii():
            marks, letter = 0, index
            if " " <= character != "\x7f":
                continue
        elif character in scripts.JOINERS:
            if scripts.may_join(text, index):
                continue
        elif character == scripts.ZERO_WIDTH_SPACE:
            if scripts.may_break(text, index):
                continue
        elif character == scripts.VOWEL_SEPARATOR:
            if scripts.may_separate(text, index):
                continue
        elif 0xE0000 <= ord(character) <= 0xE007F:
            if scripts.is_flag_tag(text, index):
                continue
        elif scripts.is_selector(ord(character)):
            if scripts.may_select(text, index):
                continue
        else:
            category = unicodedata.category(character)
            # A few characters become longer in NFC (U+0958, U+0344); the limit is for the line as it is shown.
            if category in ("Mn", "Me"):
                marks += len(unicodedata.normalize("NFC", character))
                if marks > MARKS_LIMIT:
                    count = _count_marks(text, letter)
                    yield letter, RefusedError("text-marks", count=count, position=letter + 1)
            elif category != "Mc":
                marks, letter = len(unicodedata.normalize("NFC", character)) - 1, index
            if not is_refused(character, category):
                continue
        code = f"{ord(character):04X}"
        yield index, RefusedError("text-character", name=name_of(character), code=code, position=index + 1)


def _count_marks(text: str, letter: int) -> int:
    end = letter + 1
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return len(unicodedata.normalize("NFD", text[letter:end])) - 1
