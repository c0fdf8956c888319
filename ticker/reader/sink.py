"""What the reader of the stream tells, and what it asks; a node is one."""

import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from ticker.contract.cursor import Cursor, entry_check
from ticker.contract.entry import Entry
from ticker.core.doubts import Doubt
from ticker.core.record import Records
from ticker.stream.redis_stream import Position


class Found(NamedTuple):
    """What was found where the place in the stream was lost."""

    entries: Sequence[Entry]
    """All that the stream holds and can be read, oldest first."""
    kept: int
    """How many of them, from the first on, were held before and stand as they are."""
    position: Position
    doubts: Mapping[str, Doubt]
    """What the ledgers add, by uri; few where entries are kept."""
    records: Records
    """The items of `entries`, folded; empty where entries are kept."""

    @property
    def proof(self) -> str:
        """The check of the place where no entry proves it; another loss at the same number has another one."""
        # Alike on every node where the stream has an entry there; where it has none, nothing can tell two losses apart.
        return entry_check(self.position.last_id or secrets.token_bytes(8), b"")


class Sink(Protocol):
    """Who is told what the stream says; every call is plain and quick."""

    def follows(self, entry: Entry) -> bool:
        """Whether `entry` is right after the newest held."""

    def arrived(self, entries: Sequence[Entry]) -> None:
        """Entries that follow, in order."""

    def canary(self, entry: Entry) -> None:
        """A line that proves the way."""

    def rebuilt(self, found: Found) -> None:
        """The place was lost, or is known for the first time; this is what the stream holds."""

    def poison(self, reason: str) -> None:
        """One entry was skipped."""

    def turn(self) -> None:
        """The stream has just answered."""

    def ahead(self, reason: str) -> None:
        """The stream has just answered, and holds published entries that cannot be read."""

    def away(self, reason: str) -> None:
        """The stream does not answer."""

    def place(self) -> tuple[str, int]:
        """Epoch and number of the newest entry held."""

    def by_place(self) -> dict[Cursor, Entry]:
        """All entries held, by their places, oldest first."""

    def is_sure(self) -> bool:
        """Whether the newest version of every item held is known."""
