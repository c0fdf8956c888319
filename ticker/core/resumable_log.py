"""The newest entries of the stream in order, and the cursors from which a client can resume.

1. A client can resume from a cursor only if that entry is in the log, or if the cursor is `oldest_resumable`: the
   position just before the oldest entry after which the log has no hole.
2. An entry that is not the next one (another epoch, a hole, a number that was seen before) is never added; the reader
   then rebuilds the whole backlog from the stream.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from ticker.contract.cursor import NO_EPOCH, Cursor, origin
from ticker.contract.entry import Entry

_CUT_AT: Final = 64


class ResumableLog:
    """Entries, oldest first. `Backlog` adds the items; it is a subclass so that adding an entry costs no extra call."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._start = 0
        """The index of the oldest entry; those before it are dropped and not yet deleted."""
        self._deleted = 0
        """The number of entries that were deleted before the first of `_entries`."""
        self._no_hole_from = 0
        """The index of the first entry after the last hole."""
        self.oldest_resumable = origin(NO_EPOCH)
        """The oldest cursor from which a client can resume."""
        self.newest = self.oldest_resumable
        """The cursor of the newest entry."""

    def __len__(self) -> int:
        return len(self._entries) - self._start

    def entries(self) -> Iterator[Entry]:
        """Yields all entries, oldest first."""
        return islice(self._entries, self._start, None)

    def is_next(self, entry: Entry) -> bool:
        """Whether `entry` follows the newest one without a hole."""
        if self.newest == origin(NO_EPOCH):
            # Before anything was published: the first entry of a stream has none before it.
            return entry.seq == 1
        return entry.cursor.epoch == self.newest.epoch and entry.seq == self.newest.seq + 1

    def can_resume(self, cursor: Cursor) -> bool:
        """Whether the log has every entry after `cursor` (rule 1)."""
        if cursor == self.oldest_resumable or cursor == self.newest or self._is_before_all(cursor):
            return True
        index = self._index(cursor)
        return index is not None and self._entries[index].cursor == cursor

    def entries_after(self, cursor: Cursor) -> list[Entry]:
        """Returns every entry after `cursor`, oldest first; `can_resume` must be true for it."""
        return self._entries[self._index_after(cursor) :]

    def _clear(self) -> None:
        self._entries, self._start, self._deleted, self._no_hole_from = [], 0, 0, 0
        self.oldest_resumable = self.newest = origin(NO_EPOCH)

    def _set_end(self, epoch: str | None, seq: int, check: str) -> None:
        # Entries may have arrived after the stream reported its position, so a higher number is no contradiction.
        if epoch is not None and (self.newest.epoch != epoch or self.newest.seq < seq):
            # The newest entries are missing or cannot be verified.
            self.oldest_resumable = self.newest = Cursor(epoch, seq, check)
            self._no_hole_from = len(self._entries)

    def _start_after_hole(self, entry: Entry) -> None:
        is_first = entry.seq == 1
        self.oldest_resumable = origin(entry.cursor.epoch) if is_first else entry.cursor
        self._no_hole_from = len(self._entries) if is_first else len(self._entries) + 1

    def _drop_oldest(self) -> Entry:
        oldest = self._entries[self._start]
        self._start += 1
        if self._start > self._no_hole_from:
            self._no_hole_from = self._start
            self.oldest_resumable = oldest.cursor
        # To delete each one by itself would move ten thousand pointers per entry; an entry is 2 KB.
        if self._start >= _CUT_AT:
            del self._entries[: self._start]
            self._deleted += self._start
            self._no_hole_from -= self._start
            self._start = 0
        return oldest

    def _is_before_all(self, cursor: Cursor) -> bool:
        # A client that joined before the first publication has seen no entry, and the log has all of them.
        return cursor == origin(NO_EPOCH) and self.oldest_resumable.seq == 0 and self._no_hole_from <= self._start

    def _index_after(self, cursor: Cursor) -> int:
        if cursor == self.newest:
            return len(self._entries)
        if cursor == self.oldest_resumable or self._is_before_all(cursor):
            return self._no_hole_from
        index = self._index(cursor)
        if index is None:
            raise LookupError("the log cannot resume from this cursor")
        return index + 1

    def _index(self, cursor: Cursor) -> int | None:
        index = len(self._entries) - 1 - (self.newest.seq - cursor.seq)
        return index if self._no_hole_from <= index < len(self._entries) else None
