"""Where a line bends: said by its own points, in one sentence; it knows nothing of what was measured."""

from collections.abc import Sequence
from typing import Final

import msgspec

# What repeats of one point differ by on a busy machine is no bend.
NOISE: Final = 1.25


class Bend(msgspec.Struct, frozen=True):
    """How the cost of a unit of work changes as there is more of it."""

    grows: float
    """The last point ÷ the least of all."""
    at: float | None
    """From here on the cost is above the least before it by more than `NOISE`; `None`: nowhere."""
    falls: float
    """The least ÷ the first."""


def bend(points: Sequence[tuple[float, float]]) -> Bend:
    """The bend of a line of costs for each unit; `points` from left to right, costs above 0."""
    lowest, at = points[0][1], None
    for x, y in points:
        if y > lowest * NOISE:
            at = x if at is None else at
        else:
            # It has come back: what was above was noise.
            at = None
        lowest = min(lowest, y)
    return Bend(points[-1][1] / lowest, at, lowest / points[0][1])


def describe_knee(name: str, points: Sequence[tuple[float, float]], unit: str, load: str, digits: int = 1) -> str:
    """One sentence about a line: `unit` is that of its costs, `work` what there is more of."""
    knee = bend(points)
    first, last = (f"{y:.{digits}f}" for y in (points[0][1], points[-1][1]))
    ends = f"{first} {unit} at {points[0][0]:,g} {load}, {last} at {points[-1][0]:,g}"
    if knee.at is not None:
        return f"{name} bends upwards at {knee.at:,g} {load}: {ends} (×{knee.grows:.2f} the least)."
    if knee.falls < 1 / NOISE:
        return f"{name} falls as there is more to share: {ends} (×{points[-1][1] / points[0][1]:.2f})."
    return f"{name} does not bend: {ends}."
