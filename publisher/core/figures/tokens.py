"""Splits a line into words, numerals and marks, and reads a numeral of any script.

1. A separator before exactly three digits groups thousands, if the language groups with it; another one is a decimal
   sign. Arabic has two signs (U+066B, U+066C), and also uses both Latin ones.
2. `1,200` in Spanish and `1.200` in English and Arabic have two readings; both are kept.
"""

import re
import unicodedata
from typing import Final, Literal

import msgspec

from publisher.core.similar.comparison_form import comparable

Kind = Literal["number", "word", "mark"]

_SPACES: Final = "\u00a0\u2009\u202f"
_TOKEN: Final = re.compile(rf"\d+(?:[.,٫٬'’{_SPACES}]\d+|[ ]\d{{3}}(?!\d))*|[^\W\d_]+|[^\s]", re.UNICODE)
_SEPARATOR: Final = re.compile(rf"[.,٫٬'’ {_SPACES}]")
_DECIMAL: Final = {"es": ",", "fr": ",", "de": ",", "pt": ","}
_LONGEST: Final = 15


class Token(msgspec.Struct, frozen=True):
    """A word, a numeral or a mark of a line; `start` and `end` are its place in the line."""

    kind: Kind
    text: str
    start: int
    end: int
    plain: str
    """Its comparable form; empty for marks."""


class Numeral(msgspec.Struct, frozen=True):
    """The readings of a numeral (mostly one) and the number of digits after its decimal sign."""

    values: tuple[float, ...]
    decimals: int = 0
    is_grouped: bool = False


def tokens(line: str) -> list[Token]:
    """The tokens of `line`; combining marks and tatweel belong to the word before them."""
    result: list[Token] = []
    for match in _TOKEN.finditer(line):
        text, start, end = match[0], match.start(), match.end()
        if text[0].isdecimal():
            result.append(Token("number", text, start, end, text))
            continue
        plain = comparable(text)
        previous = result[-1] if result else None
        is_joined = unicodedata.category(text[0])[0] == "M" or unicodedata.category(text[0]) == "Cf"
        if previous and previous.end == start and previous.kind == "word" and (is_joined or _goes_on(result, line)):
            whole = line[previous.start : end]
            result[-1] = Token("word", whole, previous.start, end, comparable(whole).replace(" ", ""))
        elif text[0].isalpha():
            result.append(Token("word", text, start, end, plain))
        else:
            result.append(Token("mark", text, start, end, ""))
    return result


def _goes_on(result: list[Token], line: str) -> bool:
    """Whether the last word ends with a combining mark, so that letters right after it belong to it."""
    return unicodedata.category(line[result[-1].end - 1])[0] == "M"


def numeral(text: str, language: str) -> Numeral | None:
    """The numeral `text` as people read it in `language`; None where it is none (an address, a long code)."""
    digits = "".join(str(unicodedata.decimal(character)) if character.isdecimal() else character for character in text)
    parts, separators = _SEPARATOR.split(digits), _SEPARATOR.findall(digits)
    if len(digits) > _LONGEST + len(separators) or (len(parts[0]) > 1 and parts[0][0] == "0"):
        return None
    if not separators:
        return Numeral((float(digits),))
    whole = float("".join(parts))
    has_groups = all(len(part) == 3 for part in parts[1:]) and 1 <= len(parts[0]) <= 3 and parts[0] != "0"
    last = separators[-1]
    if len(set(separators)) > 1:
        # "1.234,5": the last separator is the decimal sign.
        if len(set(separators[:-1])) > 1 or any(len(part) != 3 for part in parts[1:-1]):
            return None
        return _decimal("".join(parts[:-1]), parts[-1], is_grouped=True)
    if last == "٫":
        return _decimal(parts[0], parts[1]) if len(parts) == 2 else None
    if last not in ".,":
        return Numeral((whole,), is_grouped=True) if has_groups else None
    if len(parts) > 2:
        return Numeral((whole,), is_grouped=True) if has_groups else None
    fraction = _decimal(parts[0], parts[1])
    if not has_groups:
        return fraction
    if language != "ar" and last != _DECIMAL.get(language, "."):
        return Numeral((whole,), is_grouped=True)
    return Numeral((whole, *fraction.values), decimals=0, is_grouped=True)


def _decimal(whole: str, fraction: str, *, is_grouped: bool = False) -> Numeral:
    return Numeral((float(f"{whole}.{fraction}"),), len(fraction), is_grouped)
