"""The items that may be shown, newest first by `firstCreated`, found by filter without looking at each of them.

1. Items stand in blocks of at most `BLOCK`. For each term a block has a bit mask of the items with it, so that a filter
   costs a few operations on small numbers for each block, also where it matches nothing.
2. An item that expired is taken out when the clock passes its time, and one whose pin ended moves to the others. A
   clock that was set back undoes that.
"""

from bisect import bisect, bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ticker.core.filter import Masks, Needs, marked, meeting
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

    def fill(self, records: Iterable[ItemRecord]) -> None:
        """Holds these items and no others; the time stays. Much cheaper than to add them one by one."""
        self._changes, self._records = [], {}
        listed: dict[bool, list[ItemRecord]] = {True: [], False: []}
        for record in records:
            for moment in _moments(record):
                self._changes.append((moment, record.order[1]))
                self._records[record.order[1]] = record
            record.listed = self._list_of(record)
            if record.listed is not None:
                listed[record.listed].append(record)
        self._changes.sort()
        self._lists = {pinned: _OrderedItems(sorted(some, key=_order)) for pinned, some in listed.items()}

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
        # An item that is shown stands where it is listed now; only for one that is not do its earlier pins tell.
        if after is None or (after.pinned_until > now if after.listed is None else after.listed):
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
        record.listed = self._list_of(record)
        if record.listed is not None:
            self._lists[record.listed].add(record)

    def _list_of(self, record: ItemRecord) -> bool | None:
        return record.pin > self._now if record.usable and record.expires > self._now else None

    def _unlist(self, record: ItemRecord) -> None:
        if record.listed is not None:
            self._lists[record.listed].remove(record)
            record.listed = None


class _OrderedItems:
    """Items in order, oldest first, in blocks."""

    def __init__(self, records: Sequence[ItemRecord] = ()) -> None:
        """Starts with `records`, which are in order."""
        self._blocks = [_Block(records[at : at + BLOCK]) for at in range(0, len(records), BLOCK)]

    def add(self, record: ItemRecord) -> None:
        at = self._block_of(record.order)
        if at < 0:
            self._blocks.append(_Block([record]))
            return
        block = self._blocks[at]
        if block.put(record):
            return
        if block.is_full:
            if block.orders[-1] < record.order:
                # Items mostly arrive in order: the full block stays full.
                self._blocks.insert(at + 1, _Block([record]))
                return
            self._blocks[at : at + 1] = block.halves()
            block = self._blocks[self._block_of(record.order)]
        block.insert(record)

    def remove(self, record: ItemRecord) -> None:
        at = self._block_of(record.order)
        self._blocks[at].remove(record)
        if not self._blocks[at].held:
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

    def _block_of(self, order: Order) -> int:
        """The last block that starts at or before `order`; the first one for the oldest of all, -1 without blocks."""
        blocks = self._blocks
        if blocks and blocks[-1].orders[0] <= order:
            return len(blocks) - 1
        at = bisect(blocks, order, key=_first_order) - 1
        return at if at >= 0 or not blocks else 0


class _Block:
    """Places in order, each with an item or empty, and for each term the mask of the places whose items have it.

    A removed item leaves its place empty: to move the others up would change the mask of every term, and what is
    removed comes back to its place (a correction) or is the oldest.
    """

    __slots__ = ("held", "masks", "orders", "records")

    def __init__(self, records: Sequence[ItemRecord]) -> None:
        self.orders: list[Order]
        self.records: list[ItemRecord | None]
        self.held: int
        """The mask of the places that have an item."""
        self.masks: Masks
        self._fill(records)

    @property
    def is_full(self) -> bool:
        """Whether every place that a block may have holds an item."""
        return len(self.orders) >= BLOCK and self.held.bit_count() >= BLOCK

    def halves(self) -> list["_Block"]:
        """The items in two blocks."""
        records, half = self._items(), BLOCK // 2
        return [_Block(records[:half]), _Block(records[half:])]

    def put(self, record: ItemRecord) -> bool:
        """Puts an item at its own empty place; False where there is none."""
        at = bisect_left(self.orders, record.order)
        if at == len(self.orders) or self.orders[at] != record.order:
            return False
        self._set(at, record)
        return True

    def insert(self, record: ItemRecord) -> None:
        """Makes a place for an item; the block is not full."""
        if len(self.orders) >= BLOCK:
            self._fill(self._items())
        at = bisect_left(self.orders, record.order)
        if at < len(self.orders):
            low = (1 << at) - 1
            self.held = self.held & low | (self.held & ~low) << 1
            for term, mask in self.masks.items():
                self.masks[term] = mask & low | (mask & ~low) << 1
        self.orders.insert(at, record.order)
        self.records.insert(at, None)
        self._set(at, record)

    def remove(self, record: ItemRecord) -> None:
        at = bisect_left(self.orders, record.order)
        self.records[at] = None
        bit = 1 << at
        self.held ^= bit
        for term in record.current_terms:
            mask = self.masks.get(term, 0) & ~bit
            if mask:
                self.masks[term] = mask
            else:
                # A term may stand twice among those of one item.
                self.masks.pop(term, None)

    def select(self, needs: Needs, count: int, before: Order | None) -> list[ItemRecord]:
        found: list[ItemRecord] = []
        for at in self._positions(needs, before):
            if len(found) >= count:
                break
            record = self.records[at]
            if record is not None:
                found.append(record)
        return found

    def _fill(self, records: Sequence[ItemRecord]) -> None:
        self.orders = [record.order for record in records]
        self.records = list(records)
        self.held = (1 << len(records)) - 1
        self.masks = {}
        for at, record in enumerate(records):
            self._mark(at, record)

    def _set(self, at: int, record: ItemRecord) -> None:
        self.records[at] = record
        self.held |= 1 << at
        self._mark(at, record)

    def _mark(self, at: int, record: ItemRecord) -> None:
        masks, bit = self.masks, 1 << at
        for term in record.current_terms:
            masks[term] = masks.get(term, 0) | bit

    def _items(self) -> list[ItemRecord]:
        return [record for record in self.records if record is not None]

    def _positions(self, needs: Needs, before: Order | None) -> Iterator[int]:
        mask = self.held
        if before is not None:
            mask &= (1 << bisect_left(self.orders, before)) - 1
        return marked(meeting(needs, self.masks, mask))


def _moments(record: ItemRecord) -> list[float]:
    moments = (record.expires, record.pin)
    return [] if moments == (ALWAYS, NEVER) else [moment for moment in moments if NEVER < moment < ALWAYS]


def _order(record: ItemRecord) -> Order:
    return record.order


def _first_order(block: _Block) -> Order:
    return block.orders[0]
