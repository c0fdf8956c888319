"""Transports of our own over real sockets in a poller, what their protocols are told, and their other ends."""

import asyncio
import errno
import os
import select
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.support.serving import LIMIT_SECONDS
from ticker.net.poller import Poller
from ticker.net.transport import SocketTransport

HIGH, LOW = 20_000, 5_000


class CountingPoller(Poller):
    """Counts the turns in which it had something to tell."""

    turns = 0

    def _on_ready(self) -> None:
        self.turns += 1
        super()._on_ready()


class Watched(SocketTransport):
    """One that takes weak references; those of its base have no slot for them."""


class Told(asyncio.Protocol):
    """Keeps what it is told; `raising` names calls that fail."""

    def __init__(self, transport: SocketTransport) -> None:
        self.transport = transport
        self.fd = transport.fd
        self.data = b""
        self.calls: list[str] = []
        self.lost: list[Exception | None] = []
        self.raising: set[str] = set()
        self.stays = False
        self.then: Callable[[], object] = lambda: None

    def _told(self, what: str) -> None:
        self.calls.append(what)
        if what in self.raising:
            raise ValueError(what)

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.then()
        self._told("data_received")

    def eof_received(self) -> bool:
        self._told("eof_received")
        return self.stays

    def pause_writing(self) -> None:
        self._told("pause_writing")

    def resume_writing(self) -> None:
        self._told("resume_writing")

    def connection_lost(self, exc: Exception | None) -> None:
        # Raises where the descriptor is closed already.
        os.fstat(self.fd)
        self.lost.append(exc)


Pair = tuple[Told, socket.socket]


class Pairs:
    """Transports with a recording protocol, and the sockets at their other ends."""

    def __init__(self) -> None:
        self.poller = CountingPoller(asyncio.get_running_loop())
        self.theirs: list[socket.socket] = []

    def unix(self) -> Pair:
        return self._made(*socket.socketpair())

    def tcp(self) -> Pair:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            theirs = socket.socket()
            # Little, so that a buffer stays full until somebody reads.
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            theirs.connect(listening.getsockname())
            ours, _ = listening.accept()
        return self._made(ours, theirs)

    def _made(self, ours: socket.socket, theirs: socket.socket) -> Pair:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4608)
        ours.setblocking(False)
        theirs.setblocking(False)
        self.theirs.append(theirs)
        transport = Watched(self.poller, ours.detach())
        transport.set_write_buffer_limits(HIGH, LOW)
        told = Told(transport)
        transport.set_protocol(told)
        return told, theirs


@asynccontextmanager
async def paired() -> AsyncIterator[Pairs]:
    """Pairs until the end of the block."""
    made = Pairs()
    try:
        yield made
    finally:
        made.poller.close()
        # The descriptors are closed in the next turn.
        await asyncio.sleep(0)
        for each in made.theirs:
            each.close()


def fill(told: Told) -> bytes:
    """Writes until the kernel takes no more, and something waits."""
    written = b""
    while told.transport.get_write_buffer_size() < 3000:
        told.transport.write(b"." * 1000)
        written += b"." * 1000
    return written


def gone(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError as error:
        return error.errno == errno.EBADF
    return False


def sip(theirs: socket.socket, most: int = 65536) -> bytes:
    """What is there to be read now."""
    return theirs.recv(most) if select.select([theirs], [], [], 0)[0] else b""


async def heard(theirs: socket.socket, most: int = 65536) -> bytes:
    """All that comes until the end; raises where that is a reset."""
    loop, data = asyncio.get_running_loop(), b""
    async with asyncio.timeout(LIMIT_SECONDS):
        while piece := await loop.sock_recv(theirs, most):
            data += piece
    return data


def numbered(count: int, size: int) -> list[bytes]:
    return [b"%d," % number * (size // 8) for number in range(count)]
