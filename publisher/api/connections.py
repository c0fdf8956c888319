"""The desk's connections by what each one waits for; it bounds their number and the time that they take.

A client without a token costs a descriptor and some kilobytes. Where too many wait, the oldest one goes and not the
newest: an editor's request arrives whole within milliseconds, an attacker's never does.
"""

import asyncio
import resource
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final, Literal, Protocol

from publisher.api.metrics import Metrics

CONNECTIONS: Final = 800
PENDING: Final = 256
FOR_EACH_ADDRESS: Final = 100
# For the stream, files and logs.
_SPARE_DESCRIPTORS: Final = 64
# Of the places, so many are taken at once: one that is dropped has its descriptor for a moment more.
_TAKEN_AT_ONCE: Final = 4
_FEWEST: Final = 16
_SWEEP_SECONDS: Final = 0.5

DropReason = Literal["slow", "full", "unread"]


class Connection(Protocol):
    """What can be ended here; `listed` is the list that it is in, `address` its client's, or "" for a proxy's."""

    listed: "OrderedDict[Connection, float] | None"
    address: str

    def drop(self, reason: DropReason) -> None:
        """Ends the connection now."""


class Connections:
    """Each connection is in at most one of three lists, oldest first, with the time at which it is dropped."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.metrics = metrics
        self.pending: OrderedDict[Connection, float] = OrderedDict()
        """Has not sent its request whole."""
        self.idle: OrderedDict[Connection, float] = OrderedDict()
        """Has been answered and may send another request; the HTTP class closes it in time."""
        self.unread: OrderedDict[Connection, float] = OrderedDict()
        """Does not read what was written to it, or does not close."""
        self.limit = min(CONNECTIONS, max(_FEWEST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _SPARE_DESCRIPTORS))
        self._timer: asyncio.TimerHandle | None = None
        self._listed_of: Counter[str] = Counter()
        """How many connections of each address are in a list."""
        metrics.pending.set_function(lambda: len(self.pending))

    def put(self, where: OrderedDict[Connection, float] | None, connection: Connection, seconds: float = 0.0) -> None:
        """Moves `connection` to the end of a list, to be dropped after `seconds`; None is for one being answered."""
        if connection.listed is not None:
            connection.listed.pop(connection, None)
            self._count(connection, -1)
        connection.listed = where
        if where is not None:
            where[connection] = self.clock() + seconds
            self._count(connection, 1)

    def make_room(self, newcomer: Connection, total: int) -> None:
        """Drops the oldest connection of a kind of which there are too many; `total` counts all of them."""
        if self._listed_of[newcomer.address] > FOR_EACH_ADDRESS:
            kinds = (self.unread, self.idle, self.pending)
            next(each for kind in kinds for each in kind if each.address == newcomer.address).drop("full")
        elif total > self.limit:
            for kind in (self.unread, self.idle, self.pending):
                if kind:
                    next(iter(kind)).drop("full")
                    return
        elif len(self.pending) > min(PENDING, self.limit // 2):
            next(iter(self.pending)).drop("full")

    def places(self, total: int) -> int:
        """How many connections may come now: those that are being answered go for nobody; `total` counts all."""
        answered = total - len(self.pending) - len(self.idle) - len(self.unread)
        return min(self.limit - answered, self.limit // _TAKEN_AT_ONCE)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Looks twice a second for connections whose time is over, until `stop`."""
        # Armed again first: an error in the middle must not be the end of it.
        self._timer = loop.call_later(_SWEEP_SECONDS, self.start, loop)
        self.sweep()

    def stop(self) -> None:
        """Ends what `start` began."""
        if self._timer is not None:
            self._timer.cancel()

    def _count(self, connection: Connection, change: int) -> None:
        # Behind a proxy all clients have its address; it has limits for each of its own clients.
        if connection.address:
            self._listed_of[connection.address] += change
            if not self._listed_of[connection.address]:
                del self._listed_of[connection.address]

    def sweep(self) -> None:
        """Drops every connection whose time is over."""
        now = self.clock()
        kinds: tuple[tuple[OrderedDict[Connection, float], DropReason], ...] = (
            (self.pending, "slow"),
            (self.unread, "unread"),
        )
        for kind, reason in kinds:
            for connection in [connection for connection, until in kind.items() if until <= now]:
                connection.drop(reason)
