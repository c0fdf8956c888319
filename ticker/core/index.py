"""The items that may be shown, newest first by `firstCreated`, found by filter without looking at each of them.

1. Items stand in blocks of at most `BLOCK`. For each term a block has a bit mask of the items with it, so that a filter
   costs a few operations on small numbers for each block, also where it matches nothing.
2. An item that expired is taken out when the clock passes its time, and one whose pin ended moves to the others. A
   clock that was set back undoes that.
"""

from bisect import bisect, bisect_left, insort
from collections.abc import Iterator
from typing import Final

from ticker.core.filter import Needs
from ticker.core.record import ALWAYS, NEVER, ItemRecord

BLOCK: Final = 128

Order = tuple[float, str]
"""When an item was first created, and its uri."""


class ShownItems:
    """Every usable item, pinned ones apart."""

    def __init__(self) -> None:
        self._now = NEVER
        self._lists = {True: _OrderedItems(), False: _OrderedItems()}
        self._changes: list[tuple[float, str]] = []
        """When an item expires or a pin ends, in order."""
        self._records: dict[str, ItemRecord] = {}
        """Those of items that have such a time."""

    def clear(self) -> None:
        """Forgets every item; the time stays."""
        self._lists = {True: _OrderedItems(), False: _OrderedItems()}
        self._changes, self._records = [], {}

    def add(self, record: ItemRecord) -> None:
        """Takes an item, after `remove` where it was here before it changed."""
        uri = record.entry.item.uri
        for moment in _moments(record):
            insort(self._changes, (moment, uri))
            self._records[uri] = record
        self._list(record)

    def remove(self, record: ItemRecord) -> None:
        """Takes an item out as it was added."""
        uri = record.entry.item.uri
        for moment in _moments(record):
            at = bisect_left(self._changes, (moment, uri))
            del self._changes[at]
            self._records.pop(uri, None)
        self._unlist(record)

    def select(self, needs: Needs, count: int, now: float, *, after: ItemRecord | None = None) -> list[ItemRecord]:
        """At most `count` items that may be shown at `now`, pinned first, then newest first; those after `after`."""
        self._advance(now)
        order = after.order if after is not None else None
        found: list[ItemRecord] = []
        if after is None or after.pinned_until > now:
            found += self._lists[True].select(needs, count, order)
            order = None
        return found + self._lists[False].select(needs, count - len(found), order)

    def next_change(self, now: float) -> float:
        """When the answer may be another one though no entry arrives."""
        at = bisect(self._changes, (now, "\U0010ffff"))
        return self._changes[at][0] if at < len(self._changes) else ALWAYS

    def _advance(self, now: float) -> None:
        least, most = sorted((self._now, now))
        self._now = now
        begin, end = (bisect(self._changes, (time, "\U0010ffff")) for time in (least, most))
        for _, uri in self._changes[begin:end]:
            record = self._records[uri]
            self._unlist(record)
            self._list(record)

    def _list(self, record: ItemRecord) -> None:
        if record.usable and record.expires > self._now:
            record.listed = record.pin > self._now
            self._lists[record.listed].add(record)

    def _unlist(self, record: ItemRecord) -> None:
        if record.listed is not None:
            self._lists[record.listed].remove(record)
            record.listed = None


class _OrderedItems:
    """Items in order, oldest first, in blocks."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []

    def add(self, record: ItemRecord) -> None:
        at = self._block_of(record)
        if at < 0:
            self._blocks.append(_Block([record]))
            return
        block = self._blocks[at]
        if len(block.records) < BLOCK:
            block.insert(record)
        elif block.records[-1].order < record.order:
            # Items mostly arrive in order: the full block stays full.
            self._blocks.insert(at + 1, _Block([record]))
        else:
            half = BLOCK // 2
            self._blocks[at : at + 1] = [_Block(block.records[:half]), _Block(block.records[half:])]
            self._blocks[self._block_of(record)].insert(record)

    def remove(self, record: ItemRecord) -> None:
        at = self._block_of(record)
        self._blocks[at].remove(record)
        if not self._blocks[at].records:
            del self._blocks[at]

    def select(self, needs: Needs, count: int, before: Order | None) -> list[ItemRecord]:
        """At most `count` of those that meet `needs`, newest first."""
        found: list[ItemRecord] = []
        last = len(self._blocks) if before is None else bisect_left(self._blocks, before, key=_first_order)
        for block in reversed(self._blocks[:last]):
            if len(found) >= count:
                break
            found += block.select(needs, count - len(found), before)
        return found

    def _block_of(self, record: ItemRecord) -> int:
        """The last block that starts at or before `record`; the first one for the oldest of all, -1 without blocks."""
        blocks = self._blocks
        if blocks and blocks[-1].records[0].order <= record.order:
            return len(blocks) - 1
        at = bisect(blocks, record.order, key=_first_order) - 1
        return at if at >= 0 or not blocks else 0


class _Block:
    """Some items in order, and for each term the mask of those that have it."""

    __slots__ = ("masks", "records")

    def __init__(self, records: list[ItemRecord]) -> None:
        self.records: list[ItemRecord] = []
        self.masks: dict[str, int] = {}
        for record in records:
            self.insert(record)

    def insert(self, record: ItemRecord) -> None:
        at = len(self.records)
        if at and record.order < self.records[-1].order:
            at = bisect_left(self.records, record.order, key=_order)
            low = (1 << at) - 1
            for term, mask in self.masks.items():
                self.masks[term] = mask & low | (mask & ~low) << 1
        self.records.insert(at, record)
        for term in record.current_terms:
            self.masks[term] = self.masks.get(term, 0) | 1 << at

    def remove(self, record: ItemRecord) -> None:
        at = bisect_left(self.records, record.order, key=_order)
        del self.records[at]
        low = (1 << at) - 1
        masks = {term: mask & low | mask >> 1 & ~low for term, mask in self.masks.items()}
        self.masks = {term: mask for term, mask in masks.items() if mask}

    def select(self, needs: Needs, count: int, before: Order | None) -> list[ItemRecord]:
        found: list[ItemRecord] = []
        for at in self._positions(needs, before):
            if len(found) >= count:
                break
            found.append(self.records[at])
        return found

    def _positions(self, needs: Needs, before: Order | None) -> Iterator[int]:
        end = len(self.records) if before is None else bisect_left(self.records, before, key=_order)
        mask = (1 << end) - 1
        for alternatives in needs:
            some = 0
            for term in alternatives:
                some |= self.masks.get(term, 0)
            mask &= some
        while mask:
            at = mask.bit_length() - 1
            yield at
            mask ^= 1 << at


def _moments(record: ItemRecord) -> list[float]:
    moments = (record.expires, record.pin)
    return [] if moments == (ALWAYS, NEVER) else [moment for moment in moments if NEVER < moment < ALWAYS]


def _order(record: ItemRecord) -> Order:
    return record.order


def _first_order(block: _Block) -> Order:
    return block.records[0].order
