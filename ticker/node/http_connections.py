"""HTTP connections that are not live ones: how many a node accepts, and which is closed for a new one.

They hold descriptors, as live ones do. Idle connections, kept open after an answer, are closed first, the oldest before
the others; then those without a complete request after a moment; then those whose client does not read its answer.
A long poll that waits counts as a live connection.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final, Protocol

# Each holds a parser and its buffers, about 20 KB.
UPPER_LIMIT: Final = 4_096
LOWER_LIMIT: Final = 64
# Each has up to 200 KB that its client does not read.
UNREAD_MOST: Final = 256
REQUEST_SECONDS: Final = 8.0
"""Time for a complete request."""
# A client sends its first request as soon as it is connected; a busy one, or one whose packet was lost, needs a moment.
# It is not closed before that, and further clients wait in the kernel's queue.
YOUNG_SECONDS: Final = 0.5
SLOW_SECONDS: Final = 2.0
"""A client that has not read for this long may be closed for a new one."""
# One iteration accepts at most the limit divided by this: a refused connection keeps its descriptor for one more.
_ACCEPTED_SHARE: Final = 4


class HttpConnection(Protocol):
    """What is needed of an HTTP connection."""

    def shutdown(self) -> None:
        """Closes the connection, after an answer that is under way."""

    def abort(self) -> None:
        """Closes the connection without an answer."""


class Pending(Protocol):
    """A connection without a complete request."""

    def expire(self) -> None:
        """Closes the connection, whose request has not arrived in time."""

    @property
    def has_input(self) -> bool:
        """Whether bytes have arrived that are not read yet."""


class HttpConnections:
    """The HTTP connections of one node; its length is how many count towards `limit`.

    `pending` has those without a complete request and the time at which each expires, the oldest first. An address is
    that of `ticker.net.client_address`.
    """

    def __init__(self, pending: dict[Pending, float]) -> None:
        self.limit = UPPER_LIMIT
        self._pending = pending
        self._addresses: dict[object, str] = {}
        self._by_address: Counter[str] = Counter()
        self._polls = 0
        self._idle: dict[object, HttpConnection] = {}
        self._unread: dict[object, tuple[HttpConnection, float]] = {}

    def __len__(self) -> int:
        return len(self._addresses) - self._polls

    def acceptable(self, batch: int, now: float) -> int:
        """How many connections may be accepted now, up to `batch`; 0 where each that is open has just come."""
        batch = min(batch, max(1, self.limit // _ACCEPTED_SHARE))
        free = self.limit - len(self) + len(self._idle)
        if free < batch:
            free += sum(1 for _ in islice(self._late(now), batch))
        if free <= 0 and not self._pending:
            # All are being answered. A new connection may join, or gets 503.
            return batch
        return max(0, min(batch, free))

    @property
    def is_over_limit(self) -> bool:
        """Whether more than `limit` requests are being answered."""
        return len(self) > self.limit

    def make_room(self, address: str, now: float) -> None:
        """Closes other connections, as far as they may be closed, until one more of `address` is within the limits."""
        if self._is_crowded(address):
            self._close_first(now, address)
        while len(self) >= self.limit and self._close_first(now):
            pass

    def set_address(self, connection: object, address: str, now: float) -> None:
        """Counts `connection` for `address`, which a proxy named, and no longer for the proxy."""
        if self._addresses.get(connection) != address:
            if self._is_crowded(address):
                self._close_first(now, address)
            self.add(connection, address)

    def add(self, connection: object, address: str) -> None:
        """Counts `connection` for `address`, and for no other address any more."""
        previous = self._addresses.get(connection)
        if previous != address:
            if previous is not None:
                self._count(previous, -1)
            self._addresses[connection] = address
            self._count(address, 1)

    def remove(self, connection: object) -> None:
        """Forgets a connection that is closed or closing, or is a live one now."""
        address = self._addresses.pop(connection, None)
        if address is not None:
            self._count(address, -1)
        self._idle.pop(connection, None)
        self._unread.pop(connection, None)

    def count_poll(self, address: str, change: int) -> None:
        """Counts a long poll of `address` that begins to wait (1) or ends (-1)."""
        self._polls += change
        self._count(address, -change)

    def mark_idle(self, connection: HttpConnection) -> None:
        """Notes that the connection has no request any more."""
        if connection in self._addresses:
            self._idle[connection] = connection

    def mark_busy(self, connection: HttpConnection) -> None:
        """Notes that the connection has a request again."""
        self._idle.pop(connection, None)

    def mark_unread(self, connection: HttpConnection, now: float) -> None:
        """Notes that the client does not read its answer. Of too many such clients the first is closed."""
        self._unread[connection] = connection, now
        if len(self._unread) > min(UNREAD_MOST, max(1, self.limit // 2)):
            self._abort(next(iter(self._unread.values()))[0])

    def mark_read(self, connection: HttpConnection) -> None:
        """Notes that the client reads again."""
        self._unread.pop(connection, None)

    def close_unread(self, since: float) -> None:
        """Closes the connections whose clients have not read since that time."""
        for connection in [connection for connection, stopped in self._unread.values() if stopped < since]:
            self._abort(connection)

    def _count(self, address: str, change: int) -> None:
        self._by_address[address] += change
        if not self._by_address[address]:
            del self._by_address[address]

    def _is_crowded(self, address: str) -> bool:
        # The empty address stands for all clients of a proxy that does not name them.
        return bool(address) and self._by_address[address] >= (self.limit + 1) // 2

    def _late(self, now: float) -> Iterator[Pending]:
        """Connections that had `YOUNG_SECONDS` for their request and sent nothing, the oldest first."""
        for pending, until in self._pending.items():
            if now - until + REQUEST_SECONDS < YOUNG_SECONDS:
                return
            if not pending.has_input:
                yield pending

    def _close_first(self, now: float, address: str | None = None) -> bool:
        """Closes the first connection that may be closed, of any address or of `address`; returns whether it did."""
        for idle in self._idle.values():
            if address in (None, self._addresses.get(idle)):
                self.remove(idle)
                idle.shutdown()
                return True
        for pending in self._late(now):
            if address in (None, self._addresses.get(pending)):
                self.remove(pending)
                del self._pending[pending]
                pending.expire()
                return True
        for unread, since in self._unread.values():
            if address in (None, self._addresses.get(unread)) and now - since >= SLOW_SECONDS:
                self._abort(unread)
                return True
        return False

    def _abort(self, connection: HttpConnection) -> None:
        self.remove(connection)
        connection.abort()
