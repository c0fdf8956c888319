"""The desk's connections by what each one waits for; bounds their number and their time.

A client without a token costs a descriptor and some kilobytes. When too many wait, the oldest is dropped and not the
newest: an editor's request arrives whole within milliseconds, an attacker's never does.
"""

import asyncio
import resource
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final, Literal, Protocol

from publisher.net.limits import CONNECTIONS, CONNECTIONS_PER_ADDRESS, PENDING

# For the stream, files and logs.
_SPARE_DESCRIPTORS: Final = 64
# At most this share of the limit is accepted at once: a dropped connection keeps its descriptor for a moment.
_ACCEPTED_SHARE: Final = 4
_FEWEST: Final = 16
_SWEEP_SECONDS: Final = 0.5

DropReason = Literal["slow", "full", "unread"]


class Connection(Protocol):
    """A connection that `Connections` may drop; `address` is its client's, or "" for a proxy."""

    current_list: "OrderedDict[Connection, float] | None"
    address: str

    def drop(self, reason: DropReason) -> None:
        """Ends the connection now."""


class Connections:
    """Each connection is in at most one of three lists, oldest first, with the time at which it is dropped.

    `clock` is monotonic, in seconds. `on_drop` is called with the reason of each drop.
    """

    def __init__(self, on_drop: Callable[[DropReason], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.on_drop = on_drop
        self.clock = clock
        self.pending: OrderedDict[Connection, float] = OrderedDict()
        """Has not sent a whole request."""
        self.idle: OrderedDict[Connection, float] = OrderedDict()
        """Has been answered and may send another request; the HTTP class closes it after the keep-alive time."""
        self.unread: OrderedDict[Connection, float] = OrderedDict()
        """Does not read its answer, or does not close."""
        descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.limit = min(CONNECTIONS, max(_FEWEST, descriptors - _SPARE_DESCRIPTORS))
        self._timer: asyncio.TimerHandle | None = None
        self._listed_per_address: Counter[str] = Counter()

    def move(self, connection: Connection, target: OrderedDict[Connection, float] | None, seconds: float = 0.0) -> None:
        """Moves `connection` to the end of `target`, to be dropped after `seconds`.

        A connection whose request is being answered is in no list: its target is None.
        """
        if connection.current_list is not None:
            connection.current_list.pop(connection, None)
            self._count(connection, -1)
        connection.current_list = target
        if target is not None:
            target[connection] = self.clock() + seconds
            self._count(connection, 1)

    def make_room(self, newcomer: Connection, total: int) -> None:
        """Drops the oldest connection where a limit is exceeded; `total` counts all connections."""
        lists = (self.unread, self.idle, self.pending)
        if self._listed_per_address[newcomer.address] > CONNECTIONS_PER_ADDRESS:
            listed = (connection for connections in lists for connection in connections)
            next(connection for connection in listed if connection.address == newcomer.address).drop("full")
        elif total > self.limit:
            for connections in lists:
                if connections:
                    next(iter(connections)).drop("full")
                    return
        elif len(self.pending) > min(PENDING, self.limit // 2):
            next(iter(self.pending)).drop("full")

    def capacity(self, total: int) -> int:
        """How many connections may be accepted now; `total` counts all connections.

        A connection that is being answered is never dropped, so it takes capacity until its answer is complete.
        """
        answering = total - len(self.pending) - len(self.idle) - len(self.unread)
        return min(self.limit - answering, self.limit // _ACCEPTED_SHARE)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Sweeps twice a second, until `stop`."""
        # Scheduled again before the sweep: an exception in it must not end the sweeping.
        self._timer = loop.call_later(_SWEEP_SECONDS, self.start, loop)
        self.sweep()

    def stop(self) -> None:
        """Ends the sweeping."""
        if self._timer is not None:
            self._timer.cancel()

    def sweep(self) -> None:
        """Drops every connection whose time is over."""
        now = self.clock()
        lists: tuple[tuple[OrderedDict[Connection, float], DropReason], ...] = (
            (self.pending, "slow"),
            (self.unread, "unread"),
        )
        for connections, reason in lists:
            for connection in [connection for connection, deadline in connections.items() if deadline <= now]:
                connection.drop(reason)

    def _count(self, connection: Connection, change: int) -> None:
        # Behind a proxy all clients have its address; the proxy limits each of its clients.
        if connection.address:
            self._listed_per_address[connection.address] += change
            if not self._listed_per_address[connection.address]:
                del self._listed_per_address[connection.address]
