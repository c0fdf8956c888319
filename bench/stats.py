"""Statistics of repeated measurements: median, quantile, ratio and their text; also Markdown tables."""

from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """The median, the lowest and the highest of all repeats."""

    median: float
    lowest: float
    highest: float

    def text(self, digits: int = 1) -> str:
        """Returns `5.0 (4.0–6.0)`, or `5.0` if lowest and highest round to the same number."""
        middle, lowest, highest = (f"{value:,.{digits}f}" for value in (self.median, self.lowest, self.highest))
        return middle if lowest == highest else f"{middle} ({lowest}–{highest})"


def median(values: Sequence[float]) -> float:
    """Returns the middle of `values`, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def quantile(values: Sequence[float], share: float) -> float:
    """Returns the lowest of `values` that a `share` of them does not exceed: 0.99 for p99."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def figure(values: Sequence[float]) -> Figure:
    """Returns the median of `values` with their spread."""
    return Figure(median(values), min(values), max(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Returns `ours` ÷ `theirs`, turn by turn: a disturbance in one turn affects both values."""
    return figure([own / other for own, other in zip(ours, theirs, strict=False) if other > 0])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table without a final line break."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
