"""Advice on a line before it is published: each piece says one thing and does not refuse.

These rules are the same while a line is typed and in the `warnings` of an answer.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from publisher.core.alert_budget import Budget
from publisher.core.edition_language import edition_doubt
from publisher.core.figures.disagreement import disagreements
from publisher.core.figures.reading import figures
from publisher.core.house_style import HouseStyle
from publisher.core.phrases import NOTHING, Phrase, ago_phrase, status_phrase
from publisher.core.similar.comparison_form import comparable, primary_language
from ticker.contract.characters import name_of
from ticker.contract.item import PubStatus
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Edition
from ticker.contract.text import refused_characters

# Chosen with the lines of bench/similar; endings of Arabic words are cut less well.
_NEAR: Final = {"ar": 0.45}
_NEAR_ELSEWHERE: Final = 0.48
ASK: Final = 0.85
"""From this likeness on, the desk asks before it publishes."""
_QUOTE_LIMIT: Final = 90


def near_likeness(language: str) -> float:
    """From this likeness on, two lines in `language` are near-duplicates."""
    return _NEAR.get(primary_language(language), _NEAR_ELSEWHERE)


# Cosines of sentence vectors: languages that are related are nearer.
_TRANSLATIONS: Final = {frozenset(("en", "es")): 0.6, frozenset(("en", "ar")): 0.48, frozenset(("es", "ar")): 0.44}
_TRANSLATIONS_ELSEWHERE: Final = 0.6


def translation_likeness(language: str, other: str) -> float:
    """From this cosine on, two lines in these languages say the same."""
    pair = frozenset((primary_language(language), primary_language(other)))
    return _TRANSLATIONS.get(pair, _TRANSLATIONS_ELSEWHERE)


class Advice(msgspec.Struct, frozen=True):
    """One piece of advice; its sentence is made where the language of the person is known."""

    code: str
    field: str
    parameters: dict[str, object] = {}
    start: int | None = None
    """The place in the text of `field`, in code points from 0; None if no place is meant."""
    end: int | None = None
    fix: str | None = None
    """The text that would replace the place."""
    uri: str | None = None
    """The item that is meant."""
    asks: bool = False
    """Whether the desk asks before it publishes."""

    @classmethod
    def of(cls, warning: RefusedError, *, asks: bool = False) -> "Advice":
        """The advice with the code and parameters of `warning`."""
        return cls(warning.code, warning.field, dict(warning.parameters), asks=asks)

    def refusal(self) -> RefusedError:
        """The advice in the form that has a sentence."""
        return RefusedError(self.code, self.field, **self.parameters)


class Draft(msgspec.Struct, frozen=True):
    """A headline to check: its field, its place in the text of that field, and its language."""

    text: str
    language: str
    field: str = "headline"
    offset: int = 0


class Other(msgspec.Struct, frozen=True):
    """A line that says the same as a draft, or may say the same."""

    uri: str
    version: int
    text: str
    language: str
    edition: str
    """The name of its edition."""
    status: PubStatus
    seconds_ago: float
    likeness: float = 1.0
    is_earlier: bool = False
    """Whether it is an earlier version of the same item."""


def is_translation(draft: Draft, other: Other) -> bool:
    """Whether the two texts are in different languages; the same text in two editions is no translation."""
    if primary_language(draft.language) == primary_language(other.language):
        return False
    return comparable(draft.text) != comparable(other.text)


def duplicate_advice(draft: Draft, other: Other) -> Advice:
    """That `other` says almost the same as `draft`."""
    code = "similar-translation" if is_translation(draft, other) else "similar"
    asks = other.likeness >= ASK and other.status == "usable" and code == "similar"
    parameters: dict[str, object] = {
        "headline": quoted(other.text),
        "edition": other.edition,
        "ago": ago_phrase(other.seconds_ago),
        "status": status_phrase(other.status),
    }
    return Advice(code, draft.field, parameters, uri=other.uri, asks=asks)


def figure_advice(draft: Draft, other: Other) -> list[Advice]:
    """The figures in which `draft` and `other` disagree, at most three."""
    translated = is_translation(draft, other)
    pairs = disagreements(
        figures(draft.text, draft.language), figures(other.text, other.language), is_same_language=not translated
    )
    code = "figures-earlier" if other.is_earlier else "figures-translation" if translated else "figures-similar"
    # An update has other figures as a matter of course, and what was found by its meaning alone may be another story.
    asks = not other.is_earlier and (not translated or other.likeness == 1.0)
    return [
        Advice(
            code,
            draft.field,
            {
                "own": pair.own.text,
                "other": pair.other.text,
                "edition": other.edition,
                "version": other.version,
                "ago": ago_phrase(other.seconds_ago),
            },
            start=draft.offset + pair.own.start,
            end=draft.offset + pair.own.end,
            uri=other.uri,
            asks=asks,
        )
        for pair in pairs[:3]
    ]


def has_figures(draft: Draft, other: Other) -> bool:
    """Whether both lines have figures that can be compared."""
    return bool(figures(draft.text, draft.language) and figures(other.text, other.language))


def edition_advice(draft: Draft, edition: Edition) -> list[Advice]:
    """That the text may not belong into its edition."""
    doubt = edition_doubt(draft.text, edition)
    return [] if doubt is None else [Advice.of(doubt.at(draft.field), asks=True)]


def style_advice(draft: Draft, style: HouseStyle) -> list[Advice]:
    """What the house's rules say."""
    return [
        Advice(
            "style",
            draft.field,
            {"advice": finding.advice},
            start=draft.offset + finding.start,
            end=draft.offset + finding.end,
            fix=finding.fix,
        )
        for finding in style.findings(draft.text)
    ]


def budget_advice(budget: Budget, edition: str) -> Advice:
    """How many alerts the edition, whose name is `edition`, had today."""
    last, story, limit = NOTHING, NOTHING, NOTHING
    if budget.seconds_since_last is not None:
        ago = ago_phrase(budget.seconds_since_last)
        last = Phrase(f", the last {ago:en}", f"، آخرها {ago:ar}", f", la última {ago:es}")
    if budget.story is not None:
        count = budget.story
        story = Phrase(f", {count} on this story", f"، منها عن هذه القصة: {count}", f", {count} sobre esta historia")
    if budget.limit is not None:
        most = budget.limit
        limit = Phrase(f"; the limit is {most}", f"؛ والحد {most}", f"; el límite es {most}")
    parameters = {"edition": edition, "today": budget.today, "last": last, "story": story, "limit": limit}
    return Advice("alert-budget", "urgency", parameters, asks=budget.is_over)


def without_invisible(text: str, field: str) -> tuple[str, list[int], list[Advice]]:
    """`text` without the characters that publishing refuses, the index in `text` of each character left, the advice."""
    refused = refused_characters(text)
    if not refused:
        return text, list(range(len(text))), []
    positions = sorted(set(range(len(text))) - set(refused))
    clean = "".join(text[index] for index in positions)
    parameters = {"count": len(refused), "name": name_of(text[refused[0]]), "position": refused[0] + 1}
    return clean, positions, [Advice("invisible-marks", field, parameters, start=0, end=len(text), fix=clean)]


def moved(advice: Iterable[Advice], positions: Sequence[int]) -> list[Advice]:
    """`advice` with its places in the text from which characters were removed; `kept` is as in `without_invisible`."""
    return [
        piece
        if piece.start is None or piece.end is None or piece.code == "invisible-marks"
        else msgspec.structs.replace(
            piece, start=_moved(piece.start, positions), end=_moved(piece.end - 1, positions) + 1
        )
        for piece in advice
    ]


def _moved(index: int, positions: Sequence[int]) -> int:
    return positions[min(index, len(positions) - 1)] if positions else 0


def quoted(text: str) -> str:
    """`text`, cut to be quoted in a sentence."""
    return text if len(text) <= _QUOTE_LIMIT else text[: _QUOTE_LIMIT - 1].rstrip() + "…"
