"""The items that may be shown now: pinned items, and the others, each newest first by `firstCreated`.

When the clock passes the expiry of an item, the item is removed; at the end of its pin it moves to the other list. If
the clock is set back, both are undone.
"""

from bisect import bisect, bisect_left, insort
from collections.abc import Iterable

from ticker.core.filter import Needs
from ticker.core.ordered_items import Order, OrderedItems
from ticker.core.record import ALWAYS, NEVER, ItemRecord

# Sorts after every uri: `bisect` with it finds the end of a moment.
_AFTER_URIS = "\U0010ffff"


class CurrentItems:
    """Every usable item."""

    def __init__(self) -> None:
        self._now = NEVER
        self._lists = {True: OrderedItems(), False: OrderedItems()}
        """By whether an item is pinned."""
        self._changes: list[tuple[float, str]] = []
        """When items expire or their pins end, in order, with their uris."""
        self._changing: dict[str, ItemRecord] = {}
        """The items of `_changes`."""

    def fill(self, records: Iterable[ItemRecord]) -> None:
        """Replaces all items, at the same time as before. This is much cheaper than to add them one by one."""
        self._changes, self._changing = [], {}
        listed: dict[bool, list[ItemRecord]] = {True: [], False: []}
        for record in records:
            for moment in _change_times(record):
                self._changes.append((moment, record.order[1]))
                self._changing[record.order[1]] = record
            record.is_pinned = self._list_of(record)
            if record.is_pinned is not None:
                listed[record.is_pinned].append(record)
        self._changes.sort()
        self._lists = {pinned: OrderedItems(sorted(records, key=_order)) for pinned, records in listed.items()}

    def add(self, record: ItemRecord) -> None:
        """Adds an item. If it was here, call `remove` before it changes."""
        uri = record.entry.item.uri
        for moment in _change_times(record):
            insort(self._changes, (moment, uri))
            self._changing[uri] = record
        self._list(record)

    def remove(self, record: ItemRecord) -> None:
        """Removes an item, which must not have changed since it was added."""
        uri = record.entry.item.uri
        for moment in _change_times(record):
            index = bisect_left(self._changes, (moment, uri))
            del self._changes[index]
            self._changing.pop(uri, None)
        self._unlist(record)

    def select(self, needs: Needs, count: int, now: float, *, after: ItemRecord | None = None) -> list[ItemRecord]:
        """Returns at most `count` items that may be shown at `now`, pinned first, then newest first.

        With `after` it continues behind that item.
        """
        self._advance(now)
        order = after.order if after is not None else None
        selected: list[ItemRecord] = []
        # An item that is no longer shown is in no list; then its longest pin tells where the page before ended.
        if after is None or (after.longest_pin > now if after.is_pinned is None else after.is_pinned):
            selected += self._lists[True].select(needs, count, order)
            order = None
        return selected + self._lists[False].select(needs, count - len(selected), order)

    def next_change(self, now: float) -> float:
        """Returns the next time at which `select` may return other items although no entry arrives."""
        index = bisect(self._changes, (now, _AFTER_URIS))
        return self._changes[index][0] if index < len(self._changes) else ALWAYS

    def _advance(self, now: float) -> None:
        earlier, later = sorted((self._now, now))
        self._now = now
        start, end = (bisect(self._changes, (time, _AFTER_URIS)) for time in (earlier, later))
        for _, uri in self._changes[start:end]:
            record = self._changing[uri]
            self._unlist(record)
            self._list(record)

    def _list(self, record: ItemRecord) -> None:
        record.is_pinned = self._list_of(record)
        if record.is_pinned is not None:
            self._lists[record.is_pinned].add(record)

    def _list_of(self, record: ItemRecord) -> bool | None:
        return record.pin > self._now if record.is_usable and record.expires > self._now else None

    def _unlist(self, record: ItemRecord) -> None:
        if record.is_pinned is not None:
            self._lists[record.is_pinned].remove(record)
            record.is_pinned = None


def _change_times(record: ItemRecord) -> list[float]:
    times = (record.expires, record.pin)
    return [] if times == (ALWAYS, NEVER) else [time for time in times if NEVER < time < ALWAYS]


def _order(record: ItemRecord) -> Order:
    return record.order
