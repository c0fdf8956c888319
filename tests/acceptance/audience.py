"""Clients of the ticker on bare sockets, which record every message and come back with their cursor when cut.

They know RFC 6455 and text/event-stream as far as a listener must. They share no code with the service, so they
receive what any other client would.
"""

import asyncio
import base64
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec

from tests.acceptance.truth import Item, Parameters, folded

TransportName = Literal["websocket", "sse"]
# A replay of a whole stream is one message.
_LARGEST = 1 << 25


class Received(NamedTuple):
    """A message, when it came (seconds since 1970), and on which connection, counted from 1."""

    at: float
    connection: int
    message: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.message["type"])

    def items(self) -> list[Item]:
        return [self.message["item"]] if self.kind == "item" else self.message.get("items", [])


def seq_of(cursor: str) -> int:
    """The number in a cursor: opaque to clients, but not to a test that waits."""
    return int(cursor.split(".")[1])


class Client:
    """One client; `run` never ends by itself. `on_message` is called with each message."""

    def __init__(
        self, url: str, transport: TransportName, parameters: Parameters = (), *, chance: random.Random | None = None
    ) -> None:
        self.transport_name = transport
        self.parameters = list(parameters)
        self.received: list[Received] = []
        self.connections = 0
        self.refusals = 0
        self.closes: list[int] = []
        self.cursor = ""
        self.on_message: Callable[[Received], None] | None = None
        self._chance = chance or random.Random(0)
        self._where = urlsplit(url)
        self._transport: asyncio.WriteTransport | None = None

    # What it has seen

    def items(self) -> list[Item]:
        """Every item that came, in the order of coming, once for each time."""
        return [item for received in self.received for item in received.items()]

    def marks(self) -> list[tuple[str, int]]:
        """Uri and version of every item."""
        return [(item["uri"], item["version"]) for item in self.items()]

    def visible(self) -> dict[str, Item]:
        """The items that it would show: all since the last snapshot, merged by uri."""
        last = max((i for i, received in enumerate(self.received) if received.kind == "snapshot"), default=0)
        return folded(item for received in self.received[last:] for item in received.items())

    def last_snapshot(self) -> dict[str, Any]:
        """The newest snapshot, which heartbeats and items may have followed."""
        return next(received.message for received in reversed(self.received) if received.kind == "snapshot")

    def kinds(self) -> list[str]:
        """The first message of each connection."""
        firsts = {received.connection: received.kind for received in reversed(self.received)}
        return [firsts[number] for number in sorted(firsts)]

    def stale(self) -> list[bool]:
        """The values of `stale` in its messages, without repetitions."""
        flags = [bool(received.message["stale"]) for received in self.received if "stale" in received.message]
        return [value for index, value in enumerate(flags) if index == 0 or value != flags[index - 1]]

    @property
    def seq(self) -> int:
        """The number in its cursor."""
        return seq_of(self.cursor) if self.cursor else -1

    # What it does

    def cut(self) -> None:
        """Breaks the connection without a close frame."""
        if self._transport is not None:
            self._transport.abort()

    async def run(self) -> None:
        """Connects, listens, and comes back within a third of a second whenever it ends."""
        while True:
            with suppress(OSError, asyncio.IncompleteReadError, EOFError):
                await self._listen()
            self._transport = None
            await asyncio.sleep(self._chance.uniform(0, 0.3))

    async def _listen(self) -> None:
        host, port = self._where.hostname, self._where.port
        reader, writer = await asyncio.open_connection(host, port, limit=_LARGEST)
        self._transport = writer.transport
        try:
            writer.write(self._request())
            head = await reader.readuntil(b"\r\n\r\n")
            if head.split(b" ", 2)[1] != (b"101" if self.transport_name == "websocket" else b"200"):
                self.refusals += 1
                return
            self.connections += 1
            if self.transport_name == "websocket":
                await self._frames(reader, writer)
            else:
                await self._events(reader)
        finally:
            writer.transport.abort()

    def _request(self) -> bytes:
        query = self.parameters + (
            [("cursor", self.cursor)] if self.cursor and self.transport_name == "websocket" else []
        )
        lines = [f"GET /v1/live?{urlencode(query)} HTTP/1.1", f"Host: {self._where.netloc}"]
        if self.transport_name == "websocket":
            key = base64.b64encode(self._chance.randbytes(16)).decode()
            lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
            lines += [f"Sec-WebSocket-Key: {key}"]
        else:
            lines += ["Accept: text/event-stream"] + ([f"Last-Event-ID: {self.cursor}"] if self.cursor else [])
        return "\r\n".join([*lines, "", ""]).encode()

    async def _frames(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            first, size = await reader.readexactly(2)
            if size > 125:
                size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
            payload = await reader.readexactly(size)
            assert first & 0x70 == 0 and first & 0x80, "neither an extension nor a fragment was agreed on"
            if first & 0x0F == 1:
                self._take(payload)
            elif first & 0x0F == 9:
                # A mask of zeros is a mask.
                writer.write(bytes((0x8A, 0x80 | len(payload), 0, 0, 0, 0)) + payload)
            elif first & 0x0F == 8:
                self.closes.append(int.from_bytes(payload[:2], "big"))
                return

    async def _events(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        while True:
            while b"\n\n" not in rest:
                # The reply comes in chunks (RFC 9112, 7.1), which say nothing of where an event ends.
                size = int(await reader.readuntil(b"\r\n"), 16)
                if not size:
                    return
                rest += (await reader.readexactly(size + 2))[:-2]
            whole, _, rest = rest.partition(b"\n\n")
            block = whole.decode()
            fields = dict(line.split(": ", 1) for line in block.strip().splitlines())
            if "data" in fields:
                message = self._take(fields["data"].encode())
                assert message["type"] == fields["event"] and fields["id"] == message.get("cursor", fields["id"])

    def _take(self, payload: bytes) -> dict[str, Any]:
        message: dict[str, Any] = msgspec.json.decode(payload)
        received = Received(time.time(), self.connections, message)
        self.cursor = message.get("cursor", self.cursor)
        self.received.append(received)
        if self.on_message is not None:
            self.on_message(received)
        return message


@asynccontextmanager
async def listening(clients: Sequence[Client], seconds: float = 60) -> AsyncIterator[None]:
    """Runs `clients`; the block begins when each has its first message."""
    tasks = [asyncio.create_task(client.run()) for client in clients]
    try:
        await reached(lambda: all(client.received for client in clients), "every client has joined", seconds)
        yield
        assert not [task for task in tasks if task.done()], [task for task in tasks if task.done()]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def reached(condition: Callable[[], object], what: str, seconds: float = 60) -> float:
    """Waits for `condition`, at most `seconds`; returns how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.02)
    return time.monotonic() - started


async def caught_up(clients: Sequence[Client], seq: int, seconds: float = 60) -> float:
    """Waits until every client knows of entry `seq`, by it or by a heartbeat after it."""
    return await reached(lambda: all(client.seq >= seq for client in clients), f"everyone is at entry {seq}", seconds)
