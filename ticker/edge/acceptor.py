"""The acceptor: takes connections off a listening socket, many in a turn, each with what it has said already.

The loop's own way takes one a turn and makes two objects and several system calls for each. It stands among uvicorn's
servers and ends like one of them.
"""

import asyncio
import errno
import os
import socket
import time
from collections import deque
from sys import intern
from typing import Final

import structlog

from ticker.contract.limits import HEAD_BYTES
from ticker.edge.gate import Entrance, Gate
from ticker.edge.poller import TURN_SECONDS, Poller
from ticker.edge.transport import SocketTransport

# At 46 µs each half as long as a stretch of a round; then the loop does what else is due.
BATCH: Final = 48
# A whole head, and one byte by which a longer one is known.
_READ_BYTES: Final = HEAD_BYTES + 1
# What was wrong with the one who waited, and says nothing of the next (accept(2)).
PASSING: Final = frozenset(
    (errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH)
)
# Mostly no descriptor or no memory is left: whoever holds them must get the time to let go.
BREATH_SECONDS: Final = 1.0
# Every place has a connection that just came: they say what they want, or are closed, in a moment.
FULL_SECONDS: Final = 0.02

log = structlog.get_logger()


class Acceptor:
    """Accepts on one listening socket, whose options accepted ones inherit, until it is closed."""

    def __init__(
        self, sock: socket.socket, entrance: Entrance, poller: Poller, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._sock = sock
        self._entrance = entrance
        self._poller = poller
        self._loop = loop
        self._open = True
        self._arrived: deque[tuple[int, str, bytes]] = deque()
        sock.setblocking(False)
        loop.add_reader(sock.fileno(), self._turn)

    def close(self) -> None:
        """Accepts nobody any more; who was accepted stays. A second call does nothing."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()
            while self._arrived:
                self._take(*self._arrived.popleft())

    async def wait_closed(self) -> None:
        """Returns at once: nothing is pending after `close`."""

    def _turn(self) -> None:
        node = self._entrance.node
        most = node.visitors.acceptable(BATCH, node.steady())
        if not most:
            # Clients that are not taken yet cost no descriptor, and are not reset.
            self._pause(FULL_SECONDS)
            return
        # Pass by pass over all of them, not one after the other through all passes: what a system call and the code
        # after it throw out of the processor's caches is thrown out once a turn. A join takes 46 µs so,
        # and 66 to 80 one after the other (docs/performance/gains.md).
        if not self._arrived:
            self._arrived += [(fd, peer, _first_words(fd)) for fd, peer in self._accepted(most)]
            self._take_arrived()

    def _take_arrived(self) -> None:
        # 48 plain joins take 2 ms; as many questions with a hundred wrong names took 100.
        until = time.monotonic() + TURN_SECONDS
        with self._poller.corked():
            while self._arrived:
                self._take(*self._arrived.popleft())
                if time.monotonic() >= until:
                    break
        if self._arrived:
            self._loop.call_soon(self._take_arrived)

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

    def _take(self, fd: int, peer: str, data: bytes) -> None:
        try:
            transport = SocketTransport(self._poller, fd)
        except OSError as error:
            # The kernel watches no more of them (epoll_ctl(2)).
            os.close(fd)
            log.warning("cannot watch a connection", error=str(error))
            return
        try:
            if data:
                # Nearly always: the last packet of the three, and the request, came before this turn.
                self._entrance.enter(transport, data, peer)
            else:
                gate = Gate(self._entrance, peer)
                transport.set_protocol(gate)
                gate.connection_made(transport)
        except Exception as error:
            transport.fail("the first turn", error)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._sock.fileno())
        self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._open:
            self._loop.add_reader(self._sock.fileno(), self._turn)


def _first_words(fd: int) -> bytes:
    try:
        os.set_blocking(fd, False)
        return os.read(fd, _READ_BYTES)
    except OSError:
        # Nothing yet, or it has hung up, of which the gate is told in a moment.
        return b""
