"""The interface between the reader of the stream and the node that it reads for."""

import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from ticker.contract.cursor import Cursor, entry_check
from ticker.contract.entry import Entry
from ticker.core.doubts import Doubt
from ticker.core.record import Records
from ticker.stream.redis_stream import Position


class StreamContents(NamedTuple):
    """What the stream holds, read again after the reader lost its position."""

    entries: Sequence[Entry]
    """All readable entries, oldest first."""
    unchanged: int
    """The number of entries, from the first on, that the sink already has and that remain valid."""
    position: Position
    doubts: Mapping[str, Doubt]
    """What the ledgers add, by uri; few if some entries are unchanged."""
    records: Records
    """The items of `entries`, folded; empty if some entries are unchanged."""

    @property
    def check(self) -> str:
        """The last part of the cursor at `position` if no entry is there; differs between two losses."""
        # All nodes compute the same from the stream's last entry. If it has none, only a random value can differ.
        return entry_check(self.position.last_id or secrets.token_bytes(8), b"")


class Sink(Protocol):
    """Receives the stream. No method may block."""

    def is_next(self, entry: Entry) -> bool:
        """Whether `entry` follows the newest one without a hole."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Adds the next entries, in order."""

    def deliver_canary(self, entry: Entry) -> None:
        """Delivers a canary, the test line that proves the end-to-end path."""

    def rebuild(self, contents: StreamContents) -> None:
        """Replaces what it has: the reader lost its position, or has read the stream for the first time."""

    def count_skipped(self, reason: str) -> None:
        """Counts a record that cannot be read."""

    def confirm(self) -> None:
        """Notes that the stream has answered."""

    def mark_ahead(self, reason: str) -> None:
        """Notes that the stream has answered, and holds published entries that cannot be read."""

    def mark_stale(self, reason: str) -> None:
        """Notes that the stream does not answer."""

    def position(self) -> tuple[str, int]:
        """Returns epoch and number of the newest entry."""

    def entries_by_cursor(self) -> dict[Cursor, Entry]:
        """Returns all entries, oldest first."""

    def is_confirmed(self) -> bool:
        """Whether the newest version of every item is known."""
