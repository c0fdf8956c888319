"""Figures over repeats: the middle one, how far they spread, and how both are written; it measures nothing."""

from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One figure over all repeats."""

    median: float
    lowest: float
    highest: float

    def text(self, digits: int = 1) -> str:
        """`5.0 (4.0–6.0)`; alone where the spread is too small to be seen."""
        middle, lowest, highest = (f"{value:,.{digits}f}" for value in (self.median, self.lowest, self.highest))
        return middle if lowest == highest else f"{middle} ({lowest}–{highest})"


def median(values: Sequence[float]) -> float:
    """The middle of `values`, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def quantile(values: Sequence[float], share: float) -> float:
    """The lowest of `values` that `share` of them do not exceed: 0.99 for p99."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def figure(values: Sequence[float]) -> Figure:
    """The median of `values` and how far they spread."""
    return Figure(median(values), min(values), max(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Ours ÷ theirs, turn by turn: what disturbs one turn disturbs both of its halves."""
    return figure([own / other for own, other in zip(ours, theirs, strict=False) if other > 0])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, without a line end after it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
