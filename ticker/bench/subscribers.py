"""The audience of a measurement: every subscriber counts every item, once and in order, and nothing is assumed.

A raw protocol and not a client library: on one core it must keep up with any server, and a library's own cost
would be in every figure of elapsed time.
"""

import asyncio
import base64
import os
import time
from functools import partial
from typing import Final, cast

from ticker.bench.contender import Target

# Stands in the headline of every item, before its number in eight digits.
MARK: Final = b"bench-item-"
DIGITS: Final = 8
_AT_ONCE: Final = 100


class MissedError(Exception):
    """An item was lost, doubled, out of order or late, or a subscriber was cut off: there is no measurement."""


class Tally:
    """What the whole audience has received; `round` waits on it."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.last = 0.0
        self._missing = 0
        self._done: asyncio.Future[None] | None = None

    def expect(self, subscribers: int) -> asyncio.Future[None]:
        """Done when each of `subscribers` has the next item; fails as soon as anything is wrong."""
        self._missing = subscribers
        self._done = asyncio.get_running_loop().create_future()
        if self.fault:
            self.wrong(self.fault)
        return self._done

    def arrived(self) -> None:
        """One subscriber has the item that is expected."""
        self._missing -= 1
        if self._missing == 0 and self._done is not None and not self._done.done():
            self.last = time.perf_counter()
            self._done.set_result(None)

    def wrong(self, fault: str) -> None:
        """Something that must not happen has happened; the first of them is told."""
        self.fault = self.fault or fault
        if self._done is not None and not self._done.done():
            self._done.set_exception(MissedError(self.fault))


class Subscriber(asyncio.Protocol):
    """One WebSocket client that only reads (RFC 6455), and answers pings."""

    __slots__ = ("_joined", "_next", "_path", "_rest", "_tally", "joined", "leaving", "transport")

    transport: asyncio.Transport

    def __init__(self, tally: Tally, path: str, first: int) -> None:
        self._tally = tally
        self._path = path
        self._next = first
        self._rest = b""
        self._joined = False
        self.leaving = False
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        head = f"GET {self._path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.transport.write(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        if self._joined:
            self._frames(data)
            return
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            self._rest = data
        elif not head.startswith(b"HTTP/1.1 101 "):
            self._wrong(f"a join was answered: {head[:60].decode('ascii', 'replace').splitlines()[0]}")
        else:
            self._joined = True
            if not self.joined.done():
                self.joined.set_result(None)
            self._frames(rest)

    def _frames(self, data: bytes) -> None:
        at, end = 0, len(data)
        while end - at >= 2:
            start, length = at + 2, data[at + 1]
            if length == 126:
                start = at + 4
                length = int.from_bytes(data[at + 2 : start]) if end >= start else end
            elif length == 127:
                start = at + 10
                length = int.from_bytes(data[at + 2 : start]) if end >= start else end
            if start + length > end:
                break
            kind = data[at]
            if kind == 0x81:
                self._message(data, start, start + length)
            elif kind == 0x89:
                # Masked with zeros: the mask hides nothing on loopback.
                self.transport.write(bytes((0x8A, 0x80 | length, 0, 0, 0, 0)) + data[start : start + length])
            else:
                self._wrong(f"a frame that starts with {kind:#04x} came")
            at = start + length
        self._rest = data[at:]

    def _message(self, data: bytes, start: int, end: int) -> None:
        mark = data.find(MARK, start, end)
        if mark < 0:
            return  # a snapshot without items, a heartbeat
        mark += len(MARK)
        number = int(data[mark : mark + DIGITS])
        if number != self._next:
            self._wrong(f"item {number} came where item {self._next} was due")
            return
        self._next += 1
        self._tally.arrived()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.leaving:
            self._wrong(f"a subscriber was cut off ({error or 'the server closed'})")

    def _wrong(self, fault: str) -> None:
        if not self.joined.done():
            self.joined.set_exception(MissedError(fault))
        self._tally.wrong(fault)


async def join(target: Target, tally: Tally, count: int, first: int) -> list[Subscriber]:
    """`count` subscribers of `target` who wait for item `first`; raises `MissedError` and `OSError`."""
    loop = asyncio.get_running_loop()
    joined: list[Subscriber] = []
    for start in range(0, count, _AT_ONCE):
        members = [Subscriber(tally, target.path, first) for _ in range(min(_AT_ONCE, count - start))]
        async with asyncio.TaskGroup() as tasks:
            for member in members:
                tasks.create_task(loop.create_connection(partial(_same, member), target.host, target.port))
        for member in members:
            await member.joined
        joined += members
    return joined


def _same(member: Subscriber) -> Subscriber:
    return member


def leave(members: list[Subscriber]) -> None:
    """Hangs up."""
    for member in members:
        member.leaving = True
        member.transport.abort()
