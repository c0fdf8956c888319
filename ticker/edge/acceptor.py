"""The acceptor: takes connections off a listening socket, many in a turn, each with what it has said already.

The loop's own way takes one a turn and makes two objects and several system calls for each. It stands among uvicorn's
servers and ends like one of them.
"""

import asyncio
import errno
import os
import socket
from typing import Final

import structlog

from ticker.edge import door
from ticker.edge.gate import Entrance, Gate
from ticker.edge.poller import Poller
from ticker.edge.transport import SocketTransport

# About as long as a stretch of a round; then the loop does what else is due.
BATCH: Final = 48
# A whole head, and one byte by which a longer one is known.
HEAD_BYTES: Final = door.HEAD_LIMIT + 1
# No descriptor or no memory is left: whoever holds them must get the time to let go.
EXHAUSTED: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
BREATH_SECONDS: Final = 1.0

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
        sock.setblocking(False)
        loop.add_reader(sock.fileno(), self._turn)

    def close(self) -> None:
        """Accepts nobody any more; who was accepted stays. A second call does nothing."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    async def wait_closed(self) -> None:
        """Returns at once: nothing is pending after `close`."""

    def _turn(self) -> None:
        for _ in range(BATCH):
            try:
                # The method under socket.accept, which would make an object for each.
                fd, _address = self._sock._accept()  # type: ignore[attr-defined]  # not in typeshed
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._pause(error)
                    return
                # It was gone before it was taken (accept(2)): the next may be well.
                continue
            self._take(fd)

    def _take(self, fd: int) -> None:
        os.set_blocking(fd, False)
        transport = SocketTransport(self._poller, fd)
        try:
            data = os.read(fd, HEAD_BYTES)
        except OSError:
            # Nothing yet, or it has hung up, of which the gate is told in a moment.
            data = b""
        if data:
            # Nearly always: the connection's last packet of the three, and the request, came before this turn.
            self._entrance.enter(transport, data)
            return
        gate = Gate(self._entrance)
        transport.set_protocol(gate)
        gate.connection_made(transport)

    def _pause(self, error: OSError) -> None:
        log.warning("cannot accept", error=str(error), pause=BREATH_SECONDS)
        self._loop.remove_reader(self._sock.fileno())
        self._loop.call_later(BREATH_SECONDS, self._resume)

    def _resume(self) -> None:
        if self._open:
            self._loop.add_reader(self._sock.fileno(), self._turn)
