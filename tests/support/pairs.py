"""Epoll transports over real sockets, protocols that record their calls, and the peers' sockets."""

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
    """Counts the iterations in which a descriptor was ready."""

    turns = 0

    def _on_ready(self) -> None:
        self.turns += 1
        super()._on_ready()


class Watched(SocketTransport):
    """A transport that allows weak references; the slots of its base do not."""


class RecordingProtocol(asyncio.Protocol):
    """Records its calls; `raising` names calls that fail."""

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
            # Small, so that a buffer stays full until the peer reads.
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
        # The descriptors are closed in the next iteration.
        await asyncio.sleep(0)
        for sock in pairs.peer:
            sock.close()


def fill(protocol: RecordingProtocol) -> bytes:
    """Writes until the kernel takes no more and the buffer is not empty."""
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
    """The bytes that can be read now."""
    return peer.recv(limit) if select.select([peer], [], [], 0)[0] else b""


async def read_all(peer: socket.socket, limit: int = 65536) -> bytes:
    """All bytes until the end; raises if the end is a reset."""
    loop, data = asyncio.get_running_loop(), b""
    async with asyncio.timeout(LIMIT_SECONDS):
        while piece := await loop.sock_recv(peer, limit):
            data += piece
    return data


def numbered(count: int, size: int) -> list[bytes]:
    return [b"%d," % number * (size // 8) for number in range(count)]
