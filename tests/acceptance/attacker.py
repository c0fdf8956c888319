"""What all kinds of attackers share: filters, requests and frames, connections, and the counting of answers."""

import asyncio
import base64
import contextlib
import itertools
import os
import re
import socket
import struct
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Final

READ_BYTES: Final = 1 << 16
DEFLATE: Final = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
# The filters below let every entry of the test's stream through, so that each replay of them is long.
_ROLES: Final = ("correspondent", "platform", "spokesperson", "agency", "eyewitness", "document", "organisation")
_EDITIONS: Final = ("es", "ar")
_SUBSET: Final = 128
# In how much of a message its type is found, compressed or not.
_START_BYTES: Final = 512
_KIND: Final = re.compile(rb'\{"type":"(\w+)"')


def wide_filters() -> Iterator[dict[str, list[str]]]:
    """Distinct filters, without end after 2,560 of them, that match nearly everything."""
    for editions, urgency, roles in itertools.product(range(4), range(4, 9), range(_SUBSET)):
        yield {
            "edition": ["en", *(name for bit, name in enumerate(_EDITIONS) if editions >> bit & 1)],
            "urgency": [str(urgency)],
            "role": ["official", *(name for bit, name in enumerate(_ROLES) if roles >> bit & 1)],
        }


def narrow_filters() -> Iterator[dict[str, list[str]]]:
    """Distinct filters that match almost nothing, so that a snapshot of one looks at everything."""
    places = ("africa", "asia", "europe", "oceania", "global", "middle-east", "latin-america", "north-america")
    for urgency, roles, place_name in itertools.product(range(1, 9), range(1, _SUBSET), places):
        yield {
            "place": [place_name],
            "urgency": [str(urgency)],
            "role": [name for bit, name in enumerate(_ROLES) if roles >> bit & 1],
        }


def query(filters: dict[str, list[str]], cursor: str = "", **parameters: str) -> str:
    """A query string."""
    pairs = [f"{name}={value}" for name, values in filters.items() for value in values]
    pairs += [f"{name}={value}" for name, value in parameters.items()]
    return "&".join([*pairs, *([f"cursor={cursor}"] if cursor else [])])


def websocket(target: str, *, deflate: bool = True) -> bytes:
    """A WebSocket handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {target} HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{DEFLATE if deflate else ''}\r\n"
    ).encode()


def get(target: str, accept: str = "*/*", method: str = "GET") -> bytes:
    """A plain request."""
    return f"{method} {target} HTTP/1.1\r\nHost: t\r\nAccept: {accept}\r\n\r\n".encode()


def frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """A client's frame, masked with zeros."""
    head = bytes([(0x80 if fin else 0) | opcode])
    size = len(payload)
    head += bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0x80 | 126, size)
    return head + bytes(4) + payload


class Attacker:
    """What all kinds share: where the ticker is, how long to go on, and what was answered."""

    def __init__(self, port: int, seconds: float, cursor: str, count: int) -> None:
        self.port = port
        self.until = time.monotonic() + seconds
        self.cursor = cursor
        self.count = count
        self.answers: Counter[str] = Counter()
        self.wide = itertools.cycle(wide_filters())
        self.narrow = itertools.cycle(narrow_filters())
        # A parked socket stays open, and unread, until this process ends.
        self.parked: list[socket.socket] = []

    def active(self) -> bool:
        """Whether the time is not over."""
        return time.monotonic() < self.until

    async def rest(self) -> None:
        """Does nothing more until the end."""
        await asyncio.sleep(max(0.0, self.until - time.monotonic()))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 25)

    @asynccontextmanager
    async def live(
        self, target: str = "/v1/live?backlog=0"
    ) -> AsyncIterator[tuple[asyncio.StreamWriter, asyncio.Future[None]]]:
        """A WebSocket and the task that reads and counts its messages; ends with a reset, at the latest in time."""
        reader, writer = await self.connect()
        try:
            async with asyncio.timeout(max(0.1, self.until - time.monotonic())):
                writer.write(websocket(target))
                head = await reader.readuntil(b"\r\n\r\n")
                self.answers[head.split(b" ", 2)[1].decode()] += 1
                listener = asyncio.ensure_future(self.hear(reader))
                listener.add_done_callback(lambda _: writer.transport.abort())
                try:
                    yield writer, listener
                finally:
                    listener.cancel()
        finally:
            writer.transport.abort()

    async def hear(self, reader: asyncio.StreamReader) -> None:
        """Reads frame after frame (RFC 6455, 5.2): counts lists by their type, and the code of a close frame, the last.

        A list is counted when it is whole.
        """
        with contextlib.suppress(OSError, EOFError):
            while True:
                first, size = await reader.readexactly(2)
                if size > 125:
                    size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
                start = await reader.readexactly(min(size, _START_BYTES))
                for at in range(len(start), size, READ_BYTES):
                    await reader.readexactly(min(size - at, READ_BYTES))
                if first & 0x0F == 8:
                    self.answers[f"code {int.from_bytes(start[:2], 'big')}"] += 1
                    return
                payload = zlib.decompressobj(wbits=-15).decompress(start, _START_BYTES) if first & 0x40 else start
                match = _KIND.match(payload)
                if match and match[1] in (b"snapshot", b"replay"):
                    self.answers[match[1].decode()] += 1

    async def crowd(self, client: Callable[[], Awaitable[None]]) -> None:
        """`count` clients at a time that do what `one` does, again and again."""

        async def again() -> None:
            while self.active():
                try:
                    await client()
                except (OSError, EOFError, TimeoutError):
                    if self.active():
                        self.answers["cut"] += 1
                        await asyncio.sleep(0.01)

        await asyncio.gather(*(again() for _ in range(self.count)))

    async def exchange(self, request: bytes, read_bytes: int = READ_BYTES) -> None:
        """One connection: a request, the head of its answer and up to `most` bytes of the rest; then a reset."""
        try:
            async with asyncio.timeout(max(0.1, self.until - time.monotonic())):
                reader, writer = await self.connect()
                try:
                    writer.write(request)
                    head = await reader.readuntil(b"\r\n\r\n")
                    self.answers[head.split(b" ", 2)[1].decode()] += 1
                    await reader.read(read_bytes)
                finally:
                    writer.transport.abort()
        except TimeoutError:
            self.answers["unanswered"] += 1
        except (OSError, EOFError):
            self.answers["cut"] += 1
            await asyncio.sleep(0.01)

    async def repeat(self, request: Callable[[], bytes], at_once: int, read_bytes: int = READ_BYTES) -> None:
        """`at_once` connections at a time, each followed by the next."""

        async def client() -> None:
            while self.active():
                await self.exchange(request(), read_bytes)

        await asyncio.gather(*(client() for _ in range(at_once)))

    async def park(self, request: Callable[[], bytes], read_bytes: int) -> None:
        """Opens up to `most` connections that send a request and never read."""
        for _ in range(read_bytes):
            if not self.active():
                break
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            try:
                async with asyncio.timeout(5):
                    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
                sock.send(request())
            except (OSError, TimeoutError):
                self.answers["cut"] += 1
                sock.close()
                continue
            self.parked.append(sock)
            await asyncio.sleep(0)
        self.answers["parked"] = len(self.parked)
        await self.rest()
        for sock in self.parked:
            # Only the head is read, to tell a 503 from a 200.
            with contextlib.suppress(OSError):
                head = sock.recv(64)
                self.answers[head.split(b" ", 2)[1].decode() if head else "cut"] += 1
