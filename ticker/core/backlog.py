"""The stream's newest entries and their items in memory, so that joins and resumes do not read Redis.

Rules 1 and 2, on cursors and holes, are those of `ticker.core.resumable_log`. For items:

3. The highest version of an item counts, whatever the order of arrival.
4. Items are ordered by `firstCreated`, whatever the order of arrival: a correction does not move to the top.
5. An item whose newest version may be missing (in a hole) is hidden until the ledger confirms its version.
6. If the stream loses a version that was read (a failover, an old backup, a wipe), the item is hidden until that
   version or a later one comes again.
7. A replay has each item once, in its newest version, and without the words of an item that is withdrawn or on hold.
8. An entry that repeats a version, or has an older version than is known, is stored and is not news.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.item import Item
from ticker.core.changed_items import ChangedItems
from ticker.core.current_items import CurrentItems
from ticker.core.doubts import Doubt
from ticker.core.filter import Filter, Terms, meets_any, needs_of
from ticker.core.lost_versions import LostVersions
from ticker.core.record import ItemRecord, Records, fold
from ticker.core.resumable_log import ResumableLog


class Backlog(ResumableLog):
    """The newest `length` entries of the stream, oldest first, and the items folded from them."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length
        self._records: Records = {}
        self._changed_items = ChangedItems()
        self._current_items = CurrentItems()
        self.hidden: set[str] = set()
        """Items that are not shown because their newest version cannot be read."""
        self._lost_versions = LostVersions(length)
        self._unread: deque[tuple[int, str]] = deque()
        """Items with an unreadable entry that may be their newest, by the number of that entry."""
        self.revision = 0
        """Changes whenever an answer may change, also when `newest` stays the same."""

    def rebuild(
        self,
        entries: Sequence[Entry],
        epoch: str | None,
        seq: int,
        check: str = "0",
        doubts: Mapping[str, Doubt] | None = None,
        records: Records | None = None,
    ) -> None:
        """Replaces everything with the stream's `entries`; `epoch` and `seq` are the stream's own position.

        `check` is the last part of the cursor at that position if no entry is there. It must differ between two losses
        at the same number. `doubts` are the items whose newest version is not, or may not be, among `entries`.
        `records` are the result of `fold(entries)` if the caller made it in steps; the backlog takes them over.
        """
        if records is None:
            fold(entries, records := {})
        self._lost_versions.note(self._records)
        self._clear()
        self._records = records
        for entry in entries:
            if entry.seq == 1 or not self.is_next(entry):
                self._start_after_hole(entry)
            self._entries.append(entry)
            self.newest = entry.cursor
        for _ in range(len(self) - self._length):
            self._forget_oldest()
        self._set_end(epoch, seq, check)
        for uri, doubt in (doubts := doubts or {}).items():
            if uri in records:
                records[uri].settle(doubt)
        self._lost_versions.settle(self._records)
        self._unread = deque(sorted((doubt.number, uri) for uri, doubt in doubts.items() if doubt.number is not None))
        self.hidden = {uri for uri, record in self._records.items() if not record.is_confirmed}
        self.hidden.update(uri for _, uri in self._unread)
        self._changed_items = ChangedItems()
        for index, entry in enumerate(self._entries):
            record = records.get(entry.item.uri)
            if record is not None and record.change_entry is entry:
                self._changed_items.put(record, self._deleted + index)
        # All at once: item by item it blocked the event loop for half a second.
        self._current_items.fill(self._records.values())
        self.revision += 1

    def append_after_hole(
        self, entries: Sequence[Entry], epoch: str | None, seq: int, check: str, doubts: Mapping[str, Doubt]
    ) -> None:
        """As `rebuild`, if all entries so far remain valid, no item is hidden, and `entries` came after a hole."""
        for entry in entries:
            if not self.is_next(entry):
                self._start_after_hole(entry)
            self._append(entry)
        self._set_end(epoch, seq, check)
        for uri, doubt in doubts.items():
            if (record := self._records.get(uri)) is not None:
                self._current_items.remove(record)
                record.settle(doubt)
                self._current_items.add(record)
                if not record.is_confirmed:
                    self.hidden.add(uri)
        self.revision += 1

    def add(self, entry: Entry) -> bool:
        """Adds an entry for which `is_next` is true. Returns whether it is news (rule 8)."""
        if entry.seq == 1:
            self._start_after_hole(entry)
        return self._append(entry)

    def terms(self, entry: Entry) -> tuple[Terms, ...]:
        """Returns the terms of `entry` and of the item's earlier versions.

        A change that removes an item from a filter must reach the clients that got the earlier version.
        """
        record = self._records.get(entry.item.uri)
        # An entry names the terms of earlier versions itself, so that it is enough if the item is not in the backlog.
        return ItemRecord(entry).terms(entry) if record is None else record.terms(entry)

    def matches(self, filter: Filter, entry: Entry) -> bool:
        """Whether clients with `filter` get `entry`: it matches, or an earlier version of its item did."""
        return meets_any(needs_of(filter), self.terms(entry))

    def replay(self, filter: Filter, after: Cursor) -> Iterator[tuple[Entry, bytes]]:
        """Yields each item of `filter` that changed after a cursor, with its newest entry and the JSON to send.

        `can_resume` must be true for the cursor. Items come in the order of their last change.
        """
        for records in self._changed(filter, after):
            for record in records:
                yield record.change_entry, record.public_json

    def replay_json(self, filter: Filter, after: Cursor) -> list[bytes]:
        """Returns the JSON of `replay` without the entries, in half the time."""
        return [record.public_json for records in self._changed(filter, after) for record in records]

    def withholds(self, filter: Filter, after: Cursor) -> bool:
        """Whether an item of `filter` changed after a cursor and may not be sent, so that `replay` leaves it out."""
        if not self.hidden:
            return False
        changed = self._changed_items.select(needs_of(filter), self._deleted + self._index_after(after))
        return any(not record.may_be_sent for records in changed for record in records)

    def can_replay(self, filter: Filter, after: Cursor) -> bool:
        """Whether `replay` has all that a client with `filter` missed after a cursor."""
        return self.can_resume(after) and not self.withholds(filter, after)

    def item(self, uri: str) -> Entry | None:
        """Returns the newest entry of an item here, which may not be its newest version; see `is_confirmed`."""
        record = self._records.get(uri)
        return record.entry if record else None

    def is_confirmed(self, uri: str) -> bool:
        """Whether the item is in the backlog in its newest version."""
        record = self._records.get(uri)
        return record is not None and record.is_confirmed

    def items(self, edition: str) -> list[Item]:
        """Returns every item of an edition in its newest version, those that are withdrawn or on hold too."""
        records = [record for record in self._records.values() if record.is_confirmed]
        return [record.entry.item for record in records if record.entry.item.edition == edition]

    def current(self, filter: Filter, count: int, now: float) -> tuple[list[Entry], float]:
        """Returns at most `count` current items of `filter`, pinned first, then newest first.

        Also returns until when (seconds since 1970) that stays true if no entry arrives: an item may expire, or a pin
        may end.
        """
        records = self._current_items.select(needs_of(filter), count, now)
        return [record.entry for record in records], self._current_items.next_change(now)

    def page(self, filter: Filter, limit: int, before: str | None, now: float) -> tuple[list[Entry], bool]:
        """Returns `limit` current items older than the item with the uri `before`, and whether there are more.

        Returns no items for a uri that is not in the backlog.
        """
        last = None if before is None else self._records.get(before)
        if before is not None and last is None:
            return [], False
        records = self._current_items.select(needs_of(filter), limit + 1, now, after=last)
        return [record.entry for record in records[:limit]], len(records) > limit

    def _append(self, entry: Entry) -> bool:
        self._entries.append(entry)
        self.newest = entry.cursor
        self.revision += 1
        record = self._records.get(entry.item.uri)
        if record is None:
            record, is_news = ItemRecord(entry), True
            record.required_version = self._lost_versions.version_of(entry.item.uri)
            self._records[entry.item.uri] = record
        else:
            self._current_items.remove(record)
            is_news = record.add(entry)
        self._current_items.add(record)
        if not record.is_confirmed:
            self.hidden.add(entry.item.uri)
        elif self.hidden:
            self.hidden.discard(entry.item.uri)
        if is_news:
            self._changed_items.put(record, self._deleted + len(self._entries) - 1)
        else:
            self._changed_items.update_terms(record)
        if len(self) > self._length:
            forgotten = self._forget_oldest()
            if forgotten is not None:
                self._current_items.remove(forgotten)
                self._unhide(forgotten.order[1])
        return is_news and record.may_be_sent

    def _forget_oldest(self) -> ItemRecord | None:
        """Drops the oldest entry. Returns its item if that is dropped too."""
        oldest = self._drop_oldest()
        # Entries of an earlier epoch come before these, whatever their numbers.
        while self._unread and oldest.cursor.epoch == self.newest.epoch and self._unread[0][0] < oldest.seq:
            self._unhide(self._unread.popleft()[1])
        record = self._records.get(oldest.item.uri)
        # The record is None if a signed body was copied into the stream by hand, after its item was dropped.
        if record is None or record.last_entry is not oldest:
            return None
        self._changed_items.remove(record)
        return self._records.pop(oldest.item.uri)

    def _unhide(self, uri: str) -> None:
        """Stops counting an item as hidden, unless another entry of it is a reason to."""
        if uri not in self.hidden or (uri in self._records and not self.is_confirmed(uri)):
            return
        if all(uri != other for _, other in self._unread):
            self.hidden.discard(uri)

    def _changed(self, filter: Filter, cursor: Cursor) -> Iterator[list[ItemRecord]]:
        for records in self._changed_items.select(needs_of(filter), self._deleted + self._index_after(cursor)):
            yield [record for record in records if record.may_be_sent] if self.hidden else records
