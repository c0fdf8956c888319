"""A raw WebSocket server for the tests of the load client: it says exactly the bytes that a test wants it to say."""

import asyncio
import base64
import hashlib
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from bench.items import numbered

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(payload: bytes, kind: int = 0x81) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes((kind, length)) + payload
    if length < 65_536:
        return bytes((kind, 126)) + length.to_bytes(2) + payload
    return bytes((kind, 127)) + length.to_bytes(8) + payload


def message(number: int, text: bytes = b"item") -> bytes:
    """The JSON of a live item as Flashwire says it."""
    return b'{"type":"%b","cursor":"e.%d.x","item":%b}' % (text, number, numbered(number))


def item(number: int) -> bytes:
    return frame(message(number))


def deflated(payload: bytes, strategy: int = zlib.Z_DEFAULT_STRATEGY, level: int = 6) -> bytes:
    """A frame with RSV1, as permessage-deflate without context takeover makes it (RFC 7692, 7.2.1)."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, strategy=strategy)
    return frame((packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4], 0xC1)


def snapshot(number: int, complete: bytes = b"true") -> bytes:
    body = b'{"type":"snapshot","cursor":"e.%d.x","complete":%b,"items":[]}' % (number, complete)
    return frame(body)


class Client:
    """One connection of the load client, as the server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.reader = reader
        self.writer = writer
        self.head = head
        self.path = head.split()[1].decode()

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def next_frame(self) -> tuple[int, bytes]:
        """The next frame of the client: its first byte, and what it says."""
        first, length = await self.reader.readexactly(2)
        assert length & 0x80, "a client masks"
        length &= 0x7F
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2))
        mask = await self.reader.readexactly(4)
        payload = await self.reader.readexactly(length)
        return first, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


class Server:
    """Accepts every client; `greeting` makes the bytes sent with the 101, `answer` may replace the 101."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.greeting: Callable[[Client], bytes] = lambda client: b""
        self.answer: Callable[[Client], bytes | None] = lambda client: None
        self.extensions = b""
        self.came = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "Server":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        client = Client(reader, writer, head)
        other = self.answer(client)
        if other is not None:
            writer.write(other)
            writer.close()
            return
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")).split()[1]
        assert len(base64.b64decode(key, validate=True)) == 16
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self.clients.append(client)
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n" + self.extensions + b"\r\n" + self.greeting(client)
        )
        self.came.set()

    def send_to_all(self, data: bytes) -> None:
        for client in self.clients:
            client.say(data)

    async def until(self, there: Callable[[], Any], seconds: float = 20) -> None:  # Any: only its truth counts
        """Waits for a condition that a new client may fulfil."""
        async with asyncio.timeout(seconds):
            while not there():
                self.came.clear()
                await self.came.wait()


async def within(waiting: Awaitable[Any], seconds: float = 30) -> Any:  # Any: whatever is awaited
    async with asyncio.timeout(seconds):
        return await waiting
