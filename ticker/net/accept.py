"""The node's acceptor: takes many connections in a turn, each with what it has said already.

The loop's own way takes one a turn and makes two objects and several system calls for each.
"""

import asyncio
import os
import socket
import time
from collections import deque
from typing import Final

import structlog

from ticker.net.first_bytes import PendingConnection, Router
from ticker.net.poller import TURN_SECONDS, Poller
from ticker.net.transport import SocketTransport
from ticker.shared.http.accept import BATCH, Acceptor
from ticker.shared.http.limits import HEAD_BYTES

# A whole head, and one byte by which a longer one is known.
_READ_BYTES: Final = HEAD_BYTES + 1

log = structlog.get_logger()


class NodeAcceptor(Acceptor):
    """Gives those who come to the node's `router`."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop, router: Router, poller: Poller) -> None:
        self._router = router
        self._poller = poller
        self._arrived: deque[tuple[int, str, bytes]] = deque()
        super().__init__(sock, loop)

    def capacity(self) -> int:
        """As the node's visitors have them."""
        node = self._router.node
        return node.http_connections.acceptable(BATCH, node.steady())

    def close(self) -> None:
        """As `Acceptor.close`; those who were accepted are taken."""
        super().close()
        while self._arrived:
            self._take(*self._arrived.popleft())

    async def wait_closed(self) -> None:
        """Returns at once."""

    def _on_readable(self) -> None:
        # At 46 µs each a batch takes half as long as a stretch of a round.
        if not self._arrived:
            super()._on_readable()

    def handle(self, accepted: list[tuple[int, str]]) -> None:
        """Takes them pass by pass, as far as there is time in this turn, and the others in the next."""
        # Not one after the other through all passes: what a system call and the code after it throw out of the
        # processor's caches is thrown out once a turn. A join takes 46 µs so, and 66 to 80 one after the other
        # (docs/performance/gains.md).
        self._arrived += [(fd, peer, _first_words(fd)) for fd, peer in accepted]
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
                self._router.enter(transport, data, peer)
            else:
                gate = PendingConnection(self._router, peer)
                transport.set_protocol(gate)
                gate.connection_made(transport)
        except Exception as error:
            transport.fail("the first turn", error)


def _first_words(fd: int) -> bytes:
    try:
        os.set_blocking(fd, False)
        return os.read(fd, _READ_BYTES)
    except OSError:
        # Nothing yet, or it has hung up, of which the gate is told in a moment.
        return b""
