"""The desk's acceptor: gives each connection to uvicorn's HTTP class on a transport of the loop's."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import structlog

from ticker.shared.http.accept import Acceptor

log = structlog.get_logger()


class DeskAcceptor(Acceptor):
    """Accepts a batch when the one before has been read once, so that none of it is dropped unread for the next."""

    def __init__(
        self,
        sock: socket.socket,
        loop: asyncio.AbstractEventLoop,
        places: Callable[[], int],
        protocol: Callable[[], asyncio.Protocol],
        caught_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._places = places
        self._caught_up = caught_up
        self._protocol = protocol
        self._kind = sock.family, sock.type, sock.proto
        self._under_way: asyncio.Task[None] | None = None
        super().__init__(sock, loop)

    def places(self) -> int:
        """As the desk's connections have them."""
        return self._places()

    def take(self, arrived: list[tuple[int, str]]) -> None:
        """Gives them to the loop, and accepts no others meanwhile."""
        if arrived:
            self.hold()
            self._under_way = self._loop.create_task(self._take(arrived))

    async def wait_closed(self) -> None:
        """As `Acceptor.wait_closed`."""
        if self._under_way is not None:
            await self._under_way

    async def _take(self, arrived: list[tuple[int, str]]) -> None:
        try:
            await asyncio.gather(*(self._give(fd) for fd, _ in arrived))
            # The loop hears what they have sent in its next iteration, and it is read in its turn.
            for _ in range(2):
                await asyncio.sleep(0)
            await self._caught_up()
        finally:
            self.release()

    async def _give(self, fd: int) -> None:
        sock = socket.socket(*self._kind, fileno=fd)
        sock.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(self._protocol, sock)
        except OSError as error:
            sock.close()
            log.warning("cannot take a connection", error=str(error))
