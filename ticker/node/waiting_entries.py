"""Entries that arrived during a round; the backlog takes them when their own round begins."""

from collections.abc import Iterator, Sequence

from ticker.contract.cursor import Cursor, read_cursor
from ticker.contract.entry import Entry
from ticker.core.backlog import Backlog


class WaitingEntries:
    """Entries in the order of the stream, newer than those of `backlog`.

    One round takes at most `limit` entries, and about half of the bytes that a connection may buffer.
    """

    def __init__(self, backlog: Backlog, limit: int, write_limit: int) -> None:
        self._backlog = backlog
        self._limit = limit
        self._round_bytes = write_limit // 2
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    @property
    def is_full(self) -> bool:
        """Whether more entries wait than a backlog holds."""
        return len(self._entries) > self._limit

    @property
    def newest(self) -> Cursor:
        """The cursor of the newest entry that waits, or else of the backlog."""
        return self._entries[-1].cursor if self._entries else self._backlog.newest

    def is_next(self, entry: Entry) -> bool:
        """Whether `entry` comes directly after the newest one."""
        if not self._entries:
            return self._backlog.is_next(entry)
        newest = self.newest
        return entry.cursor.epoch == newest.epoch and entry.seq == newest.seq + 1

    def put(self, entries: Sequence[Entry]) -> None:
        """Appends entries, which must follow."""
        self._entries += entries

    def take(self) -> list[Entry]:
        """Removes and returns the oldest entries, for the round that begins."""
        # Not more entries than the backlog holds: an entry is also sent to members that saw an earlier version, which
        # must be in it. And half of what a connection may buffer, as in catching up: a full one gets no more on top.
        free, count = self._round_bytes, 0
        for entry in self._entries[: self._limit]:
            count += 1
            free -= len(entry.item_json)
            if free <= 0:
                break
        oldest, self._entries = self._entries[:count], self._entries[count:]
        return oldest

    def holds(self, cursor_text: str) -> bool:
        """Whether `cursor_text` is the cursor of an entry that waits: another worker has sent it already."""
        cursor = read_cursor(cursor_text) if self._entries else None
        return cursor is not None and any(entry.cursor == cursor for entry in self._entries)
