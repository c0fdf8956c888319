"""Reports of the load client: arrivals of items, joins and counters, summed over its processes."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

# The headline of every item contains this mark and a number of eight digits.
MARK: Final = b"bench-item-"
DIGITS: Final = 8


class MissedError(Exception):
    """An item was lost, doubled, reordered or late, or a subscriber was closed, so the measurement is invalid."""


class Arrivals(msgspec.Struct, frozen=True):
    """When one item reached the subscribers that expected it, in nanoseconds of the monotonic clock."""

    count: int
    first: int
    middle: int
    """When half of them had the item. With several processes an upper bound: the latest of the processes."""
    late: int
    """When 99 % of them had the item; an upper bound like `middle`."""
    last: int


class Joined(msgspec.Struct, frozen=True):
    """Subscribers that joined or resumed, with start and end times."""

    count: int
    began: int
    last: int
    took_ms: list[float]
    """Milliseconds from connect() until each had joined, in joining order, one process after another."""
    refused: int
    """Connections that were refused or not answered with 101; each was retried (only if `lenient`)."""


class Stats(msgspec.Struct, frozen=True):
    """Counters since the load client started; subtract two of them to get the counts between."""

    now: int
    cpu: int
    """CPU time of the load client, in nanoseconds, all processes."""
    open: int
    muted: int
    cut: int
    bytes: int
    """Bytes read from the sockets, including handshakes, without TCP and IP headers."""
    messages: int
    deflated: int
    items: int
    left_out: int
    """Items that the server replaced with a newer version (`Load.replace`)."""
    pings: int
    snapshots: int
    replays: int
    incomplete: int
    """Snapshots marked incomplete (only if `lenient`, otherwise a fault)."""
    refused: int
    closed: int
    """Subscribers that the server closed (only if `lenient`, otherwise a fault)."""
    closed_muted: int
    codes: dict[str, int]
    """How often each close code occurred; 1006 means no close frame."""


def add_joins(replies: Sequence[dict[str, Any]]) -> Joined:  # Any: JSON
    return Joined(
        count=sum(reply["count"] for reply in replies),
        began=min(reply["began"] for reply in replies),
        last=max(reply["last"] for reply in replies),
        took_ms=[took for reply in replies for took in reply["took"]],
        refused=sum(reply["refused"] for reply in replies),
    )


def add_arrivals(parts: Sequence[Sequence[int]]) -> Arrivals:
    nonempty = [part for part in parts if part[0]] or [parts[0]]
    late = (max(part[column] for part in nonempty) for column in (2, 3, 4))
    return Arrivals(sum(part[0] for part in nonempty), min(part[1] for part in nonempty), *late)


def add_stats(every: Sequence[Stats]) -> Stats:
    """Returns the sum of the counters of all processes."""
    codes: dict[str, int] = {}
    for stats in every:
        for code, number in stats.codes.items():
            codes[code] = codes.get(code, 0) + number
    fields = [field for field in Stats.__struct_fields__ if field not in ("now", "codes")]
    sums = {field: sum(getattr(stats, field) for stats in every) for field in fields}
    return Stats(now=max(stats.now for stats in every), codes=codes, **sums)
