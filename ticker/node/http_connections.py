"""HttpConnections: connections that are no live ones; how many there may be, and which is closed when another comes.

They hold descriptors like live ones. Those kept open after an answer are closed first, the oldest before the others;
then those that have not sent a whole request in a moment; then those that do not read their answer. A long poll that
waits has a place among live connections, not here.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final, Protocol

# Each holds a parser and its buffers, about 20 KB.
MOST: Final = 4_096
LEAST: Final = 64
# Each has up to 200 KB that its client does not read.
UNREAD_MOST: Final = 256
REQUEST_SECONDS: Final = 8.0
"""Time for a whole request."""
# A client sends its first request as soon as it is connected; one that is busy, or whose packet was lost, takes a
# moment. Until then it is not closed, and further clients wait in the kernel's queue.
YOUNG_SECONDS: Final = 0.5
SLOW_SECONDS: Final = 2.0
"""A client that has not read for so long may be closed for another."""
# Of the places, so many are taken in one iteration of the loop: a connection that is refused has its descriptor for
# one more.
_ACCEPTED_SHARE: Final = 4


class HttpConnection(Protocol):
    """A connection of HTTP, as this knows it."""

    def shutdown(self) -> None:
        """Closes it, after an answer that is under way."""

    def abort(self) -> None:
        """Ends it at once."""


class Pending(Protocol):
    """A connection that has not sent a whole request."""

    def expire(self) -> None:
        """Ends it."""

    @property
    def has_input(self) -> bool:
        """Whether bytes have come that were not read yet."""


class HttpConnections:
    """The visitors of one node; `pending` are those that have not sent a whole request, the oldest first, with the
    time at which their patience ends. An address is that of `ticker.net.client_address`.
    """

    def __init__(self, pending: dict[Pending, float]) -> None:
        self.limit = MOST
        self._pending = pending
        self._present: dict[object, str] = {}
        self._by_address: Counter[str] = Counter()
        self._polls = 0
        self._idle: dict[object, HttpConnection] = {}
        self._unread: dict[object, tuple[HttpConnection, float]] = {}

    def __len__(self) -> int:
        return len(self._present) - self._polls

    def acceptable(self, most: int, now: float) -> int:
        """How many connections may be accepted now, up to `most`; 0 where each place has one that just came."""
        most = min(most, max(1, self.limit // _ACCEPTED_SHARE))
        places = self.limit - len(self) + len(self._idle)
        if places < most:
            places += sum(1 for _ in islice(self._late(now), most))
        if places <= 0 and not self._pending:
            # All are being answered: a newcomer that wants more than to join is told to come back.
            return most
        return max(0, min(most, places))

    @property
    def is_over_limit(self) -> bool:
        """Whether all places are taken by requests that are being answered, and more."""
        return len(self) > self.limit

    def make_room(self, address: str, now: float) -> None:
        """Ends others, as far as they may end, until one more of `address` may come."""
        if self._is_crowded(address):
            self._close_first(now, address)
        while len(self) >= self.limit and self._close_first(now):
            pass

    def set_address(self, connection: object, address: str, now: float) -> None:
        """A proxy says that `connection` is of `address`."""
        if self._present.get(connection) != address:
            if self._is_crowded(address):
                self._close_first(now, address)
            self.add(connection, address)

    def add(self, connection: object, address: str) -> None:
        """A connection of `address` began, or one that was of another is of it now."""
        before = self._present.get(connection)
        if before != address:
            if before is not None:
                self._count(before, -1)
            self._present[connection] = address
            self._count(address, 1)

    def remove(self, connection: object) -> None:
        """It ended, will in a moment, or is a live connection now."""
        address = self._present.pop(connection, None)
        if address is not None:
            self._count(address, -1)
        self._idle.pop(connection, None)
        self._unread.pop(connection, None)

    def count_poll(self, address: str, change: int) -> None:
        """A long poll of `address` begins to wait (1), or waits no more (-1)."""
        self._polls += change
        self._count(address, -change)

    def mark_idle(self, connection: HttpConnection) -> None:
        """It has no request any more."""
        if connection in self._present:
            self._idle[connection] = connection

    def mark_busy(self, connection: HttpConnection) -> None:
        """It has a request again."""
        self._idle.pop(connection, None)

    def mark_unread(self, connection: HttpConnection, now: float) -> None:
        """It does not read what it asked for; where too many do not, the one that has not for longest ends."""
        self._unread[connection] = connection, now
        if len(self._unread) > min(UNREAD_MOST, max(1, self.limit // 2)):
            self._abort(next(iter(self._unread.values()))[0])

    def mark_read(self, connection: HttpConnection) -> None:
        """It reads again."""
        self._unread.pop(connection, None)

    def close_unread(self, before: float) -> None:
        """Ends those that have not read since `before`."""
        for connection in [connection for connection, since in self._unread.values() if since < before]:
            self._abort(connection)

    def _count(self, address: str, change: int) -> None:
        self._by_address[address] += change
        if not self._by_address[address]:
            del self._by_address[address]

    def _is_crowded(self, address: str) -> bool:
        # A proxy that does not say whose connections it passes on is no single client.
        return bool(address) and self._by_address[address] >= (self.limit + 1) // 2

    def _late(self, now: float) -> Iterator[Pending]:
        """Connections without a whole request that had their moment, the oldest first."""
        for pending, until in self._pending.items():
            if now - until + REQUEST_SECONDS < YOUNG_SECONDS:
                return
            if not pending.has_input:
                yield pending

    def _close_first(self, now: float, address: str | None = None) -> bool:
        """Ends the first that may end, of `address` where that is given; whether there was one."""
        for idle in self._idle.values():
            if address in (None, self._present.get(idle)):
                self.remove(idle)
                idle.shutdown()
                return True
        for pending in self._late(now):
            if address in (None, self._present.get(pending)):
                self.remove(pending)
                del self._pending[pending]
                pending.expire()
                return True
        for unread, since in self._unread.values():
            if address in (None, self._present.get(unread)) and now - since >= SLOW_SECONDS:
                self._abort(unread)
                return True
        return False

    def _abort(self, connection: HttpConnection) -> None:
        self.remove(connection)
        connection.abort()
