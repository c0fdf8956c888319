"""Reads the figures of a line: numerals of any script and number words, with what they count.

1. Times, dates, ordinals, telephone numbers, addresses and codes (670fb508) are no figures.
2. A number that is part of a name (G7, Covid-19, flight 370) is a figure of the kind "name".
3. A year, "one" and "un" may be figures: they can agree with one and never disagree.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

from publisher.core.figures import contexts, word_values
from publisher.core.figures.figure import Bound, Figure
from publisher.core.figures.number_words import COUNTED_DUALS, SCALES
from publisher.core.figures.tokens import Token, numeral, tokens
from publisher.core.similar.comparison_form import primary_language, stem_of
from publisher.core.similar.vocabulary import GRAMMAR

# At most this many words between a number and the word that says what it counts.
_WINDOW: Final = 4
_NO_FIGURES: Final = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|[#@]\w+"
    # Telephone numbers: a plus or a zero first, or groups that no language uses for thousands.
    r"|\+\s?\d[\d\s().-]{5,}|\b0\d[\d\s-]{5,}|\b\d{3,4}-\d{4}\b|\b\d{3}-\d{3}-\d{3,4}\b"
    # Dates, seasons, times.
    r"|\b\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}\b|\b(?:19|20)\d\d[/–-]\d{2}\b|\b\d{1,2}/\d{1,2}\b"
    r"|\b\d{1,2}:\d{2}(?::\d{2})?|\b\d{1,2}[.h]\d{2}\s?(?:[ap]\.?m\b|h\b|hrs\b)|\b\d{1,2}\s?(?:[ap]\.m\.|[ap]m\b)"
    # Ordinals, decades.
    r"|\b\d[\d.,]*(?:st|nd|rd|th)\b|\b\d+\.?[ºª°](?!\s?[CF])|\b\d+(?:er|ro|ra|to|ta)\b|\b\d+s\b|(?:\bال|الـ)\d+"
    r"|\b24/7\b|\b9/11\b"
    # Codes of six or more characters, in which digits come again after letters; "100x150" is a size.
    r"|\b(?=[A-Z\d]{6})(?!\d+x\d+\b)[A-Z]*\d+[A-Z]+\d[A-Z\d]*\b",
    re.IGNORECASE,
)
_ARABIC_PREFIXES: Final = ("و", "ب", "ل", "ف", "ك")
_HYPHENS: Final = frozenset("-–—‑")
_CLAUSE_MARKS: Final = frozenset(",;:.،؛()«»“”—–")


# Each keystroke compares the line with the same few others, and reading one takes 100 µs.
@lru_cache(maxsize=4096)
def figures(line: str, language: str) -> tuple[Figure, ...]:
    """The figures of `line` in their order."""
    primary = primary_language(language)
    covered = _NO_FIGURES.sub(lambda match: "\ue000" * len(match[0]), line)
    return tuple(_Reader(tokens(covered), line, primary).read())


class _Reader:
    def __init__(self, parts: list[Token], line: str, language: str) -> None:
        self._tokens = parts
        self._line = line
        self._language = language
        self._is_title = word_values.is_title_case(line)

    def read(self) -> list[Figure]:
        result: list[Figure] = []
        index = 0
        while index < len(self._tokens):
            figure, index = self._figure_at(index)
            if figure is not None:
                result.append(figure)
        return result

    def _figure_at(self, index: int) -> tuple[Figure | None, int]:
        """The figure that begins at `index` or None, and the index of the first token after what was looked at."""
        token = self._tokens[index]
        if token.kind == "number":
            return self._numeral_at(index)
        if token.kind != "word" or (self._plain_at(index - 1), token.plain) in (("por", "ciento"), ("no", "one")):
            return None, index + 1
        if token.plain in COUNTED_DUALS:
            label = contexts.label_of(token.plain) or self._label(index, index + 1)[0]
            return Figure((2.0,), 2.0, token.text, token.start, token.end, label=label), index + 1
        if not self._is_title and index and token.text[0].isupper():
            # "Group of Seven", "los Siete": a name.
            return None, index + 1
        numeral = word_values.number_at(self._tokens, index, self._language)
        if numeral is None:
            return None, index + 1
        if self._plain_at(index - 1) in ("of", "los", "las") and self._plain_at(index - 2) in ("group", "grupo", "big"):
            return None, numeral.end
        return self._described(numeral.value, index, numeral.end, numeral.value, tolerance=numeral.tolerance,
                               is_certain=numeral.value != 1), numeral.end  # fmt: skip

    def _numeral_at(self, index: int) -> tuple[Figure | None, int]:
        token = self._tokens[index]
        read = numeral(token.text, self._language)
        if read is None or self._is_date(index):
            return None, index + 1
        kind = "name" if self._is_named(index) else ""
        end, scale, letters = index + 1, 1.0, self._letters_after(index)
        if letters:
            if letters not in contexts.UNITS:
                return None, index + 1
            if letters in SCALES and (letters not in contexts.SCALE_LETTERS or self._has_currency(index, end)):
                scale, end = float(SCALES[letters]), end + 1
        else:
            scale, end = word_values.scale_after(self._tokens, end)
        values = tuple(value * scale for value in read.values)
        if letters in contexts.SCALE_LETTERS and scale == 1:
            # "1.2m" may be metres or millions.
            values += tuple(value * SCALES[letters] for value in values)
        half, end = word_values.half_after(self._tokens, end, scale) if scale > 1 else (0.0, end)
        if half:
            values = tuple(value + half for value in values)
        elif scale > 1 and (rest := word_values.remainder_after(self._tokens, end, self._language, scale)):
            values, end = tuple(value + rest.value for value in values), rest.end
        digits = len(token.text.replace(".", "").replace(",", ""))
        tolerance = scale * 10.0**-read.decimals / 2 if scale > 1 and digits > 1 else 0.0
        is_year = not read.is_grouped and not read.decimals and scale == 1 and 1900 <= values[0] <= 2100
        high, end = self._range_after(end, scale)
        figure = self._described(values[0], index, end, high if high is not None else values[0], kind=kind,
                                 tolerance=tolerance)  # fmt: skip
        is_uncertain = is_year and not figure.kind and not contexts.counts_people(figure.label)
        if high is None:
            figure = msgspec.structs.replace(figure, values=values)
        return msgspec.structs.replace(
            figure, is_certain=not (is_uncertain and not self._counts_people_after(end))
        ), end

    def _described(
        self, low: float, index: int, end: int, high: float, *, kind: str = "", tolerance: float = 0.0,
        is_certain: bool = True,
    ) -> Figure:  # fmt: skip
        """The figure of the tokens from `index` to `end`, with what the words around it say about it."""
        label, noun = self._label(index, end)
        if not kind:
            kind = "percent" if self._is_percent(end) else "money" if self._has_currency(index, end) else ""
        first, last = self._tokens[index], self._tokens[end - 1]
        # "one dead" and "un muerto" count; "one of them", "un incendio" do not.
        is_certain = is_certain or (contexts.counts_people(label) and self._is_next(label, index, end))
        return Figure(
            values=(min(low, high),), high=max(low, high), text=self._line[first.start : last.end], start=first.start,
            end=last.end, kind=kind, label=label, noun=noun, bound=self._bound(index), tolerance=tolerance,
            is_certain=is_certain,
        )  # fmt: skip

    def _label(self, index: int, end: int) -> tuple[str, str]:
        """The label of the nearest word that has one, and the first content word after the number."""
        following, noun = (_WINDOW + 1, ""), ""
        for distance in range(1, _WINDOW + 1):
            token = self._token(end + distance - 1)
            if token is None or token.kind == "number" or (token.kind == "mark" and token.text in _CLAUSE_MARKS):
                break
            if contexts.begins_clause(token.plain):
                break
            if token.kind == "word" and not noun and token.plain not in GRAMMAR:
                noun = stem_of(token.plain, self._language)
            if label := contexts.label_of(token.plain):
                following = (distance, label)
                break
        preceding = (_WINDOW + 1, "")
        for distance in range(1, _WINDOW + 1):
            token = self._token(index - distance)
            if token is None or token.kind == "number" or (token.kind == "mark" and token.text in _CLAUSE_MARKS):
                break
            if label := contexts.label_of(token.plain):
                preceding = (distance, label)
                break
            if token.plain in ("and", "y", "e"):
                break
        return (following[1] if following[0] <= preceding[0] else preceding[1]), noun

    def _is_next(self, label: str, index: int, end: int) -> bool:
        return label in (contexts.label_of(self._plain_at(end)), contexts.label_of(self._plain_at(index - 1)))

    def _counts_people_after(self, end: int) -> bool:
        return self._plain_at(end) in contexts.PEOPLE

    def _bound(self, index: int) -> Bound:
        for bound, phrases in (
            ("lower", contexts.LOWER_BOUNDS), ("upper", contexts.UPPER_BOUNDS), ("about", contexts.APPROXIMATIONS)
        ):  # fmt: skip
            for phrase in phrases:
                phrase_here = tuple(self._plain_at(index - len(phrase) + offset) for offset in range(len(phrase)))
                if phrase_here == phrase:
                    return bound  # type: ignore[return-value]  # mypy joins the three literals to str
        return ""

    def _is_percent(self, end: int) -> bool:
        token = self._token(end)
        if token is not None and token.text in contexts.PERCENT_SIGNS:
            return True
        return any(
            tuple(self._plain_at(end + offset) for offset in range(len(phrase))) == phrase
            for phrase in contexts.PERCENT_WORDS
        )

    def _has_currency(self, index: int, end: int) -> bool:
        around = (self._token(index - 1), self._token(end), self._token(end + 1))
        if any(token is not None and token.text in contexts.CURRENCY_SIGNS for token in around[:2]):
            return True
        return any(token is not None and token.plain in contexts.CURRENCY_WORDS for token in around[1:])

    def _is_date(self, index: int) -> bool:
        neighbours = [self._plain_at(index - 1), self._plain_at(index + 1)]
        if self._plain_at(index + 1) == "de":
            neighbours.append(self._plain_at(index + 2))
        if any(term in contexts.MONTHS for term in neighbours) and len(self._tokens[index].text) <= 2:
            return True
        if self._plain_at(index - 1) in contexts.BEFORE_HOURS or self._plain_at(index + 1) in contexts.HOURS:
            return True
        # "a las 20", "dia 12", "anos 90".
        return (self._plain_at(index - 2), self._plain_at(index - 1)) == ("a", "las") or self._plain_at(index - 1) in (
            "dia", "anos", "يوم",
        )  # fmt: skip

    def _is_named(self, index: int) -> bool:
        """Whether the number is part of a name: right after letters, or after a word such as "flight"."""
        token, preceding = self._tokens[index], self._token(index - 1)
        if preceding is None:
            return False
        if preceding.kind == "word" and preceding.end == token.start:
            # Arabic writes "and", "by" and "for" together with the number.
            return preceding.text not in _ARABIC_PREFIXES
        if preceding.text in _HYPHENS and preceding.end == token.start:
            letters = self._token(index - 2)
            return letters is not None and letters.kind == "word" and letters.end == preceding.start
        return preceding.plain in contexts.NAMES

    def _letters_after(self, index: int) -> str:
        """The letters that follow the number without a space."""
        token, following = self._tokens[index], self._token(index + 1)
        if following is None or following.kind != "word" or following.start != token.end:
            return ""
        return (
            following.plain
            if not following.text.isupper() or following.plain in ("km", "bn", "mw", "gw")
            else following.text
        )

    def _range_after(self, end: int, scale: float) -> tuple[float | None, int]:
        """The upper end of a range such as 10-15, and the index after it."""
        mark, second = self._token(end), self._token(end + 1)
        if mark is None or second is None or second.kind != "number":
            return None, end
        is_hyphen = mark.text in _HYPHENS and mark.start == self._tokens[end - 1].end and mark.end == second.start
        is_word = mark.plain in ("to", "a", "الي") and not self._is_change(end)
        between = self._plain_at(end - 2) in ("between", "entre", "بين") and mark.plain in ("and", "y", "و")
        if not (is_hyphen or is_word or between):
            return None, end
        read = numeral(second.text, self._language)
        if read is None or self._letters_after(end + 1):
            return None, end
        further, end = word_values.scale_after(self._tokens, end + 2)
        return read.values[0] * max(scale, further), end

    def _is_change(self, end: int) -> bool:
        """Whether "10 to 15" is a change: "from 10 to 15"."""
        return self._plain_at(end - 2) in ("from", "de", "del", "من", "rises", "sube")

    def _token(self, index: int) -> Token | None:
        return self._tokens[index] if 0 <= index < len(self._tokens) else None

    def _plain_at(self, index: int) -> str:
        token = self._token(index)
        return token.plain if token is not None and token.kind == "word" else ""
