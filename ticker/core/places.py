"""The items of the backlog in the order in which they last changed, found by filter without looking at each of them.

A replay of 8,000 items that judged each of them took 10 ms and more; by masks, as in `ticker.core.index`, it takes 2.
The masks of a block are made when a replay first needs them, so that a rebuild does not make them all at once.
"""

from collections import deque
from collections.abc import Iterator
from itertools import compress, islice
from typing import Final

from ticker.core.filter import Masks, Needs, marked, meeting, meets_any
from ticker.core.record import NO_PLACE, ItemRecord

BLOCK: Final = 512
_TRUTH: Final = bytes.maketrans(b"01", b"\0\1")


class Places:
    """Items at the places where they last changed; places are numbered as the entries came, from 0."""

    def __init__(self) -> None:
        self._blocks: deque[_Block] = deque()
        self._gone = 0
        """How many blocks were before the first one."""

    def put(self, record: ItemRecord, place: int) -> None:
        """Puts an item at a place after all others, and away from where it was."""
        self.remove(record)
        record.place = place
        while len(self._blocks) <= place // BLOCK - self._gone:
            self._blocks.append(_Block())
        self._block_of(record).put(record, place % BLOCK)

    def see(self, record: ItemRecord) -> None:
        """Told that filters may find more in an item than before."""
        if record.place != NO_PLACE:
            self._block_of(record).forget_masks()

    def remove(self, record: ItemRecord) -> None:
        """Takes an item out, if it is here."""
        if record.place == NO_PLACE:
            return
        self._block_of(record).remove(record.place % BLOCK)
        record.place = NO_PLACE
        while len(self._blocks) > 1 and not self._blocks[0].held:
            self._blocks.popleft()
            self._gone += 1

    def select(self, needs: Needs, begin: int) -> Iterator[list[ItemRecord]]:
        """Those that meet `needs`, from the place `begin` on, some at a time."""
        first = begin // BLOCK - self._gone
        for number, block in islice(enumerate(self._blocks), max(0, first), None):
            yield block.select(needs, begin % BLOCK if number == first else 0)

    def _block_of(self, record: ItemRecord) -> "_Block":
        return self._blocks[record.place // BLOCK - self._gone]


class _Block:
    """Places in order, each with an item or empty."""

    __slots__ = ("_masks", "_records", "_several", "held")

    def __init__(self) -> None:
        self._records: list[ItemRecord | None] = []
        self.held = 0
        """The mask of the places that have an item."""
        self._masks: Masks | None = None
        self._several = 0
        """The mask of the items whose versions differ for filters: for each one the masks have what any of them has."""

    def put(self, record: ItemRecord, at: int) -> None:
        self._records += [None] * (at + 1 - len(self._records))
        self._records[at] = record
        self.held |= 1 << at
        if self._masks is not None:
            self._mark(self._masks, at, record)

    def remove(self, at: int) -> None:
        self._records[at] = None
        self.held &= ~(1 << at)

    def forget_masks(self) -> None:
        self._masks = None

    def select(self, needs: Needs, begin: int) -> list[ItemRecord]:
        held = self.held >> begin << begin
        masks = self._masks
        if masks is None:
            masks = self._masks = self._made()
        mask = meeting(needs, masks, held)
        for at in marked(mask & self._several):
            record = self._records[at]
            if record is None or not meets_any(needs, record.terms(record.changed_at)):
                mask ^= 1 << at
        # From the least place to the greatest, as the digits of a number are not.
        chosen = f"{mask:b}"[::-1].encode().translate(_TRUTH)
        return [record for record in compress(self._records, chosen) if record is not None]

    def _made(self) -> Masks:
        masks: Masks = {}
        self._several = 0
        for at, record in enumerate(self._records):
            if record is not None:
                self._mark(masks, at, record)
        return masks

    def _mark(self, masks: Masks, at: int, record: ItemRecord) -> None:
        bit = 1 << at
        if len(record.seen) > 1:
            self._several |= bit
        for _, terms in record.seen:
            for term in terms:
                masks[term] = masks.get(term, 0) | bit
