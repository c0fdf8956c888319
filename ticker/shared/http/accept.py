"""An acceptor: takes connections off a listening socket, as many in a turn as there are places for.

The loops' own servers take whoever is there: where more come at once than the process may open files, those for whom
there is no descriptor are closed without an answer. In the kernel's queue they cost none, and wait for a place.
"""

import asyncio
import errno
import socket
from abc import ABC, abstractmethod
from sys import intern
from typing import Final

import structlog

# In a turn; then the loop does what else is due.
BATCH: Final = 48
# What was wrong with the one who waited, and says nothing of the next (accept(2)).
PASSING: Final = frozenset(
    (errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH)
)
# Mostly no descriptor or no memory is left: whoever holds them must get the time to let go.
BREATH_SECONDS: Final = 1.0
# Every place is taken: whoever has one is answered, or is closed, in a moment.
FULL_SECONDS: Final = 0.02

log = structlog.get_logger()


class Acceptor(ABC):
    """Accepts on one listening socket, whose options accepted ones inherit, until it is closed.

    It stands among uvicorn's servers and ends like one of them.
    """

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._sock = sock
        self._loop = loop
        self._open = True
        self._holds = 0
        sock.setblocking(False)
        loop.add_reader(sock.fileno(), self._turn)

    @abstractmethod
    def places(self) -> int:
        """How many connections may be accepted now."""

    @abstractmethod
    def take(self, arrived: list[tuple[int, str]]) -> None:
        """Takes the descriptors that were accepted, each with the address of its other end."""

    def close(self) -> None:
        """Accepts nobody any more; who was accepted stays. A second call does nothing."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    @abstractmethod
    async def wait_closed(self) -> None:
        """Returns when those who were accepted before `close` have been taken."""

    def hold(self) -> None:
        """Accepts nobody until as many calls of `release`."""
        self._holds += 1
        if self._open:
            self._loop.remove_reader(self._sock.fileno())

    def release(self) -> None:
        """Ends one `hold`."""
        self._holds -= 1
        if self._open and not self._holds:
            self._loop.add_reader(self._sock.fileno(), self._turn)

    def _turn(self) -> None:
        most = min(BATCH, self.places())
        if most <= 0:
            # Clients that are not taken yet cost no descriptor, and are not reset.
            self._pause(FULL_SECONDS)
        else:
            self.take(self._accepted(most))

    def _accepted(self, most: int) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        # The method under socket.accept, which would make an object for each.
        accept = self._sock._accept  # type: ignore[attr-defined]  # not in typeshed
        for _ in range(most):
            try:
                fd, address = accept()
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                if error.errno in PASSING:
                    continue
                self._pause(BREATH_SECONDS)
                log.warning("cannot accept", error=str(error), pause=BREATH_SECONDS)
                break
            # Of those behind one proxy or in one office each would keep a copy of it.
            found.append((fd, intern(address[0]) if isinstance(address, tuple) else ""))
        return found

    def _pause(self, seconds: float) -> None:
        self.hold()
        self._loop.call_later(seconds, self.release)
