"""Items in an order, in blocks with bit masks, found by filter without a look at each item.

For each term a block has a bit mask of the items with it. So a filter costs a few operations on small integers per
block, also when it matches nothing.
"""

from bisect import bisect, bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

from ticker.core.filter import Masks, Needs, bit_positions, matching
from ticker.core.record import ItemRecord

BLOCK: Final = 128

Order = tuple[float, str]
"""The time at which an item was first created, and its uri."""


class OrderedItems:
    """Items by `order`, oldest first."""

    def __init__(self, records: Sequence[ItemRecord] = ()) -> None:
        """`records` must be in order."""
        self._blocks = [_Block(records[start : start + BLOCK]) for start in range(0, len(records), BLOCK)]

    def add(self, record: ItemRecord) -> None:
        """Adds an item that is not here."""
        number = self._block_of(record.order)
        if number < 0:
            self._blocks.append(_Block([record]))
            return
        block = self._blocks[number]
        if block.put(record):
            return
        if block.is_full:
            if block.orders[-1] < record.order:
                # Items mostly arrive in order, so the full block stays full.
                self._blocks.insert(number + 1, _Block([record]))
                return
            self._blocks[number : number + 1] = block.halves()
            block = self._blocks[self._block_of(record.order)]
        block.insert(record)

    def remove(self, record: ItemRecord) -> None:
        """Removes an item that is here."""
        number = self._block_of(record.order)
        self._blocks[number].remove(record)
        if not self._blocks[number].occupied:
            del self._blocks[number]

    def select(self, needs: Needs, count: int, before: Order | None) -> list[ItemRecord]:
        """Returns at most `count` items that meet `needs`, newest first; only those before `before` if given."""
        selected: list[ItemRecord] = []
        end = len(self._blocks) if before is None else bisect_left(self._blocks, before, key=_first_order)
        for block in reversed(self._blocks[:end]):
            if len(selected) >= count:
                break
            selected += block.select(needs, count - len(selected), before)
        return selected

    def _block_of(self, order: Order) -> int:
        """Returns the last block that starts at or before `order`, else the first one, or -1 if there is none."""
        blocks = self._blocks
        if blocks and blocks[-1].orders[0] <= order:
            return len(blocks) - 1
        number = bisect(blocks, order, key=_first_order) - 1
        return number if number >= 0 or not blocks else 0


class _Block:
    """Consecutive positions, each with an item or empty.

    A removed item leaves its position empty. To close the gap would change the mask of every term, and a removed item
    mostly comes back to its position (a correction) or is the oldest.
    """

    __slots__ = ("masks", "occupied", "orders", "records")

    def __init__(self, records: Sequence[ItemRecord]) -> None:
        self.orders: list[Order]
        self.records: list[ItemRecord | None]
        self.occupied: int
        """The mask of the positions that have an item."""
        self.masks: Masks
        self._fill(records)

    @property
    def is_full(self) -> bool:
        """Whether every position that a block may have has an item."""
        return len(self.orders) >= BLOCK and self.occupied.bit_count() >= BLOCK

    def halves(self) -> list["_Block"]:
        """Returns the items in two blocks."""
        records, half = self._items(), BLOCK // 2
        return [_Block(records[:half]), _Block(records[half:])]

    def put(self, record: ItemRecord) -> bool:
        """Puts an item back at its empty position. Returns False if there is none."""
        index = bisect_left(self.orders, record.order)
        if index == len(self.orders) or self.orders[index] != record.order:
            return False
        self._set(index, record)
        return True

    def insert(self, record: ItemRecord) -> None:
        """Inserts a position for an item; the block must not be full."""
        if len(self.orders) >= BLOCK:
            self._fill(self._items())
        index = bisect_left(self.orders, record.order)
        if index < len(self.orders):
            low = (1 << index) - 1
            self.occupied = self.occupied & low | (self.occupied & ~low) << 1
            for term, mask in self.masks.items():
                self.masks[term] = mask & low | (mask & ~low) << 1
        self.orders.insert(index, record.order)
        self.records.insert(index, None)
        self._set(index, record)

    def remove(self, record: ItemRecord) -> None:
        index = bisect_left(self.orders, record.order)
        self.records[index] = None
        bit = 1 << index
        self.occupied ^= bit
        for term in record.current_terms:
            mask = self.masks.get(term, 0) & ~bit
            if mask:
                self.masks[term] = mask
            else:
                # The terms of one item may repeat.
                self.masks.pop(term, None)

    def select(self, needs: Needs, count: int, before: Order | None) -> list[ItemRecord]:
        selected: list[ItemRecord] = []
        for index in self._positions(needs, before):
            if len(selected) >= count:
                break
            record = self.records[index]
            if record is not None:
                selected.append(record)
        return selected

    def _fill(self, records: Sequence[ItemRecord]) -> None:
        self.orders = [record.order for record in records]
        self.records = list(records)
        self.occupied = (1 << len(records)) - 1
        self.masks = {}
        for index, record in enumerate(records):
            self._mark(index, record)

    def _set(self, index: int, record: ItemRecord) -> None:
        self.records[index] = record
        self.occupied |= 1 << index
        self._mark(index, record)

    def _mark(self, index: int, record: ItemRecord) -> None:
        masks, bit = self.masks, 1 << index
        for term in record.current_terms:
            masks[term] = masks.get(term, 0) | bit

    def _items(self) -> list[ItemRecord]:
        return [record for record in self.records if record is not None]

    def _positions(self, needs: Needs, before: Order | None) -> Iterator[int]:
        mask = self.occupied
        if before is not None:
            mask &= (1 << bisect_left(self.orders, before)) - 1
        return bit_positions(matching(needs, self.masks, mask))


def _first_order(block: _Block) -> Order:
    return block.orders[0]
