"""Finds where the cost of a unit of work starts to rise, and describes it in one sentence."""

from collections.abc import Sequence
from typing import Final

import msgspec

# On a busy machine repeats of one point differ by up to this factor, so a smaller rise is not a knee.
NOISE: Final = 1.25


class Knee(msgspec.Struct, frozen=True):
    """How the cost of a unit of work changes as the amount of work grows."""

    growth: float
    """The last cost divided by the lowest."""
    at: float | None
    """The amount of work from which the cost stays above `NOISE` times the lowest before it, or `None`."""
    decline: float
    """The lowest cost divided by the first."""


def find_knee(points: Sequence[tuple[float, float]]) -> Knee:
    """Returns the knee of `points`: pairs of work and cost per unit, sorted by work, with costs above 0."""
    lowest, at = points[0][1], None
    for x, y in points:
        if y > lowest * NOISE:
            at = x if at is None else at
        else:
            # The cost fell back, so the rise before was noise.
            at = None
        lowest = min(lowest, y)
    return Knee(points[-1][1] / lowest, at, lowest / points[0][1])


def describe_knee(name: str, points: Sequence[tuple[float, float]], unit: str, load: str, digits: int = 1) -> str:
    """Returns one sentence about `points`: `unit` is the unit of the costs, `load` names the work on the x axis."""
    knee = find_knee(points)
    first, last = (f"{y:.{digits}f}" for y in (points[0][1], points[-1][1]))
    ends = f"{first} {unit} at {points[0][0]:,g} {load}, {last} at {points[-1][0]:,g}"
    if knee.at is not None:
        return f"{name} bends upwards at {knee.at:,g} {load}: {ends} (×{knee.growth:.2f} the least)."
    if knee.decline < 1 / NOISE:
        return f"{name} falls as the work is shared: {ends} (×{points[-1][1] / points[0][1]:.2f})."
    return f"{name} does not bend: {ends}."
