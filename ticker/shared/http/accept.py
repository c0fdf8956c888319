"""Accepts connections on a listening socket, as many per loop iteration as the process has capacity for.

asyncio accepts every client that waits: above the limit of open files it closes clients without an answer. In the
kernel's queue a client costs no descriptor, and waits until there is capacity.
"""

import asyncio
import errno
import socket
from abc import ABC, abstractmethod
from sys import intern
from typing import Final

import structlog

# The most in one iteration, so that the loop's other work is not delayed.
BATCH: Final = 48
# Errors of the connection that was to be accepted, not of the listening socket (accept(2)).
CONNECTION_ERRORS: Final = frozenset(
    (errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH)
)
# After another error: mostly the process has no descriptor or memory left, and needs time to free some.
ERROR_PAUSE_SECONDS: Final = 1.0
# At full capacity: an accepted client is answered or closed in a moment.
FULL_PAUSE_SECONDS: Final = 0.02

log = structlog.get_logger()


class Acceptor(ABC):
    """Accepts on one listening socket until it is closed; accepted sockets inherit its options.

    It takes the place of an `asyncio.Server` among uvicorn's servers, which calls `close` and `wait_closed`.
    """

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._sock = sock
        self._loop = loop
        self._is_open = True
        self._pauses = 0
        sock.setblocking(False)
        loop.add_reader(sock.fileno(), self._on_readable)

    @abstractmethod
    def capacity(self) -> int:
        """Returns the number of connections that may be accepted now."""

    @abstractmethod
    def handle(self, accepted: list[tuple[int, str]]) -> None:
        """Takes over accepted descriptors, each with the address of the client."""

    def close(self) -> None:
        """Stops accepting; accepted connections stay open. Calling it again does nothing."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    @abstractmethod
    async def wait_closed(self) -> None:
        """Returns when every connection that was accepted before `close` has its protocol."""

    def pause(self) -> None:
        """Accepts no client until `resume` has been called once for each `pause`."""
        self._pauses += 1
        if self._is_open:
            self._loop.remove_reader(self._sock.fileno())

    def resume(self) -> None:
        """Ends one `pause`."""
        self._pauses -= 1
        if self._is_open and not self._pauses:
            self._loop.add_reader(self._sock.fileno(), self._on_readable)

    def _on_readable(self) -> None:
        limit = min(BATCH, self.capacity())
        if limit <= 0:
            # A client that is not accepted costs no descriptor and is not reset.
            self._pause_for(FULL_PAUSE_SECONDS)
        else:
            self.handle(self._accept(limit))

    def _accept(self, limit: int) -> list[tuple[int, str]]:
        accepted: list[tuple[int, str]] = []
        # The method that socket.accept calls, without the object that it makes for each connection.
        accept = self._sock._accept  # type: ignore[attr-defined]  # not in typeshed
        for _ in range(limit):
            try:
                fd, address = accept()
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                if error.errno in CONNECTION_ERRORS:
                    continue
                self._pause_for(ERROR_PAUSE_SECONDS)
                log.warning("cannot accept", error=str(error), pause=ERROR_PAUSE_SECONDS)
                break
            # Clients behind one proxy or in one office share one copy of the address.
            accepted.append((fd, intern(address[0]) if isinstance(address, tuple) else ""))
        return accepted

    def _pause_for(self, seconds: float) -> None:
        self.pause()
        self._loop.call_later(seconds, self.resume)
