"""What the load client reports: arrivals of items, joins, counters; added up over its processes."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

# Precedes the number of eight digits in the headline of every item.
MARK: Final = b"bench-item-"
DIGITS: Final = 8


class MissedError(Exception):
    """An item was lost, doubled, out of order or late, or a subscriber was cut off: there is no measurement."""


class Arrivals(msgspec.Struct, frozen=True):
    """When one item reached the subscribers that expected it, in nanoseconds of the monotonic clock."""

    count: int
    first: int
    middle: int
    """Half of them. With several processes the latest of theirs, as `late`: an upper bound."""
    late: int
    """99 of 100."""
    last: int


class Joined(msgspec.Struct, frozen=True):
    """How many joined or came back, from when to when, and how long each took from its connect() on."""

    count: int
    began: int
    last: int
    took_ms: list[float]
    """In the order in which they joined; a process after the other."""
    refused: int
    """Answers other than 101, and connections that were refused; each tried again (only if `lenient`)."""


class Stats(msgspec.Struct, frozen=True):
    """What the audience has counted since it began; subtract two of them."""

    now: int
    cpu: int
    """CPU time of the load client, in nanoseconds, all processes."""
    open: int
    muted: int
    cut: int
    bytes: int
    """Read from the sockets, handshakes included; without TCP's and IP's headers."""
    messages: int
    deflated: int
    items: int
    left_out: int
    """Items that did not come because a newer version of theirs was to come (`Load.replace`)."""
    pings: int
    snapshots: int
    replays: int
    incomplete: int
    """Snapshots that said that something may be lost (only if `lenient`, else a fault)."""
    refused: int
    closed: int
    """Subscribers that the server hung up on (only if `lenient`, else a fault)."""
    closed_muted: int
    codes: dict[str, int]
    """Their close codes; 1006: none came."""


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
    """The counters of all processes together."""
    codes: dict[str, int] = {}
    for stats in every:
        for code, number in stats.codes.items():
            codes[code] = codes.get(code, 0) + number
    fields = [field for field in Stats.__struct_fields__ if field not in ("now", "codes")]
    sums = {field: sum(getattr(stats, field) for stats in every) for field in fields}
    return Stats(now=max(stats.now for stats in every), codes=codes, **sums)
