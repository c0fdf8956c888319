"""Publishes items to other contenders, as the same live messages that Flashwire's clients receive."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, Self

from bench.contender import ContenderError
from ticker.contract import message
from ticker.contract.cursor import Cursor, entry_check

# As long as the epoch of a real stream (publisher/stream/store.py), so that cursors have the same length.
EPOCH: Final = "be9c4a7e"
# The naive server makes up to 200,000 deliveries (20 items to 10,000 clients) before it responds.
ANSWER_SECONDS: Final = 60.0


class Feed:
    """Wraps items in live messages and numbers them."""

    def __init__(self) -> None:
        self._number = 0

    def messages(self, items: Sequence[bytes]) -> list[bytes]:
        """Returns one live message (JSON) for each item."""
        bodies = []
        for item in items:
            self._number += 1
            bodies.append(message.live(Cursor(EPOCH, self._number, entry_check(b"", item)), item).body)
        return bodies


class Publisher(Protocol):
    """A connection that publishes messages to a contender."""

    async def send(self, messages: Sequence[bytes]) -> None:
        """Sends the messages in order and in one write; raises `ContenderError`."""

    def close(self) -> None:
        """Closes the connection."""


class Pipe:
    """A Unix socket: each message is preceded by its length (four bytes, big-endian), and there is no response."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Connects to `path`; raises `OSError`."""
        return cls((await asyncio.open_unix_connection(str(path)))[1])

    async def send(self, messages: Sequence[bytes]) -> None:
        self._writer.write(b"".join(len(body).to_bytes(4) + body for body in messages))
        try:
            await self._writer.drain()
        except OSError:
            raise ContenderError("the server closed its control socket") from None

    def close(self) -> None:
        self._writer.close()


class Poster:
    """An HTTP connection: sends one POST to `path` per message, pipelined, then reads all responses."""

    def __init__(self, port: int, path: str) -> None:
        self._port, self._path = port, path

    @classmethod
    async def open(cls, port: int, path: str) -> Self:
        """Connects to `port` and waits for a response to one request; raises `OSError` or `ContenderError`."""
        poster = cls(port, path)
        await poster._connect()
        poster._writer.write(b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        try:
            await poster._answers(1)
        except ContenderError:
            poster.close()
            raise
        return poster

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def send(self, messages: Sequence[bytes]) -> None:
        if self._reader.at_eof():
            # Most servers close a connection that is idle for five seconds, and joins may take longer.
            self.close()
            await self._connect()
        head = f"POST {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        self._writer.write(b"".join(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in messages))
        for status in await self._answers(len(messages)):
            if not 200 <= status < 300:
                raise ContenderError(f"a posted item was answered with {status}")

    def close(self) -> None:
        self._writer.close()

    async def _answers(self, number: int) -> list[int]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return [await self._answer() for _ in range(number)]
        except (OSError, EOFError, ValueError, LookupError):
            raise ContenderError("a request was not answered") from None

    async def _answer(self) -> int:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if "chunked" in headers.get("transfer-encoding", ""):
            await self._reader.readuntil(b"0\r\n\r\n")
        else:
            await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(status.split()[1])


def text_frame(payload: bytes) -> bytes:
    """Returns an unmasked text frame (RFC 6455, 5.2) with `payload`."""
    if len(payload) < 126:
        return bytes((0x81, len(payload))) + payload
    if len(payload) < 1 << 16:
        return b"\x81\x7e" + len(payload).to_bytes(2) + payload
    return b"\x81\x7f" + len(payload).to_bytes(8) + payload
