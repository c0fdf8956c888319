"""Simulated sockets and epoll sets, in the place of the system calls that the ticker makes for its connections.

A socket takes as many bytes as its buffer has space for, delivers them to the client after a delay, and reports itself
writable again when the client has read. `ticker.net.transport`, `ticker.net.poller` and `ticker.node.rounds` are real.
"""

import random
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Protocol
from unittest.mock import patch

from tests.simulation.virtual_loop import VirtualLoop
from ticker.net import connection, poller, transport
from ticker.net.poller import READABLE, WRITABLE
from ticker.node import rounds

_BROKEN = 0x18
"""EPOLLERR and EPOLLHUP."""
Bytes = bytes | bytearray | memoryview


class Peer(Protocol):
    """The client's end of a socket."""

    def receive(self, data: bytes) -> None:
        """Called with bytes that arrived."""

    def end(self) -> None:
        """Called once, when the node has closed the connection."""


class Socket:
    """One connection; `capacity` is the bytes that the kernel holds for a client that does not read."""

    def __init__(self, kernel: "Kernel", fd: int, peer: Peer, capacity: int, delay: float) -> None:
        self.kernel = kernel
        self.fd = fd
        self.peer = peer
        self.capacity = capacity
        self.delay = delay
        self.unread = b""
        self.inbox = b""
        self.has_ended = False
        """Whether the client has closed its side."""
        self.is_reset = False
        self.is_reading = True
        self.is_gone = False
        """Whether the client no longer takes part in the connection."""
        self.resets_on_close = False
        self.is_closed = False
        """Whether the node has closed its side."""
        self._is_due = False
        self._on_way: deque[tuple[bytes, bool]] = deque()

    # The client's side

    def send(self, data: bytes) -> None:
        """Sends bytes to the node."""
        self._on_way.append((data, False))
        self.kernel.loop.call_later(self.delay, self._arrive)

    def finish(self) -> None:
        """Closes the client's side in order; nothing that comes later is read."""
        self.is_gone = True
        self._on_way.append((b"", True))
        self.kernel.loop.call_later(self.delay, self._arrive)

    def reset(self) -> None:
        """Breaks the connection at both ends; bytes on their way are lost."""
        self.is_gone = self.is_reset = True
        self.kernel.notify()

    def vanish(self) -> None:
        """Leaves the node without a sign that the client has gone."""
        self.is_gone = True

    def read_again(self) -> None:
        """Reads what has arrived, and everything later."""
        self.is_reading = True
        self._schedule()

    def _arrive(self) -> None:
        # Timers with the same time come in no order.
        data, is_end = self._on_way.popleft()
        if not self.is_closed:
            self.inbox += data
            self.has_ended |= is_end
            self.kernel.notify()

    def _schedule(self) -> None:
        if not self._is_due:
            self._is_due = True
            self.kernel.loop.call_later(self.delay, self._deliver)

    def _deliver(self) -> None:
        self._is_due = False
        if self.is_gone or not self.is_reading:
            return
        data, self.unread = self.unread, b""
        if self.is_closed and self.resets_on_close:
            data = b""
        if data:
            self.kernel.note(self.fd, data)
            self.peer.receive(data)
        if self.is_closed and not self.is_gone:
            self.is_gone = True
            self.peer.end()
        elif data:
            self.kernel.notify()

    # The node's side

    @property
    def free(self) -> int:
        return self.capacity - len(self.unread)

    def write(self, data: Bytes) -> int:
        if self.is_reset:
            raise ConnectionResetError
        sent = min(self.free, len(data))
        if sent <= 0:
            raise BlockingIOError
        self.unread += bytes(data[:sent])
        self._schedule()
        return sent

    def read(self, size: int) -> bytes:
        if self.is_reset:
            raise ConnectionResetError
        if not self.inbox and not self.has_ended:
            raise BlockingIOError
        data, self.inbox = self.inbox[:size], self.inbox[size:]
        return data

    def close(self) -> None:
        self.is_closed = True
        self._schedule()

    def events(self, mask: int) -> int:
        if self.is_reset:
            return _BROKEN | (mask & READABLE)
        events = READABLE & mask if self.inbox or self.has_ended else 0
        # Linux reports a socket writable when a third of its buffer is free.
        return events | (WRITABLE & mask if self.free * 3 >= self.capacity else 0)


class Epoll:
    """One epoll set, level-triggered."""

    def __init__(self, kernel: "Kernel", fd: int) -> None:
        self._kernel = kernel
        self._fd = fd
        self._masks: dict[int, int] = {}
        kernel.epolls[fd] = self

    def fileno(self) -> int:
        return self._fd

    def register(self, fd: int, mask: int) -> None:
        self._masks[fd] = mask
        self._kernel.notify()

    def modify(self, fd: int, mask: int) -> None:
        self._masks[fd] = mask
        self._kernel.notify()

    def unregister(self, fd: int) -> None:
        del self._masks[fd]

    def poll(self, timeout: float = 0, limit: int | None = None) -> list[tuple[int, int]]:
        sockets = self._kernel.sockets
        return [(fd, events) for fd, mask in self._masks.items() if (events := sockets[fd].events(mask))][:limit]

    def close(self) -> None:
        del self._kernel.epolls[self._fd]


class Kernel:
    """All sockets of one history."""

    def __init__(self, loop: VirtualLoop, chance: random.Random) -> None:
        self.loop = loop
        self.sockets: dict[int, Socket] = {}
        self.epolls: dict[int, Epoll] = {}
        self.digest = 0
        """Of everything that clients have read; two runs of one history have the same."""
        self._chance = chance
        self._next_fd = 100
        self._is_scheduled = False

    def connect(self, peer: Peer, capacity: int) -> Socket:
        """A new connection; the caller gives its descriptor to the node."""
        fd = self._new_fd()
        self.sockets[fd] = Socket(self, fd, peer, capacity, self._chance.choice((0.0002, 0.002, 0.03)))
        return self.sockets[fd]

    def note(self, fd: int, data: bytes) -> None:
        """Adds what a client reads, and when, to the digest."""
        self.digest = zlib.crc32(b"%d %.9f " % (fd, self.loop.now) + data, self.digest)

    def notify(self) -> None:
        """Looks at all epoll sets in the next iteration of the loop."""
        if not self._is_scheduled:
            self._is_scheduled = True
            self.loop.call_soon(self._look)

    def _look(self) -> None:
        self._is_scheduled = False
        for fd, epoll in list(self.epolls.items()):
            if fd in self.loop.readers and epoll.poll():
                self.loop.readers[fd]()
                self.notify()

    def _new_fd(self) -> int:
        self._next_fd += 1
        return self._next_fd

    def _close(self, fd: int) -> None:
        self.sockets.pop(fd).close()

    def _reset_on_close(self, fd: int) -> None:
        self.sockets[fd].resets_on_close = True

    def _peek(self, fd: int) -> bytes | None:
        sock = self.sockets.get(fd)
        if sock is None or sock.is_reset or (sock.has_ended and not sock.inbox):
            return b""
        return sock.inbox[:1] or None

    def _writev(self, fd: int, pieces: Sequence[Bytes]) -> int:
        return self.sockets[fd].write(b"".join(map(bytes, pieces)))

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Within the block the ticker's modules make their system calls here."""
        calls = SimpleNamespace(
            write=lambda fd, data: self.sockets[fd].write(data),
            writev=self._writev,
            read=lambda fd, size: self.sockets[fd].read(size),
            close=self._close,
        )
        with ExitStack() as stack:
            for module in (transport, connection, rounds):
                stack.enter_context(patch.object(module, "os", calls))
            stack.enter_context(patch.object(transport, "peek", self._peek))
            stack.enter_context(patch.object(transport, "reset_descriptor_on_close", self._reset_on_close))
            epolls = SimpleNamespace(epoll=lambda: Epoll(self, self._new_fd()))
            stack.enter_context(patch.object(poller, "select", epolls))
            stack.enter_context(patch.object(poller, "time", SimpleNamespace(monotonic=self.loop.time)))
            yield
