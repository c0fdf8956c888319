"""The value of a sequence of number words, and of the scale after a numeral ("12 thousand")."""

from collections.abc import Sequence
from typing import Final

import msgspec

from publisher.core.figures.number_words import DUAL_SCALES, GROUPS, HALVES, JOINERS, PLURAL_GROUPS, SCALES, UNITS
from publisher.core.figures.tokens import Token

_TEN: Final = 10
_ARABIC_PREFIXES: Final = "وبلفك"
# A dozen may be eleven, and a "centenar" ninety.
_GROUP_TOLERANCE: Final = 0.125
_AND_HALF: Final = (("and", "a", "half"), ("y", "medio"), ("y", "media"), ("ونصف",))


class Words(msgspec.Struct, frozen=True):
    """The value of a sequence of number words, and the index after it."""

    value: float
    end: int
    tolerance: float = 0.0


def number_at(tokens: Sequence[Token], index: int, language: str) -> Words | None:
    """The number in words that begins at `index`, or None."""
    units = UNITS.get(language, {})
    numeral = tokens[index].plain
    if numeral in ("a", "an", "one", "un", "una", "half", "media", "medio") and (
        group := GROUPS.get(_plain(tokens, index + 1))
    ):
        count = group / 2 if numeral in ("half", "media", "medio") else float(group)
        return Words(count, index + 2, count * _GROUP_TOLERANCE)
    if numeral in HALVES:
        first = index + 2 if _plain(tokens, index + 1) == "a" else index + 1
        scale, end = scale_after(tokens, first)
        return Words(scale / 2, end) if scale >= 1000 else None
    total, current, last_scale, position = 0, 0, 0, index
    if numeral in ("a", "un") and len(_plain(tokens, index + 1)) > 2 and _plain(tokens, index + 1) in SCALES:
        # "a hundred and one"
        current, position = 1, index + 1
    while position < len(tokens):
        numeral, has_and = _plain(tokens, position), False
        step = 1
        if numeral in JOINERS.get(language, ()) and position > index:
            numeral, has_and, step = _plain(tokens, position + 1), True, 2
        elif tokens[position].text in "-‑" and position > index:
            numeral, step = _plain(tokens, position + 1), 2
        if (
            language == "ar"
            and numeral not in units
            and numeral[:1] in _ARABIC_PREFIXES
            and _is_known(numeral[1:], units)
        ):
            if numeral[0] != "و" and position > index:
                break
            has_and, numeral = numeral[0] == "و", numeral[1:]
            if has_and and position == index:
                has_and = False
        value = units.get(numeral)
        if language == "ar" and numeral in DUAL_SCALES and not current:
            total, position = total + DUAL_SCALES[numeral], position + step
            continue
        if value is not None and _may_add(current, total, value, has_and=has_and):
            current += value
        elif (
            numeral in SCALES
            and len(numeral) > 2
            and _may_scale(total or current, numeral, language, index == position)
        ):
            scale = SCALES[numeral]
            if scale == 100:
                current = max(current, 1) * 100
            elif 0 < last_scale < scale:
                # "mil quinientos millones"
                total, current, last_scale = (total + current) * scale, 0, scale
            else:
                total, current, last_scale = total + max(current, 1) * scale, 0, scale
        else:
            break
        position += step
    value = total + current
    if not value:
        return None
    if group := PLURAL_GROUPS.get(_plain(tokens, position)):
        return Words(float(value * group), position + 1, value * group * _GROUP_TOLERANCE)
    half, end = half_after(tokens, position, float(last_scale or 1))
    further, after = scale_after(tokens, end)
    if half == 0.5 and further > 1:
        # "two and a half million"
        return Words((value + half) * further, after)
    return Words(value + half, end)


def half_after(tokens: Sequence[Token], index: int, scale: float) -> tuple[float, int]:
    """Half of `scale` if "and a half" is at `index`, or 0, and the index after it."""
    for phrase in _AND_HALF:
        if tuple(_plain(tokens, index + offset) for offset in range(len(phrase))) == phrase:
            end = index + len(phrase)
            # "مليون ونصف المليون"
            return scale / 2, end + (_plain(tokens, end).removeprefix("ال") in SCALES and phrase == ("ونصف",))
    return 0.0, index


def scale_after(tokens: Sequence[Token], index: int) -> tuple[float, int]:
    """The product of the scale words from `index` on (1 if there are none), and the index after them."""
    scale = 1.0
    while len(scale_name := _plain(tokens, index)) > 1 and scale_name in SCALES:
        scale, index = scale * SCALES[scale_name], index + 1
    return scale, index


def remainder_after(tokens: Sequence[Token], index: int, language: str, scale: float) -> Words | None:
    """The number in words that Arabic adds after a scale: "3 thousand and five hundred"."""
    if language != "ar" or not _plain(tokens, index).startswith("و"):
        return None
    remainder = number_at(tokens, index, language)
    return remainder if remainder is not None and remainder.value < scale else None


def is_title_case(line: str) -> bool:
    """Whether most words of `line` begin with a capital letter, as in some English headlines."""
    terms = [term for term in line.split() if term[0].isalpha() and len(term) > 3]
    return len(terms) > 2 and sum(term[0].isupper() for term in terms) > 0.7 * len(terms)


def _is_known(numeral: str, units: dict[str, int]) -> bool:
    return numeral in units or numeral in SCALES or numeral in DUAL_SCALES


def _may_add(current: int, total: int, value: int, *, has_and: bool) -> bool:
    if not current:
        return True
    # Arabic: "three ten" is 13, "one and twenty" 21.
    if value == _TEN and 0 < current % 100 < _TEN and not has_and:
        return True
    if has_and and 0 < current % 100 < _TEN and value % _TEN == 0 and 20 <= value < 100:
        return True
    lowest = 100 if current % 100 == 0 else _TEN if current % _TEN == 0 else 1
    return value < lowest and not (lowest == _TEN and current % 100 == _TEN)


def _may_scale(value: int, scale_name: str, language: str, is_first: bool) -> bool:
    if not is_first:
        return bool(value)
    # "mil" and "الف" are numbers alone; "thousand" and "million" need one, and plurals are no numbers.
    return scale_name in ("mil", "الف", "مليون", "مليار") and language in ("es", "ar")


def _plain(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].plain if 0 <= index < len(tokens) else ""
