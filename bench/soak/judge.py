"""Whether what a soak has seen is a leak; it measures nothing.

Memory is looked at when everybody of a cycle has left and only the base is there, so that all looks are of the same
state. What counts is a line laid through the second half of them (the median of all slopes between two, after Theil
and Sen): a single look that an allocator or a neighbour has disturbed does not bend it.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import msgspec

from bench.stats import median

# Growth that the second half may show. A connection that is kept by mistake costs 0.48 KiB with the list that keeps it:
# 2,700 are seen, and the shortest soak has more who leave. Without a leak shortest soaks grew by up to 470.
GROWTH_KIB: Final = 1280


class Look(msgspec.Struct, frozen=True):
    """The node, when only the base is there."""

    at: float
    """Seconds since the first item."""
    pss_kib: float
    descriptors: int
    threads: int
    departed: int
    """Who has come and gone so far."""
    p99_ms: float
    """From publishing to 99 of 100 of all who were there, at 99 of 100 items of the cycle."""


class Verdict(msgspec.Struct, frozen=True):
    """What is wrong, in sentences; none, if nothing is."""

    slope_kib: float
    """KiB an hour."""
    growth_kib: float
    """The slope over the second half."""
    departed: int
    """Who came and went in the second half."""
    wrong: tuple[str, ...]


def judge(looks: Sequence[Look], *, settled: float = 0.5) -> Verdict:
    """Judges at least two looks, in the order in which they were made, without the first `settled` share of them."""
    half = looks[min(int(len(looks) * settled), len(looks) - 2) :]
    slope = median([(b.pss_kib - a.pss_kib) / (b.at - a.at) for a, b in combinations(half, 2)])
    growth = slope * (half[-1].at - half[0].at)
    remaining = half[-1].departed - half[0].departed
    wrong = []
    if growth > GROWTH_KIB:
        wrong.append(f"Memory grew by {growth:,.0f} KiB while {remaining:,} came and went; {GROWTH_KIB:,} are allowed.")
    for what, counts in (
        ("open files", [look.descriptors for look in looks]),
        ("threads", [look.threads for look in looks]),
    ):
        # The least of each half: a request for metrics may have its own at any moment.
        earlier, later = min(counts[: -(-len(counts) // 2)]), min(counts[len(counts) // 2 :])
        if later > earlier:
            wrong.append(f"There are {later} {what} where there were {earlier}.")
    return Verdict(slope * 3600, growth, remaining, tuple(wrong))
