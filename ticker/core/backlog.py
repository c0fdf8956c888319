"""The backlog: what the stream holds, in memory, so that a join, a resume or a storm of them reads no Redis.

Rules:

1. A cursor is good only if its epoch is this one and exactly that entry is held, or it is the `floor`: the place
   just before the oldest entry from which the log has no hole.
2. An entry that does not follow the newest one (another epoch, a hole, a number that was seen already) is
   never taken; the reader then rebuilds the whole backlog from the stream.
3. Current items are folded by uri; the higher version wins, whatever the order of arrival.
4. Items stand in the order of `firstCreated`, whatever the order of arrival: a correction does not jump to the top.
5. An item whose newest version may be missing (a hole after it) is not current until the ledger confirms it.
6. A version that was read once is not forgotten where the stream goes back behind it (a failover, a backup, also
   after it was empty for a while): the item is not current until that version comes again, or a later one.
7. A replay carries each item once, in its newest version, and without the words of one that is withdrawn or on hold.
8. An entry that repeats a version, or is older than one that is known, is held and is no news.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from ticker.contract.cursor import NO_EPOCH, Cursor, origin
from ticker.contract.entry import Entry
from ticker.core.doubts import Doubt
from ticker.core.filter import Filter, Terms, meets_any, needs_of
from ticker.core.index import ShownItems
from ticker.core.passed import PassedVersions
from ticker.core.places import Places
from ticker.core.record import ItemRecord, Records, fold

_CUT_AT: Final = 64


class Backlog:
    """The newest `length` entries of the stream, oldest first, and the items folded from them."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._entries: list[Entry] = []
        self._start = 0
        self._cut = 0
        """How many entries were before the first of `_entries`."""
        self._whole_from = 0
        self._records: Records = {}
        self._places = Places()
        self._shown = ShownItems()
        self.hidden: set[str] = set()
        """Items that are not current because their newest version cannot be read."""
        self._passed = PassedVersions(length)
        self._unread: deque[tuple[int, str]] = deque()
        """Items with an unreadable entry that may be their newest, by the number of that entry."""
        self.revision = 0
        """Differs whenever an answer may differ, though the place is the same."""
        self.floor = origin(NO_EPOCH)
        """The oldest place from which everything since is held."""
        self.newest = self.floor
        """The place of the newest entry; what a snapshot's cursor says."""

    def __len__(self) -> int:
        return len(self._entries) - self._start

    def entries(self) -> Iterator[Entry]:
        """All that are held, oldest first."""
        return islice(self._entries, self._start, None)

    def rebuild(
        self,
        entries: Sequence[Entry],
        epoch: str | None,
        seq: int,
        proof: str = "0",
        doubts: Mapping[str, Doubt] | None = None,
        records: Records | None = None,
    ) -> None:
        """Starts anew from what the stream holds; `epoch` and `seq` are where the stream says that it stands.

        `proof` is the check of that place where no entry proves it; another loss at the same number needs another one.
        `doubts` are the items whose newest version is not, or may not be, among `entries`. `records` are what `fold`
        made of `entries`, where the caller did that in steps; from now on they belong to the backlog.
        """
        if records is None:
            fold(entries, records := {})
        self._passed.note(self._records)
        self._entries, self._start, self._cut, self._whole_from, self._records = [], 0, 0, 0, records
        self.floor = self.newest = origin(NO_EPOCH)
        for entry in entries:
            if entry.seq == 1 or not self.follows(entry):
                self._reset_floor(entry)
            self._entries.append(entry)
            self.newest = entry.cursor
        for _ in range(len(self) - self._length):
            self._forget()
        self._end_at(epoch, seq, proof)
        for uri, doubt in (doubts := doubts or {}).items():
            if uri in records:
                records[uri].settle(doubt)
        self._passed.settle(self._records)
        self._unread = deque(sorted((doubt.number, uri) for uri, doubt in doubts.items() if doubt.number is not None))
        self.hidden = {uri for uri, record in self._records.items() if not record.confirmed}
        self.hidden.update(uri for _, uri in self._unread)
        self._places = Places()
        for at, entry in enumerate(self._entries):
            record = records.get(entry.item.uri)
            if record is not None and record.changed_at is entry:
                self._places.put(record, self._cut + at)
        # Once for all of them: item by item it held the loop for half a second.
        self._shown.fill(self._records.values())
        self.revision += 1

    def pass_hole(
        self, entries: Sequence[Entry], epoch: str | None, seq: int, proof: str, doubts: Mapping[str, Doubt]
    ) -> None:
        """As `rebuild`, where all that is held stands, nothing is hidden and only `entries` came after a hole."""
        for entry in entries:
            if not self.follows(entry):
                self._reset_floor(entry)
            self._append(entry)
        self._end_at(epoch, seq, proof)
        for uri, doubt in doubts.items():
            if (record := self._records.get(uri)) is not None:
                self._shown.remove(record)
                record.settle(doubt)
                self._shown.add(record)
                if not record.confirmed:
                    self.hidden.add(uri)
        self.revision += 1

    def follows(self, entry: Entry) -> bool:
        """Whether `entry` is the one right after the newest, so that nothing lies between."""
        if self.newest == origin(NO_EPOCH):
            # Nothing was ever published: the first entry of any stream lacks nothing before it.
            return entry.seq == 1
        return entry.cursor.epoch == self.newest.epoch and entry.seq == self.newest.seq + 1

    def add(self, entry: Entry) -> bool:
        """Takes the next entry; the caller has asked `follows` first. Returns whether it is news (rule 8)."""
        if entry.seq == 1:
            self._reset_floor(entry)
        return self._append(entry)

    def holds(self, cursor: Cursor) -> bool:
        """Whether everything since `cursor` is held (rule 1)."""
        if cursor == self.floor or cursor == self.newest or self._is_before_all(cursor):
            return True
        index = self._index(cursor)
        return index is not None and self._entries[index].cursor == cursor

    def since(self, cursor: Cursor) -> list[Entry]:
        """Every entry after a cursor that `holds` said is good, oldest first."""
        return self._entries[self._after(cursor) :]

    def terms(self, entry: Entry) -> tuple[Terms, ...]:
        """What filters find in `entry`: its own terms, and those of the item's earlier versions.

        A change that takes an item out of a filter must reach the readers who saw the earlier version.
        """
        record = self._records.get(entry.item.uri)
        # One that is forgotten, or never taken, carries what is needed by itself.
        return ItemRecord(entry).terms(entry) if record is None else record.terms(entry)

    def matches(self, wanted: Filter, entry: Entry) -> bool:
        """Whether `entry` goes to those who asked for `wanted`: it matches, or an earlier version of it did."""
        return meets_any(needs_of(wanted), self.terms(entry))

    def replay(self, wanted: Filter, after: Cursor) -> Iterator[tuple[Entry, bytes]]:
        """What `wanted` missed after a good cursor: each item once, where it last changed, as the JSON to send."""
        for some in self._changed(wanted, after):
            for record in some:
                yield record.changed_at, record.public_json

    def replay_json(self, wanted: Filter, after: Cursor) -> list[bytes]:
        """What `replay` yields without the entries, in half the time."""
        return [record.public_json for some in self._changed(wanted, after) for record in some]

    def item(self, uri: str) -> Entry | None:
        """The newest held entry of an item, which may not be its newest version; see `is_confirmed`."""
        record = self._records.get(uri)
        return record.entry if record else None

    def is_confirmed(self, uri: str) -> bool:
        """Whether the newest version of a held item is known."""
        record = self._records.get(uri)
        return record is not None and record.confirmed

    def current(self, wanted: Filter, count: int, now: float) -> tuple[list[Entry], float]:
        """At most `count` current items as `wanted` filters them, pinned first, then newest first.

        Also returns the time (seconds since 1970) until which that stays so if nothing arrives: an item may
        expire or a pin may fall before the next entry.
        """
        records = self._shown.select(needs_of(wanted), count, now)
        return [record.entry for record in records], self._shown.next_change(now)

    def page(self, wanted: Filter, limit: int, before: str | None, now: float) -> tuple[list[Entry], bool]:
        """`limit` current items after the one whose uri is `before`, and whether there are more.

        Nothing follows a uri that is no longer held.
        """
        last = None if before is None else self._records.get(before)
        if before is not None and last is None:
            return [], False
        records = self._shown.select(needs_of(wanted), limit + 1, now, after=last)
        return [record.entry for record in records[:limit]], len(records) > limit

    def _append(self, entry: Entry) -> bool:
        self._entries.append(entry)
        self.newest = entry.cursor
        self.revision += 1
        record = self._records.get(entry.item.uri)
        if record is None:
            record, is_news = ItemRecord(entry), True
            record.needed = self._passed.version_of(entry.item.uri)
            self._records[entry.item.uri] = record
        else:
            self._shown.remove(record)
            is_news = record.add(entry)
        self._shown.add(record)
        is_news = is_news and record.may_be_sent
        if not record.confirmed:
            self.hidden.add(entry.item.uri)
        elif self.hidden:
            self.hidden.discard(entry.item.uri)
        if is_news:
            self._places.put(record, self._cut + len(self._entries) - 1)
        else:
            self._places.see(record)
        if len(self) > self._length:
            forgotten = self._forget()
            if forgotten is not None:
                self._shown.remove(forgotten)
                self._disclose(forgotten.order[1])
        return is_news

    def _end_at(self, epoch: str | None, seq: int, proof: str) -> None:
        # Entries may have come since the stream said where it stands, so more than that is no contradiction.
        if epoch is not None and (self.newest.epoch != epoch or self.newest.seq < seq):
            # The newest entries are gone, or cannot be verified: whatever was there, it is not held.
            self.floor = self.newest = Cursor(epoch, seq, proof)
            self._whole_from = len(self._entries)

    def _forget(self) -> ItemRecord | None:
        """Lets go of the oldest entry; returns its item where that is forgotten too."""
        oldest = self._entries[self._start]
        self._start += 1
        # Entries of an earlier epoch come before them all, whatever their numbers.
        while self._unread and oldest.cursor.epoch == self.newest.epoch and self._unread[0][0] < oldest.seq:
            self._disclose(self._unread.popleft()[1])
        if self._start > self._whole_from:
            self._whole_from = self._start
            self.floor = oldest.cursor
        # Cutting the list each time would move ten thousand pointers an entry; and what is forgotten is 2 KB each.
        if self._start >= _CUT_AT:
            del self._entries[: self._start]
            self._cut += self._start
            self._whole_from -= self._start
            self._start = 0
        record = self._records.get(oldest.item.uri)
        # None where a signed body was put into the stream once more by hand, and its newest version is forgotten.
        if record is None or record.newest_place is not oldest:
            return None
        self._places.remove(record)
        return self._records.pop(oldest.item.uri)

    def _disclose(self, uri: str) -> None:
        """Counts an item as hidden no longer, unless an entry of it is still held that says so."""
        if uri not in self.hidden or (uri in self._records and not self.is_confirmed(uri)):
            return
        if all(uri != other for _, other in self._unread):
            self.hidden.discard(uri)

    def _reset_floor(self, entry: Entry) -> None:
        first = entry.seq == 1
        self.floor = origin(entry.cursor.epoch) if first else entry.cursor
        self._whole_from = len(self._entries) if first else len(self._entries) + 1

    def _is_before_all(self, cursor: Cursor) -> bool:
        # Given out before the first publish of all; whoever has it has seen nothing, and all there ever was is held.
        return cursor == origin(NO_EPOCH) and self.floor.seq == 0 and self._whole_from <= self._start

    def _changed(self, wanted: Filter, after: Cursor) -> Iterator[list[ItemRecord]]:
        for some in self._places.select(needs_of(wanted), self._cut + self._after(after)):
            yield [record for record in some if record.may_be_sent] if self.hidden else some

    def _after(self, cursor: Cursor) -> int:
        """The index of the entry after a cursor that `holds` said is good, or where the next one will be."""
        if cursor == self.newest:
            return len(self._entries)
        if cursor == self.floor or self._is_before_all(cursor):
            return self._whole_from
        index = self._index(cursor)
        if index is None:
            raise LookupError("since() of a cursor that is not held")
        return index + 1

    def _index(self, cursor: Cursor) -> int | None:
        index = len(self._entries) - 1 - (self.newest.seq - cursor.seq)
        return index if self._whole_from <= index < len(self._entries) else None
