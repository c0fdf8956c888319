"""The list that readers had at a moment, from the versions that were stored until then.

The rules are those of a node (ticker.core): the highest version of an item counts, pinned items come first, then the
newest first by `firstCreated`; an item whose newest version cannot be read is not shown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from ticker.contract.item import Item, instant


class Stored(msgspec.Struct, frozen=True):
    """One version as it was stored."""

    added: float
    """When, in seconds since 1970."""
    uri: str | None
    """None if it cannot be read and names no item."""
    item: Item | None
    """None if it cannot be read."""


def stream_at(stream: Sequence[Stored], ledgers: Iterable[Stored], time: float, length: int) -> list[Stored]:
    """The newest `length` versions at `time`, in order: those that the stream had, and every node.

    `stream` are the versions that it has now; `ledgers` has at least all others that it had then.
    """
    in_stream = {(version.item.uri, version.item.version) for version in stream if version.item is not None}
    versions = [
        *(
            version
            for version in ledgers
            if version.item is None or (version.uri, version.item.version) not in in_stream
        ),
        *stream,
    ]
    past = [version for version in versions if version.added <= time]
    past.sort(key=lambda version: version.added)
    return past[-length:]


def newest_at(stored: Iterable[Stored], time: float) -> tuple[dict[str, Item], bool]:
    """The newest version of each item at `time`, and whether all versions could be read; `stored` is in order."""
    newest: dict[str, Item] = {}
    unread: set[str | None] = set()
    for version in stored:
        if version.added > time:
            break
        if version.item is None:
            unread.add(version.uri)
        elif version.item.version >= (newest[version.item.uri].version if version.item.uri in newest else 0):
            newest[version.item.uri] = version.item
            unread.discard(version.item.uri)
    for uri in unread:
        newest.pop(uri or "", None)
    return newest, not unread


def list_at(newest: Mapping[str, Item], time: float, matches: Callable[[Item], bool], limit: int) -> tuple[Item, ...]:
    """The first `limit` items that matched a reader's filter at `time`."""
    current = [item for item in newest.values() if item.current(time) and matches(item)]
    current.sort(key=lambda item: (item.pinned(time), instant(item.first_created), item.uri), reverse=True)
    return tuple(current[:limit])
