"""The backlog: what the stream holds, in memory, so that a join, a resume or a storm of them reads no Redis.

Rules:

1. A cursor is good only if its epoch is this one and exactly that entry is held, or it is the `floor`: the place
   just before the oldest entry from which the log has no hole.
2. An entry that does not follow the newest one (another epoch, a hole, a number that was seen already) is
   never taken; the reader then rebuilds the whole backlog from the stream.
3. Current items are folded by uri; the higher version wins, whatever the order of arrival.
4. An item keeps the place of its first version: a correction does not jump to the top.
"""

from collections.abc import Iterable
from typing import Final

from ticker.contract.cursor import NO_EPOCH, Cursor, origin
from ticker.contract.entry import Entry
from ticker.contract.item import Item, instant
from ticker.core.filter import Filter

_CUT_AT: Final = 64


class Standing:
    """What is known of one uri: its newest entry and the distinct earlier versions that filters may have matched."""

    __slots__ = ("changes", "entry", "first", "versions")

    def __init__(self, entry: Entry, first: int) -> None:
        self.entry = entry
        self.first = first
        self.versions: list[Item] = [entry.item]
        self.changes = _changes(entry.item)

    def add(self, entry: Entry) -> None:
        shown = _shown(entry.item)
        if not any(item.version <= entry.item.version and _shown(item) == shown for item in self.versions):
            self.versions.append(entry.item)
        if entry.item.version > self.entry.item.version:
            self.entry = entry
            self.changes = _changes(entry.item)

    def matched_by(self, wanted: Filter, version: int) -> bool:
        """Whether `wanted` saw this uri in `version` or one before it."""
        return any(wanted.matches(item) for item in self.versions if item.version <= version)


class Backlog:
    """The newest `length` entries of the stream, oldest first, and the items folded from them."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._entries: list[Entry] = []
        self._start = 0
        self._whole_from = 0
        self._standing: dict[str, Standing] = {}
        self._places = 0
        self.floor = origin(NO_EPOCH)
        """The oldest place from which everything since is held."""
        self.newest = self.floor
        """The place of the newest entry; what a snapshot's cursor says."""

    def __len__(self) -> int:
        return len(self._entries) - self._start

    def rebuild(self, entries: Iterable[Entry], epoch: str | None, seq: int, proof: str = "0") -> None:
        """Starts anew from what the stream holds; `epoch` and `seq` are where the stream says that it stands.

        `proof` is the check of that place where no entry proves it; another loss at the same number needs another one.
        """
        self._entries, self._start, self._whole_from, self._standing = [], 0, 0, {}
        self.floor = self.newest = origin(NO_EPOCH)
        for entry in entries:
            if entry.seq == 1 or not self.follows(entry):
                self._reset_floor(entry)
            self._append(entry)
        # Entries may have come since the stream said where it stands, so more than that is no contradiction.
        if epoch is not None and (self.newest.epoch != epoch or self.newest.seq < seq):
            # The newest entries are gone, or cannot be verified: whatever was there, it is not held.
            self.floor = self.newest = Cursor(epoch, seq, proof)
            self._whole_from = len(self._entries)

    def follows(self, entry: Entry) -> bool:
        """Whether `entry` is the one right after the newest, so that nothing lies between."""
        if self.newest == origin(NO_EPOCH):
            # Nothing was ever published: the first entry of any stream lacks nothing before it.
            return entry.seq == 1
        return entry.cursor.epoch == self.newest.epoch and entry.seq == self.newest.seq + 1

    def add(self, entry: Entry) -> None:
        """Takes the next entry; the caller has asked `follows` first."""
        if entry.seq == 1:
            self._reset_floor(entry)
        self._append(entry)

    def holds(self, cursor: Cursor) -> bool:
        """Whether everything since `cursor` is held (rule 1)."""
        if cursor == self.floor or cursor == self.newest or self._is_before_all(cursor):
            return True
        index = self._index(cursor)
        return index is not None and self._entries[index].cursor == cursor

    def since(self, cursor: Cursor) -> list[Entry]:
        """Every entry after a cursor that `holds` said is good, oldest first."""
        if cursor == self.newest:
            return []
        if cursor == self.floor or self._is_before_all(cursor):
            return self._entries[self._whole_from :]
        index = self._index(cursor)
        if index is None:
            raise LookupError("since() of a cursor that is not held")
        return self._entries[index + 1 :]

    def matches(self, wanted: Filter, entry: Entry) -> bool:
        """Whether `entry` goes to those who asked for `wanted`: it matches, or an earlier version of it did.

        A change that takes an item out of a filter must reach whoever was shown it before.
        """
        if wanted.matches(entry.item):
            return True
        standing = self._standing.get(entry.item.uri)
        return standing is not None and len(standing.versions) > 1 and standing.matched_by(wanted, entry.item.version)

    def item(self, uri: str) -> Entry | None:
        """The newest held entry of an item."""
        standing = self._standing.get(uri)
        return standing.entry if standing else None

    def current(self, wanted: Filter, count: int, now: float) -> tuple[list[Entry], float]:
        """At most `count` current items as `wanted` filters them, pinned first, then newest first.

        Also returns the time (seconds since 1970) until which that stays so if nothing arrives: an item may
        expire or a pin may fall before the next entry.
        """
        pinned: list[Entry] = []
        others: list[Entry] = []
        until = float("inf")
        for standing in reversed(self._standing.values()):
            entry = standing.entry
            if standing.changes:
                until = min([until, *(change for change in standing.changes if change > now)])
            elif len(others) >= count:
                continue
            if entry.item.current(now) and wanted.matches(entry.item):
                (pinned if standing.changes and entry.item.pinned(now) else others).append(entry)
        return (pinned + others)[:count], until

    def page(self, wanted: Filter, limit: int, before: str | None, now: float) -> tuple[list[Entry], bool]:
        """`limit` current items after the one whose uri is `before`, and whether there are more.

        Nothing follows a uri that is no longer held.
        """
        entries, _until = self.current(wanted, len(self._standing), now)
        if before is not None:
            at = next((index for index, entry in enumerate(entries) if entry.item.uri == before), None)
            if at is not None:
                entries = entries[at + 1 :]
            else:
                # It was withdrawn meanwhile, or has expired; its place is still known.
                last = self._standing.get(before)
                place = last.first if last else 0
                # The pinned come first: after one of them come older pinned ones and then all that are not.
                was_pinned = last is not None and any(item.pinned(now) for item in last.versions)
                entries = [
                    entry
                    for entry in entries
                    if (self._standing[entry.item.uri].first < place and entry.item.pinned(now) == was_pinned)
                    or (was_pinned and not entry.item.pinned(now))
                ]
        return entries[:limit], len(entries) > limit

    def _append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self.newest = entry.cursor
        standing = self._standing.get(entry.item.uri)
        if standing is None:
            self._places += 1
            self._standing[entry.item.uri] = Standing(entry, self._places)
        else:
            standing.add(entry)
        if len(self) > self._length:
            self._forget()

    def _forget(self) -> None:
        oldest = self._entries[self._start]
        self._start += 1
        if self._start > self._whole_from:
            self._whole_from = self._start
            self.floor = oldest.cursor
        standing = self._standing.get(oldest.item.uri)
        # None where a signed body was put into the stream once more by hand, and its newest version is forgotten.
        if standing is not None and standing.entry is oldest:
            del self._standing[oldest.item.uri]
        # Cutting the list each time would move ten thousand pointers an entry; and what is forgotten is 2 KB each.
        if self._start >= _CUT_AT:
            del self._entries[: self._start]
            self._whole_from -= self._start
            self._start = 0

    def _reset_floor(self, entry: Entry) -> None:
        first = entry.seq == 1
        self.floor = origin(entry.cursor.epoch) if first else entry.cursor
        self._whole_from = len(self._entries) if first else len(self._entries) + 1

    def _is_before_all(self, cursor: Cursor) -> bool:
        # Given out before the first publish of all; whoever has it has seen nothing, and all there ever was is held.
        return cursor == origin(NO_EPOCH) and self.floor.seq == 0 and self._whole_from <= self._start

    def _index(self, cursor: Cursor) -> int | None:
        index = len(self._entries) - 1 - (self.newest.seq - cursor.seq)
        return index if self._whole_from <= index < len(self._entries) else None


def _changes(item: Item) -> tuple[float, ...]:
    return tuple(instant(moment) for moment in (item.expires, item.pinned_until) if moment is not None)


def _shown(item: Item) -> tuple[object, ...]:
    """All of an item that decides who is shown it, and where."""
    sources = [(source.role, source.uri, source.name.value) for source in item.info_sources]
    place = item.urgency, item.edition, item.sections, item.places, item.headline.language, item.pinned_until
    return (*place, sources)
