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


class RecordingProtocol(asyncio.Protocol):
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

    def _record(self, what: str) -> None:
        self.calls.append(what)
        if what in self.raising:
            raise ValueError(what)

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.then()
        self._record("data_received")

    def eof_received(self) -> bool:
        self._record("eof_received")
        return self.stays

    def pause_writing(self) -> None:
        self._record("pause_writing")

    def resume_writing(self) -> None:
        self._record("resume_writing")

    def connection_lost(self, exc: Exception | None) -> None:
        # Raises where the descriptor is closed already.
        os.fstat(self.fd)
        self.lost.append(exc)


Pair = tuple[RecordingProtocol, socket.socket]


class Pairs:
    """Transports with a recording protocol, and the sockets at their other ends."""

    def __init__(self) -> None:
        self.poller = CountingPoller(asyncio.get_running_loop())
        self.peer: list[socket.socket] = []

    def unix(self) -> Pair:
        return self._connect(*socket.socketpair())

    def tcp(self) -> Pair:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            peer = socket.socket()
            # Little, so that a buffer stays full until somebody reads.
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.connect(listening.getsockname())
            ours, _ = listening.accept()
        return self._connect(ours, peer)

    def _connect(self, ours: socket.socket, peer: socket.socket) -> Pair:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4608)
        ours.setblocking(False)
        peer.setblocking(False)
        self.peer.append(peer)
        transport = Watched(self.poller, ours.detach())
        transport.set_write_buffer_limits(HIGH, LOW)
        protocol = RecordingProtocol(transport)
        transport.set_protocol(protocol)
        return protocol, peer


@asynccontextmanager
async def paired() -> AsyncIterator[Pairs]:
    """Pairs until the end of the block."""
    pairs = Pairs()
    try:
        yield pairs
    finally:
        pairs.poller.close()
        # The descriptors are closed in the next turn.
        await asyncio.sleep(0)
        for sock in pairs.peer:
            sock.close()


def fill(protocol: RecordingProtocol) -> bytes:
    """Writes until the kernel takes no more, and something waits."""
    sent = b""
    while protocol.transport.get_write_buffer_size() < 3000:
        protocol.transport.write(b"." * 1000)
        sent += b"." * 1000
    return sent


def is_closed(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError as error:
        return error.errno == errno.EBADF
    return False


def read_some(peer: socket.socket, limit: int = 65536) -> bytes:
    """What is there to be read now."""
    return peer.recv(limit) if select.select([peer], [], [], 0)[0] else b""


async def read_all(peer: socket.socket, limit: int = 65536) -> bytes:
    """All that comes until the end; raises where that is a reset."""
    loop, data = asyncio.get_running_loop(), b""
    async with asyncio.timeout(LIMIT_SECONDS):
        while piece := await loop.sock_recv(peer, limit):
            data += piece
    return data


def numbered(count: int, size: int) -> list[bytes]:
    return [b"%d," % number * (size // 8) for number in range(count)]
