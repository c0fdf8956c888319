"""Receipts: what nodes tell the desk about who was written an entry, as counts that add up across nodes.

A report is not signed and names no client. The desk shows it and decides nothing by it.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

REPORT_LIMIT: Final = 65_536
"""The most bytes of a report."""
PRESENCE_SECONDS: Final = 10.0
"""A node reports at least this often, so that the desk notices one that says nothing about an entry."""
EVERY_EDITION: Final = ""
_EDITION_LIMIT: Final = 200
# Four buckets for each doubling from 1 ms on: a quantile is at most 19 % too high. The last one is above 4 minutes.
_PER_DOUBLING: Final = 4
LAST_BUCKET: Final = 72

Counts = dict[int, int]
"""Connections by the bucket of the time from publication to write."""


class EntryReport(msgspec.Struct, array_like=True, frozen=True):
    """What one node has done with one version so far; each report replaces the one before."""

    uri: str
    version: int
    counts: Counts
    last: float
    """Seconds from publication to the latest write."""
    outstanding: int
    """Open connections that were not written it yet, though it matches what they asked for."""
    left: int
    """Connections that closed before they were written it."""
    painted: Counts = {}
    """Sampled pages by the time from publication until they had painted it."""


class Report(msgspec.Struct, array_like=True, frozen=True):
    """One report of one node; `connections` are its live ones."""

    node: str
    connections: int
    entries: list[EntryReport]
    audience: dict[str, int] = {}
    """Connections by the edition that they name, and those that name none as `EVERY_EDITION`."""
    has_stopped: bool = False
    """Whether it is the last report: all connections of the node have closed."""
    place: str = ""
    """The place of the node among the workers of its service, which one process has at a time; empty if unknown."""


def bucket_of(seconds: float) -> int:
    """The bucket of a time."""
    if seconds <= 0.001:
        return 0
    return min(LAST_BUCKET, math.ceil(math.log2(seconds * 1000) * _PER_DOUBLING))


def merged(parts: Iterable[Mapping[int, int]]) -> Counts:
    """The sum of several counts."""
    total: Counts = {}
    for counts in parts:
        for bucket, count in counts.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The time in seconds within which `share` of the connections were written to; None where there are none."""
    total = sum(counts.values())
    if not total:
        return None
    needed, reached = math.ceil(total * share), 0
    for bucket in sorted(counts):
        reached += counts[bucket]
        if reached >= needed:
            break
    return float(f"{2 ** (bucket / _PER_DOUBLING) / 1000:.3g}")


def decode_report(data: bytes) -> Report | None:
    """A report as a node wrote it; None for anything else."""
    if len(data) > REPORT_LIMIT:
        return None
    try:
        report = msgspec.json.decode(data, type=Report)
    except msgspec.MsgspecError:
        return None
    numbers = [report.connections, *report.audience.values()]
    for entry in report.entries:
        numbers += (entry.version, entry.outstanding, entry.left, *entry.counts.values(), *entry.painted.values())
        buckets = (*entry.counts, *entry.painted)
        if not all(0 <= bucket <= LAST_BUCKET for bucket in buckets) or not math.isfinite(entry.last):
            return None
    is_small = len(report.node) <= 32 and len(report.place) <= 32 and len(report.audience) <= _EDITION_LIMIT
    return report if is_small and all(0 <= number < 2**40 for number in numbers) else None
