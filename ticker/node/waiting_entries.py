"""The inbox: entries that came while a round was under way; the backlog takes them when theirs begins."""

from collections.abc import Iterator, Sequence

from ticker.contract.cursor import Cursor, read_cursor
from ticker.contract.entry import Entry
from ticker.core.backlog import Backlog


class WaitingEntries:
    """Entries in the order of the stream, after those of `backlog`; at most `most` are taken at once, and of the bytes
    that a connection may hold half.
    """

    def __init__(self, backlog: Backlog, most: int, write_limit: int) -> None:
        self._backlog = backlog
        self._most = most
        self._room = write_limit // 2
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    @property
    def is_full(self) -> bool:
        """Whether more wait than a backlog holds."""
        return len(self._entries) > self._most

    @property
    def newest(self) -> Cursor:
        """The place of the newest entry, in here or in the backlog."""
        return self._entries[-1].cursor if self._entries else self._backlog.newest

    def is_next(self, entry: Entry) -> bool:
        """Whether `entry` is right after the newest one."""
        if not self._entries:
            return self._backlog.is_next(entry)
        newest = self.newest
        return entry.cursor.epoch == newest.epoch and entry.seq == newest.seq + 1

    def put(self, entries: Sequence[Entry]) -> None:
        """Takes entries that follow."""
        self._entries += entries

    def take(self) -> list[Entry]:
        """The oldest of them, for the round that begins."""
        # No more at once than is held: an entry goes also to those who saw an earlier version, which must be known.
        # And half of what a connection may hold, as in catching up: one that is full gets no more than that on top.
        room, count = self._room, 0
        for entry in self._entries[: self._most]:
            count += 1
            room -= len(entry.item_json)
            if room <= 0:
                break
        taken, self._entries = self._entries[:count], self._entries[count:]
        return taken

    def holds(self, said: str) -> bool:
        """Whether the cursor `said` is that of an entry in here: another worker was quicker to say it."""
        cursor = read_cursor(said) if self._entries else None
        return cursor is not None and any(entry.cursor == cursor for entry in self._entries)
