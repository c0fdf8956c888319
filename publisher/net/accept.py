"""Accepts the desk's connections and gives each one to uvicorn's HTTP class, on a transport of the event loop."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import structlog

from ticker.shared.http.accept import Acceptor

log = structlog.get_logger()


class DeskAcceptor(Acceptor):
    """Accepts the next batch only after every connection of the last one was read once.

    Otherwise a full desk would drop a connection, to make room, before it has read the request on it.
    """

    def __init__(
        self,
        sock: socket.socket,
        loop: asyncio.AbstractEventLoop,
        capacity: Callable[[], int],
        protocol: Callable[[], asyncio.Protocol],
        caught_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._capacity = capacity
        self._caught_up = caught_up
        self._protocol = protocol
        self._kind = sock.family, sock.type, sock.proto
        self._batch: asyncio.Task[None] | None = None
        super().__init__(sock, loop)

    def capacity(self) -> int:
        """How many connections may be accepted now."""
        return self._capacity()

    def handle(self, accepted: list[tuple[int, str]]) -> None:
        """Connects the accepted descriptors, and pauses accepting until they have been read."""
        if accepted:
            self.pause()
            self._batch = self._loop.create_task(self._connect_batch(accepted))

    async def wait_closed(self) -> None:
        """Returns when the connections accepted before `close` are known to uvicorn."""
        if self._batch is not None:
            await self._batch

    async def _connect_batch(self, accepted: list[tuple[int, str]]) -> None:
        try:
            await asyncio.gather(*(self._connect(fd) for fd, _ in accepted))
            # The loop reports their first bytes in its next iteration.
            for _ in range(2):
                await asyncio.sleep(0)
            await self._caught_up()
        finally:
            self.resume()

    async def _connect(self, fd: int) -> None:
        sock = socket.socket(*self._kind, fileno=fd)
        sock.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(self._protocol, sock)
        except OSError as error:
            sock.close()
            log.warning("cannot take a connection", error=str(error))
