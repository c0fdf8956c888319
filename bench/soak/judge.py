"""Decides whether the observations of a soak show a leak.

Memory is observed at the end of each cycle, when only the base connections remain. The verdict uses the slope of the
second half (Theil–Sen: the median of all slopes between two observations), which a single outlier does not change.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import msgspec

from bench.stats import median

# Allowed growth in the second half. A leaked connection costs 0.48 KiB, so 2,700 leaked connections are detected, fewer
# than leave in the shortest soak. Without a leak the shortest soak grew by up to 470 KiB.
GROWTH_KIB: Final = 1280


class Look(msgspec.Struct, frozen=True):
    """One observation of the node, when only the base connections remain."""

    at: float
    """Seconds since the first item."""
    pss_kib: float
    descriptors: int
    threads: int
    departed: int
    """Clients that have left so far."""
    p99_ms: float
    """The p99, over the items of the cycle, of the time until 99 % of the clients had the item."""


class Verdict(msgspec.Struct, frozen=True):
    """The verdict on a soak."""

    slope_kib: float
    """Growth of memory in KiB per hour."""
    growth_kib: float
    """Growth of memory over the second half."""
    departed: int
    """Clients that left in the second half."""
    wrong: tuple[str, ...]
    """One sentence for each fault; empty if the soak passed."""


def judge(looks: Sequence[Look], *, settled: float = 0.5) -> Verdict:
    """Judges at least two looks in order of time; the slope ignores the first `settled` share of them."""
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
        # The lowest of each half, because a metrics request may have a file open at any moment.
        earlier, later = min(counts[: -(-len(counts) // 2)]), min(counts[len(counts) // 2 :])
        if later > earlier:
            wrong.append(f"There are {later} {what} where there were {earlier}.")
    return Verdict(slope * 3600, growth, remaining, tuple(wrong))
