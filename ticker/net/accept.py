"""The node's acceptor: accepts a batch of connections per loop iteration, and reads what each has sent already.

asyncio accepts one connection per iteration and makes two objects and several system calls for each.
"""

import asyncio
import os
import socket
import time
from collections import deque
from typing import Final

import structlog

from ticker.net.first_bytes import PendingConnection, Router
from ticker.net.poller import STEP_SECONDS, Poller
from ticker.net.transport import SocketTransport
from ticker.shared.http.accept import BATCH, Acceptor
from ticker.shared.http.limits import HEAD_BYTES

# A complete head, and one byte more, which shows that a head is too long.
_READ_BYTES: Final = HEAD_BYTES + 1

log = structlog.get_logger()


class NodeAcceptor(Acceptor):
    """Passes accepted connections to the `router`."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop, router: Router, poller: Poller) -> None:
        self._router = router
        self._poller = poller
        self._accepted: deque[tuple[int, str, bytes]] = deque()
        super().__init__(sock, loop)

    def capacity(self) -> int:
        """How many connections the node may accept now."""
        node = self._router.node
        return node.http_connections.acceptable(BATCH, node.steady())

    def close(self) -> None:
        """Stops accepting; connections that were accepted are still routed."""
        super().close()
        while self._accepted:
            self._route(*self._accepted.popleft())

    async def wait_closed(self) -> None:
        """Returns at once."""

    def _on_readable(self) -> None:
        # At 46 µs per connection a batch takes half as long as a step of a round.
        if not self._accepted:
            super()._on_readable()

    def handle(self, accepted: list[tuple[int, str]]) -> None:
        """Reads from all connections, then routes them for `STEP_SECONDS`; the rest follows in the next iteration."""
        # All reads first: a system call evicts code from the processor's caches, this way once per batch. A join takes
        # 46 µs, and 66 to 80 with one connection after the other (docs/performance/gains.md).
        self._accepted += [(fd, peer, _first_bytes(fd)) for fd, peer in accepted]
        self._route_accepted()

    def _route_accepted(self) -> None:
        # 48 plain joins take 2 ms; 48 requests with a hundred wrong parameters each took 100.
        until = time.monotonic() + STEP_SECONDS
        with self._poller.corked():
            while self._accepted:
                self._route(*self._accepted.popleft())
                if time.monotonic() >= until:
                    break
        if self._accepted:
            self._loop.call_soon(self._route_accepted)

    def _route(self, fd: int, peer: str, data: bytes) -> None:
        try:
            transport = SocketTransport(self._poller, fd)
        except OSError as error:
            # The kernel watches no more descriptors (epoll_ctl(2)).
            os.close(fd)
            log.warning("cannot watch a connection", error=str(error))
            return
        try:
            if data:
                # Nearly always: the request came with the last packet of the TCP handshake, or soon after it.
                self._router.route(transport, data, peer)
            else:
                pending = PendingConnection(self._router, peer)
                transport.set_protocol(pending)
                pending.connection_made(transport)
        except Exception as error:
            transport.fail("route", error)


def _first_bytes(fd: int) -> bytes:
    try:
        os.set_blocking(fd, False)
        return os.read(fd, _READ_BYTES)
    except OSError:
        # Nothing has arrived, or the client has left, which its protocol learns from the poller.
        return b""
