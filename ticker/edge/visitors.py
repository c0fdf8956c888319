"""Visitors: connections that are no live ones; how many there may be, and who goes when another comes.

They hold descriptors like live ones. Those kept open after an answer go first, the oldest before the others; then those
that have not sent a whole request yet.
"""

from typing import Final, Protocol

# Each holds a parser and its buffers, about 20 KB.
MOST: Final = 4_096
LEAST: Final = 64
# Each has up to 200 KB that its client does not read.
UNREAD_MOST: Final = 256


class Visitor(Protocol):
    """A connection of HTTP, as this knows it."""

    def shutdown(self) -> None:
        """Closes it, after an answer that is under way."""

    def abort(self) -> None:
        """Ends it at once."""


class Waiting(Protocol):
    """A connection that has not sent a whole request."""

    def show_out(self) -> None:
        """Ends it."""


class Visitors:
    """The visitors of one node; `waiting` are those that have not sent a whole request, the oldest first."""

    def __init__(self, waiting: dict[Waiting, float]) -> None:
        self.limit = MOST
        self._waiting = waiting
        self._present: set[Visitor] = set()
        self._idle: dict[Visitor, None] = {}
        self._unread: dict[Visitor, float] = {}

    def __len__(self) -> int:
        return len(self._present) + len(self._waiting)

    def make_room(self) -> None:
        """Ends others until one more may come."""
        while len(self) >= self.limit and (self._idle or self._waiting):
            if self._idle:
                idle = next(iter(self._idle))
                self.gone(idle)
                idle.shutdown()
            else:
                oldest = next(iter(self._waiting))
                self._waiting.pop(oldest)
                oldest.show_out()

    def came(self, visitor: Visitor) -> None:
        """A connection of HTTP began."""
        self._present.add(visitor)

    def gone(self, visitor: Visitor) -> None:
        """It ended, or will in a moment."""
        self._present.discard(visitor)
        self._idle.pop(visitor, None)
        self._unread.pop(visitor, None)

    def answered(self, visitor: Visitor) -> None:
        """It has no request any more."""
        if visitor in self._present:
            self._idle[visitor] = None

    def asks(self, visitor: Visitor) -> None:
        """It has a request again."""
        self._idle.pop(visitor, None)

    def full(self, visitor: Visitor, now: float) -> None:
        """It does not read what it asked for; beyond `UNREAD_MOST` the one that has not read for longest ends."""
        self._unread[visitor] = now
        if len(self._unread) > UNREAD_MOST:
            self._end(next(iter(self._unread)))

    def reads(self, visitor: Visitor) -> None:
        """It reads again."""
        self._unread.pop(visitor, None)

    def end_unread(self, before: float) -> None:
        """Ends those that have not read since `before`."""
        for visitor in [visitor for visitor, since in self._unread.items() if since < before]:
            self._end(visitor)

    def _end(self, visitor: Visitor) -> None:
        self.gone(visitor)
        visitor.abort()
