"""Finds the figures in which two lines about the same news disagree.

1. Figures that are equal agree, whatever they count. "More than 1,200" agrees with 1,234, "1.2 million" with 1,180,000.
2. A figure without a partner is a detail that the other line leaves out, and no disagreement.
3. Two figures without partners disagree if they can count the same: the same kind, and no different label or noun.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from publisher.core.figures.figure import Figure

# A round number of at least this much stands for the numbers around it, if a word such as "about" says so.
_ROUND: Final = 100
_ABOUT: Final = 0.1
_BEYOND: Final = 0.25


class Disagreement(msgspec.Struct, frozen=True):
    """A figure of one line, and the figure of the other line that should be the same."""

    own: Figure
    other: Figure


def disagreements(own: Sequence[Figure], other: Sequence[Figure], *, is_same_language: bool) -> list[Disagreement]:
    """The pairs of figures in which two lines disagree, in the order of `own`."""
    rest = list(other)
    without_partner: list[Figure] = []
    for figure in own:
        partner = next((candidate for candidate in rest if _agree(figure, candidate)), None)
        if partner is None:
            without_partner.append(figure)
        else:
            rest.remove(partner)
    # A figure may be said twice: "12 dead, 12 in hospital".
    without_partner = [figure for figure in without_partner if not any(_agree(figure, partner) for partner in other)]
    rest = [figure for figure in rest if not any(_agree(partner, figure) for partner in own)]
    result: list[Disagreement] = []
    for figure in without_partner:
        for candidate in sorted(rest, key=lambda partner: partner.label != figure.label):
            if _count_the_same(figure, candidate, is_same_language=is_same_language):
                rest.remove(candidate)
                result.append(Disagreement(figure, candidate))
                break
    return result


def _agree(first: Figure, second: Figure) -> bool:
    if "percent" in (first.kind, second.kind) and first.kind != second.kind:
        return False
    if any(_near(value, other) for value in first.values for other in second.values):
        return first.high == first.values[0] or second.high == second.values[0] or _near(first.high, second.high)
    return _covers(first, second) or _covers(second, first)


def _covers(wide: Figure, narrow: Figure) -> bool:
    """Whether the value of `narrow` is one that `wide` stands for."""
    for value in narrow.values:
        for low in wide.values:
            if wide.high > low and low <= value <= wide.high and narrow.high == value:
                return True
            if wide.tolerance and abs(value - low) <= wide.tolerance:
                return True
            if low >= _ROUND and low % _ROUND == 0:
                below = {"about": _ABOUT, "upper": _BEYOND}.get(wide.bound, 0.0)
                above = {"about": _ABOUT, "lower": _BEYOND}.get(wide.bound, 0.0)
                if low * (1 - below) <= value <= low * (1 + above):
                    return True
    return False


def _count_the_same(first: Figure, second: Figure, *, is_same_language: bool) -> bool:
    if not (first.is_certain and second.is_certain) or first.kind != second.kind:
        return False
    if first.label and second.label:
        return first.label == second.label
    if is_same_language and first.noun and second.noun and not (first.label or second.label):
        return first.noun == second.noun
    return True


def _near(first: float, second: float) -> bool:
    return abs(first - second) <= 1e-9 * max(abs(first), abs(second), 1.0)
