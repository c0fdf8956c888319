"""Clients that the load client lacks: SSE readers, clients that change their filter, and malformed requests.

Readers check that each entry arrives once and in order, by the number in its cursor. Versions that a newer one replaced
may be missing after a disconnect or a lag. Each filter here matches every item, or none.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Self

import msgspec

from bench.load_reports import MissedError
from bench.soak.acts import number_in, replaced_by
from ticker.net.handshake import PATH as _PATH

PATH: Final = _PATH.decode()
_LIMIT_BYTES: Final = 4 << 20
WAIT_SECONDS: Final = 30.0
# Each matches all items of the soak, except the last, which matches none.
FILTERS: Final[tuple[dict[str, object], ...]] = (
    {"edition": "en"},
    {"section": "health"},
    {"urgency": 3},
    {"edition": "en", "section": ["health", "world"], "backlog": 0},
    {"urgency": 1},
)
_KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
# Requests that cannot join; the last two are incomplete.
BAD_HEADS: Final = (
    b"GET /v1/live?edition=nowhere HTTP/1.1\r\nHost: s\r\nAccept: text/event-stream\r\n\r\n",
    b"GET /nothing HTTP/1.1\r\nHost: s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + _KEY.encode() + b"\r\n\r\n",
    b"GET /v1/live HTTP/1.1\r\nHost: s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000,
    b"GET /v1/live HTTP/1.1\r\nHost: s\r\nUpg",
    b"",
)


class Reader(ABC):
    """One connection, read by its own task; `seq` is the number of the newest entry that it received."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._news = asyncio.Event()
        self._deaf = self.deaf_next = False
        self.seq = -1
        self.cursor = ""
        self.firsts = 0
        """Snapshots and replays so far."""
        self._task = asyncio.create_task(self._read())
        # Marks the exception as retrieved, because after an earlier fault no task waits for it.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    @classmethod
    async def join(cls, port: int, cursor: str = "") -> Self:
        """Connects, sends the request and waits for the first snapshot or replay."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_LIMIT_BYTES)
        writer.write(cls.head(cursor))
        client = cls(reader, writer)
        if cursor:
            client.seq = _seq(cursor)
        await client.until(lambda: client.firsts > 0)
        return client

    @classmethod
    @abstractmethod
    def head(cls, cursor: str) -> bytes:
        """Returns the head of the request."""

    @abstractmethod
    async def next_message(self) -> dict[str, Any]:  # Any: JSON
        """Returns the next message of any type."""

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until `condition` is true; raises `MissedError` after `WAIT_SECONDS` or at a wrong message."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not condition():
                    if self._task.done():
                        await self._task
                        raise MissedError("the server closed a reader of the soak")
                    self._news.clear()
                    waiting = asyncio.ensure_future(self._news.wait())
                    await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
                    waiting.cancel()
        except TimeoutError:
            raise MissedError(f"a reader of the soak is at entry {self.seq} after {WAIT_SECONDS:.0f} s") from None

    def is_at(self, seq: int) -> bool:
        """Returns whether it has received entry `seq`, or has a filter that matches nothing."""
        return self.seq >= seq or self._deaf

    async def leave(self) -> None:
        """Closes the connection."""
        self._task.cancel()
        try:
            with contextlib.suppress(asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
                await self._task
        finally:
            self._writer.transport.abort()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()

    async def _read(self) -> None:
        await self._reader.readuntil(b"\r\n\r\n")
        while True:
            self._take(await self.next_message())
            self._news.set()

    def _take(self, message: dict[str, Any]) -> None:  # Any: JSON
        if message["type"] == "bye":
            raise MissedError(f"the server sent bye to a reader of the soak: {message['reason']}")
        message_type, seq = message["type"], _seq(message["cursor"])
        if message_type == "item":
            self._check_item(message["item"], seq)
        if message_type == "heartbeat" and seq != self.seq and not self._deaf:
            raise MissedError(f"a heartbeat named entry {seq} after entry {self.seq}")
        if message_type == "replay":
            self._check_replay(message["items"], seq)
        if message_type == "snapshot" and any(item["pubStatus"] != "usable" for item in message["items"]):
            raise MissedError("a snapshot contained items that are on hold or withdrawn")
        if message_type in ("snapshot", "replay"):
            self.firsts += 1
            self._deaf = self.deaf_next
            if not message["complete"]:
                raise MissedError("a reader that resumed got an incomplete replay or snapshot")
        self.seq, self.cursor = max(seq, self.seq), message["cursor"]

    def _check_item(self, item: dict[str, Any], seq: int) -> None:  # Any: JSON
        left_out = [due for due in range(self.seq + 1, seq) if replaced_by(_number_of(due)) is None]
        if left_out or seq <= self.seq or self._deaf or _number(item) != _number_of(seq):
            raise MissedError(f"entry {seq} came where {self.seq + 1} was due")
        if item["headline"] is None and item["pubStatus"] == "usable":
            raise MissedError(f"entry {seq} came without its words")

    def _check_replay(self, items: list[dict[str, Any]], seq: int) -> None:  # Any: JSON
        newest = _number_of(seq)
        due = [
            number
            for number in range(_number_of(self.seq + 1), newest + 1)
            if (replaced_by(number) or newest + 1) > newest
        ]
        if [_number(item) for item in items] != due:
            raise MissedError(f"a replay after entry {self.seq} up to {seq} had other items than the {len(due)} due")
        if [item["headline"] is None for item in items] != [item["pubStatus"] != "usable" for item in items]:
            raise MissedError("a replay had the words of an item on hold or withdrawn, or lacked those of another")


class EventReader(Reader):
    """A reader that uses server-sent events."""

    @classmethod
    def head(cls, cursor: str) -> bytes:
        last = f"Last-Event-ID: {cursor}\r\n" if cursor else ""
        return f"GET {PATH} HTTP/1.1\r\nHost: s\r\nAccept: text/event-stream\r\n{last}\r\n".encode()

    async def next_message(self) -> dict[str, Any]:  # Any: JSON
        while True:
            block = await self._reader.readuntil(b"\n\n")
            _, separator, data = block.partition(b"\ndata: ")
            if separator:
                message: dict[str, Any] = msgspec.json.decode(data)
                return message


class ChangingReader(Reader):
    """A WebSocket reader that changes its filter."""

    @classmethod
    def head(cls, cursor: str) -> bytes:
        query = f"?cursor={cursor}" if cursor else ""
        return (
            f"GET {PATH}{query} HTTP/1.1\r\nHost: s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {_KEY}\r\n\r\n"
        ).encode()

    async def ask(self, number: int) -> None:
        """Subscribes with filter `number` and waits for its first message."""
        subscription = FILTERS[number % len(FILTERS)]
        firsts_before = self.firsts
        self.deaf_next = subscription.get("urgency") == 1
        self._send(0x81, msgspec.json.encode({"type": "subscribe", **subscription}))
        await self.until(lambda: self.firsts > firsts_before)

    async def next_message(self) -> dict[str, Any]:  # Any: JSON
        while True:
            first, size = await self._reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self._reader.readexactly(2))
            elif size == 127:
                size = int.from_bytes(await self._reader.readexactly(8))
            payload = await self._reader.readexactly(size)
            if first == 0x81:
                message: dict[str, Any] = msgspec.json.decode(payload)
                return message
            if first == 0x89:
                self._send(0x8A, payload)
            elif first == 0x88:
                raise MissedError(f"the server closed a reader of the soak: {payload[2:].decode()}")

    def _send(self, first: int, payload: bytes) -> None:
        # The mask is zero, and all messages here are shorter than 126 bytes.
        self._writer.write(bytes((first, 0x80 | len(payload), 0, 0, 0, 0)) + payload)


async def send_bad_requests(port: int, count: int) -> None:
    """Opens `count` connections with bad requests; closes each after the response, or after 20 ms."""
    for number in range(count):
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(BAD_HEADS[number % len(BAD_HEADS)])
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(0.02):
                await _reader.read(65536)
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def all_at(readers: Sequence[Reader], seq: int) -> None:
    """Waits until all `readers` have received entry `seq`."""
    for reader in readers:
        await reader.until(partial(reader.is_at, seq))


def _seq(cursor: str) -> int:
    return int(cursor.split(".")[1])


def _number_of(seq: int) -> int:
    # Item 0 is the stream's first entry.
    return seq - 1


def _number(item: dict[str, Any]) -> int:  # Any: JSON
    return number_in(msgspec.json.encode(item))
