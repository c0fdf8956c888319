"""Clients that try to stop a ticker, each kind a command of its own process; it prints what it was answered as JSON.

They run in a process of their own, so that their CPU time does not delay the listeners that are measured.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import random
import socket
import struct
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from typing import Final

READ_BYTES: Final = 1 << 16
DEFLATE: Final = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
# The filters below let every entry of the test's stream through, so that each replay of them is long.
_ROLES: Final = ("correspondent", "platform", "spokesperson", "agency", "eyewitness", "document", "organisation")
_EDITIONS: Final = ("es", "ar")
_SUBSET: Final = 128


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
    for urgency, roles, place in itertools.product(range(1, 9), range(1, _SUBSET), places):
        yield {
            "place": [place],
            "urgency": [str(urgency)],
            "role": [name for bit, name in enumerate(_ROLES) if roles >> bit & 1],
        }


def query(wanted: dict[str, list[str]], cursor: str = "", **more: str) -> str:
    """A query string."""
    pairs = [f"{name}={value}" for name, values in wanted.items() for value in values]
    pairs += [f"{name}={value}" for name, value in more.items()]
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

    async def exchange(self, request: bytes, most: int = READ_BYTES) -> None:
        """One connection: a request, the head of its answer and up to `most` bytes of the rest; then a reset."""
        try:
            async with asyncio.timeout(max(0.1, self.until - time.monotonic())):
                reader, writer = await self.connect()
                try:
                    writer.write(request)
                    head = await reader.readuntil(b"\r\n\r\n")
                    self.answers[head.split(b" ", 2)[1].decode()] += 1
                    await reader.read(most)
                finally:
                    writer.transport.abort()
        except TimeoutError:
            self.answers["unanswered"] += 1
        except (OSError, EOFError):
            self.answers["cut"] += 1
            await asyncio.sleep(0.01)

    async def repeat(self, request: Callable[[], bytes], at_once: int, most: int = READ_BYTES) -> None:
        """`at_once` connections at a time, each followed by the next."""

        async def one() -> None:
            while self.active():
                await self.exchange(request(), most)

        await asyncio.gather(*(one() for _ in range(at_once)))

    async def park(self, request: Callable[[], bytes], most: int) -> None:
        """Opens up to `most` connections that send a request and never read."""
        for _ in range(most):
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
            # The head alone: 503 is told from 200.
            with contextlib.suppress(OSError):
                head = sock.recv(64)
                self.answers[head.split(b" ", 2)[1].decode() if head else "cut"] += 1


async def subscribe_flood(attacker: Attacker) -> None:
    """Sockets that send bursts of `subscribe`, each with another filter and an old cursor, and read the answers."""

    async def one() -> None:
        while attacker.active():
            try:
                reader, writer = await attacker.connect()
            except OSError:
                attacker.answers["cut"] += 1
                await asyncio.sleep(0.05)
                continue
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                async with asyncio.timeout(max(0.1, attacker.until - time.monotonic())):
                    writer.write(websocket("/v1/live?backlog=0"))
                    await reader.readuntil(b"\r\n\r\n")
                    drain = asyncio.ensure_future(_drain(reader, attacker))
                    while attacker.active() and not drain.done():
                        burst = [
                            {"type": "subscribe", "cursor": attacker.cursor, **next(attacker.wide)} for _ in range(50)
                        ]
                        writer.write(b"".join(frame(1, json.dumps(one).encode()) for one in burst))
                        await writer.drain()
                        await asyncio.sleep(0.02)
                    drain.cancel()
            writer.transport.abort()
            await asyncio.sleep(0.02)

    await asyncio.gather(*(one() for _ in range(attacker.count)))


async def subscribe_politely(attacker: Attacker) -> None:
    """Many sockets that each change what they ask for once in a while, just below what is allowed."""

    async def one() -> None:
        try:
            reader, writer = await attacker.connect()
            writer.write(websocket("/v1/live?backlog=0"))
            await reader.readuntil(b"\r\n\r\n")
            drain = asyncio.ensure_future(_drain(reader, attacker))
            await asyncio.sleep(random.random())
            while attacker.active() and not drain.done():
                text = json.dumps({"type": "subscribe", "cursor": attacker.cursor, **next(attacker.wide)})
                writer.write(frame(1, text.encode()))
                await asyncio.sleep(1.05)
            drain.cancel()
            writer.transport.abort()
        except (OSError, EOFError):
            attacker.answers["cut"] += 1

    await asyncio.gather(*(one() for _ in range(attacker.count)))


async def _drain(reader: asyncio.StreamReader, attacker: Attacker) -> None:
    """Reads frame after frame (RFC 6455, 5.2), and counts bytes and the code of a close frame, which is the last."""
    with contextlib.suppress(OSError, EOFError):
        while True:
            first, size = await reader.readexactly(2)
            if size > 125:
                size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
            if first & 0x0F == 8:
                payload = await reader.readexactly(size)
                attacker.answers[f"code {int.from_bytes(payload[:2], 'big')}"] += 1
                return
            attacker.answers["bytes"] += size
            while size:
                size -= len(await reader.readexactly(min(size, READ_BYTES)))


async def join_flood(attacker: Attacker) -> None:
    """Joins of every way with distinct filters and an old cursor, `count` at a time."""
    ways = itertools.cycle(range(4))

    def request() -> bytes:
        asked = query(next(attacker.wide), attacker.cursor)
        way = next(ways)
        if way < 2:
            return websocket(f"/v1/live?{asked}", deflate=way == 0)
        return get(f"/v1/live?{asked}", "text/event-stream" if way == 2 else "application/json")

    await attacker.repeat(request, attacker.count)


async def deflate_flood(attacker: Attacker) -> None:
    """Joins with deflate and a long replay, which is costly to compress."""
    await attacker.repeat(lambda: websocket(f"/v1/live?{query(next(attacker.wide), attacker.cursor)}"), attacker.count)


async def snapshot_flood(attacker: Attacker) -> None:
    """Joins without a cursor whose filter matches little."""
    await attacker.repeat(lambda: websocket(f"/v1/live?{query(next(attacker.narrow), backlog='100')}"), attacker.count)


async def page_flood(attacker: Attacker) -> None:
    """Pages of `before`, histories, metrics and pages for people, as fast as they are answered."""
    uris = [f"urn:flashwire:{number:026d}" for number in range(20, 9_000, 7)]
    targets = itertools.cycle(
        [f"/v1/items?{{filter}}&limit=100&before={uri}" for uri in uris[::3]]
        + [f"/v1/items/{uri}/history" for uri in uris[1::3]]
        + ["/metrics", "/openapi.json", "/embed?edition=en", "/oembed?url=http://t/embed", "/nothing"]
    )
    await attacker.repeat(
        lambda: get(next(targets).replace("{filter}", query(next(attacker.narrow)))), attacker.count, most=1 << 20
    )


async def poll_flood(attacker: Attacker) -> None:
    """Long polls with a good cursor that leave at once, and JSON joins with a long replay."""
    turns = itertools.cycle((1, 2, 3))

    def request() -> bytes:
        cursor = attacker.cursor if next(turns) == 1 else "none.0.0"
        return get(f"/v1/live?{query(next(attacker.wide), cursor, wait='30')}", "application/json")

    await attacker.repeat(request, attacker.count, most=100)


async def unread_json(attacker: Attacker) -> None:
    """JSON joins with distinct filters and an old cursor that never read."""
    await attacker.park(
        lambda: get(f"/v1/live?{query(next(attacker.wide), attacker.cursor)}", "application/json"), attacker.count
    )


async def unread_live(attacker: Attacker) -> None:
    """The same over WebSocket, with and without deflate, and server-sent events."""
    ways = itertools.cycle(range(3))

    def request() -> bytes:
        target = f"/v1/live?{query(next(attacker.wide), attacker.cursor)}"
        way = next(ways)
        return get(target, "text/event-stream") if way == 2 else websocket(target, deflate=way == 0)

    await attacker.park(request, attacker.count)


async def unread_pages(attacker: Attacker) -> None:
    """Pipelined requests for long answers, of which nothing is read."""

    def request() -> bytes:
        requests = []
        for _ in range(10):
            requests.append(get(f"/v1/live?{query(next(attacker.wide), attacker.cursor)}"))
            requests.append(get(f"/v1/items?{query(next(attacker.wide), limit='100')}"))
        return b"".join(requests)

    await attacker.park(request, attacker.count)


async def unread_snapshots(attacker: Attacker) -> None:
    """Fresh joins with distinct filters and the longest list, never read."""

    def request() -> bytes:
        return websocket(f"/v1/live?{query(next(attacker.wide), backlog='100')}", deflate=False)

    await attacker.park(request, attacker.count)


async def many_filters(attacker: Attacker) -> None:
    """`count` sockets with a filter each, that read and stay."""

    async def one() -> None:
        try:
            reader, writer = await attacker.connect()
            writer.write(websocket(f"/v1/live?{query(next(attacker.wide), backlog='10')}", deflate=False))
            await reader.readuntil(b"\r\n\r\n")
            attacker.answers["joined"] += 1
            while data := await reader.read(READ_BYTES):
                attacker.answers["bytes"] += len(data)
        except (OSError, EOFError):
            attacker.answers["cut"] += 1

    tasks: list[asyncio.Task[None]] = []
    for _ in range(attacker.count):
        tasks.append(asyncio.ensure_future(one()))
        await asyncio.sleep(0.001)
    await attacker.rest()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def frame_flood(attacker: Attacker) -> None:
    """Pings, one-byte fragments and frames of nothing, as fast as they are taken."""
    bursts = (
        frame(9, b"x" * 100) * 200,
        frame(1, b"{", fin=False) + frame(0, b" ", fin=False) * 1500,
        frame(10, b"") * 1000,
        frame(9, b"") * 1000,
        (frame(1, b"", fin=False) + frame(0, b"", fin=False) * 500),
    )

    async def one(number: int) -> None:
        while attacker.active():
            try:
                reader, writer = await attacker.connect()
                writer.write(websocket("/v1/live?backlog=0"))
                await reader.readuntil(b"\r\n\r\n")
                drain = asyncio.ensure_future(_drain(reader, attacker))
                while attacker.active() and not drain.done():
                    writer.write(bursts[number % len(bursts)])
                    async with asyncio.timeout(max(0.1, attacker.until - time.monotonic())):
                        await writer.drain()
                    await asyncio.sleep(0.001)
                drain.cancel()
                writer.transport.abort()
            except (OSError, EOFError, TimeoutError):
                attacker.answers["cut"] += 1
                await asyncio.sleep(0.01)

    await asyncio.gather(*(one(number) for number in range(attacker.count)))


async def handshake_flood(attacker: Attacker) -> None:
    """Half requests, silent sockets, wrong addresses and bad handshakes."""
    requests = itertools.cycle(
        (
            get("/nothing/here"),
            websocket("/v1/wrong"),
            websocket("/v1/live?edition=unknown"),
            b"GET /v1/live HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\n\r\n",
            b"\x16\x03\x01 not HTTP\r\n\r\n",
            get("/" + "x" * 20_000),
            get("/v1/live", method="POST"),
        )
    )
    half = itertools.cycle((b"", b"G", b"GET /v1/live HTTP/1.1\r\nHost: t\r\n", b"GET /v1/items HTTP/1.1\r\nX-"))
    await asyncio.gather(
        attacker.park(lambda: next(half), 2_000),
        attacker.repeat(lambda: next(requests), attacker.count),
    )


async def short_visits(attacker: Attacker) -> None:
    """Joins with an old cursor whose client leaves at once: with a reset, after its last word, or without any."""
    ways = itertools.cycle(range(3))

    async def one() -> None:
        while attacker.active():
            asked = query(next(attacker.wide), attacker.cursor)
            way = next(ways)
            try:
                _reader, writer = await attacker.connect()
                if way == 0:
                    writer.write(websocket(f"/v1/live?{asked}"))
                elif way == 1:
                    writer.write(get(f"/v1/live?{asked}", "application/json"))
                await writer.drain()
                if way == 1:
                    writer.transport.abort()
                writer.close()
                attacker.answers["visits"] += 1
            except OSError:
                attacker.answers["cut"] += 1
            await asyncio.sleep(0.001)

    await asyncio.gather(*(one() for _ in range(attacker.count)))


async def odd_requests(attacker: Attacker) -> None:
    """Other methods, forged cursors, queries as long as they may be, and heads that never end, as fast as possible."""
    epoch, number, check = attacker.cursor.split(".")
    long_query = "&".join(["edition=en"] * 99)
    requests = itertools.cycle(
        (
            get("/v1/live", method="HEAD"),
            get("/v1/items?edition=en", method="OPTIONS"),
            get(f"/v1/live?{query(next(attacker.wide), f'{epoch}.{2**52}.{check}')}", "application/json"),
            get(f"/v1/live?{query(next(attacker.wide), f'{epoch}.{number}.0000000000')}", "application/json"),
            websocket(f"/v1/live?cursor={epoch}.{2**52}.{check}"),
            get(f"/v1/items?{long_query}&limit=100"),
            get("/v1/live?" + "&".join(f"{letter * 100}=x" for letter in "abcdefghijklmnopqrstuvw")),
            get("/v1/items?" + "place=" + "%F0%9F%98%80" * 1_200),
            get("/v1/items/urn:flashwire:" + "0" * 26 + "/history"),
            b"GET / HTTP/1.1\r\nHost: t\r\n" + b"X-Long: a\r\n" * 1_400 + b"\r\n",
        )
    )
    await attacker.repeat(lambda: next(requests), attacker.count)


async def packed_frames(attacker: Attacker) -> None:
    """Compressed messages of zeros that become 4 MB, own heartbeats of every length, and half a close frame."""
    packer = zlib.compressobj(wbits=-15)
    zeros = packer.compress(bytes(4 << 20)) + packer.flush(zlib.Z_SYNC_FLUSH)[:-4]
    bomb = bytes([0xC1, 0xFE]) + len(zeros).to_bytes(2, "big") + bytes(4) + zeros
    seconds = itertools.cycle(range(5, 61))

    async def one() -> None:
        while attacker.active():
            try:
                reader, writer = await attacker.connect()
                writer.write(websocket(f"/v1/live?backlog=0&heartbeat={next(seconds)}"))
                await reader.readuntil(b"\r\n\r\n")
                writer.write(bomb + frame(8, b"\x03"))
                async with asyncio.timeout(5):
                    await _drain(reader, attacker)
                writer.transport.abort()
            except (OSError, EOFError, TimeoutError):
                attacker.answers["cut"] += 1
                await asyncio.sleep(0.01)

    await asyncio.gather(*(one() for _ in range(attacker.count)))


KINDS: Final[dict[str, Callable[[Attacker], Coroutine[None, None, None]]]] = {
    kind.__name__: kind
    for kind in (
        subscribe_flood,
        subscribe_politely,
        join_flood,
        deflate_flood,
        snapshot_flood,
        page_flood,
        poll_flood,
        unread_json,
        unread_live,
        unread_pages,
        unread_snapshots,
        many_filters,
        frame_flood,
        handshake_flood,
        short_visits,
        odd_requests,
        packed_frames,
    )
}


def main(kind: str, port: str, seconds: str, count: str, cursor: str) -> None:
    """Runs one kind and prints what it was answered."""
    attacker = Attacker(int(port), float(seconds), cursor, int(count))
    asyncio.run(KINDS[kind](attacker))
    sys.stdout.write(json.dumps(attacker.answers))
    sys.stdout.flush()
    # What is parked ends with the process.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
