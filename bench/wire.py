"""A subscriber that counts the bytes of TCP payload that it sends and receives."""

import asyncio
import contextlib
import zlib
from collections.abc import Iterator
from typing import Final, Self

import msgspec

from bench.contender import ContenderError, Target

WAIT_SECONDS: Final = 10.0
# A message is complete when the mark has arrived and no byte follows for this long.
QUIET_SECONDS: Final = 0.15
_MASK: Final = b"\x11\x22\x33\x44"


class Counted(msgspec.Struct, frozen=True):
    """Bytes of TCP payload, including HTTP heads and frame headers."""

    sent: int
    received: int
    text: bytes
    """The payloads of the messages, inflated; for an event stream, all received bytes."""


class Wire:
    """One connection to a contender, as WebSocket or as an event stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._pending = b""
        self._sent = 0
        self._stream = False
        self._is_gzip = False
        self._inflate = zlib.decompressobj(-15)
        self._kept = True

    @classmethod
    async def join(cls, target: Target, *, deflate: bool = False, events: bool = False) -> tuple[Self, Counted]:
        """Connects to `target`; returns the connection and the bytes of joining. Raises `ContenderError`.

        `deflate` is permessage-deflate, and gzip for an event stream.
        """
        try:
            wire = cls(*await asyncio.open_connection(target.host, target.port))
        except OSError as error:
            raise ContenderError(f"the server does not accept connections: {error}") from None
        try:
            return wire, await wire._join(target, deflate, events)
        except BaseException:
            await wire.close()
            raise

    async def next(self, mark: bytes) -> Counted:
        """Returns the bytes up to and including the message that contains `mark`; raises `ContenderError`."""
        return await self._until(mark)

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _join(self, target: Target, deflate: bool, events: bool) -> Counted:
        lines = [f"GET {target.path} HTTP/1.1", f"Host: {target.host}:{target.port}"]
        if events:
            lines += ["Accept: text/event-stream"]
            lines += ["Accept-Encoding: gzip, deflate, br, zstd"] if deflate else []
        else:
            lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
            lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
            lines += [f"{name}: {value}" for name, value in target.headers]
        # The same offer as browsers send.
        lines += ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"] * (deflate and not events)
        self._send("\r\n".join(lines).encode() + b"\r\n\r\n")
        head = await self._head(events)
        self._stream = events
        self._kept = b"server_no_context_takeover" not in head
        if deflate and (b"Content-Encoding: gzip" if events else b"permessage-deflate") not in head:
            raise ContenderError(f"the server does not accept {'gzip' if events else 'permessage-deflate'}")
        if events and deflate:
            self._is_gzip, self._inflate = True, zlib.decompressobj(31)
        for payload in target.hello:
            self._send(_frame(payload))
        joined = await self._until(target.joined)
        return Counted(joined.sent, len(head) + joined.received, joined.text)

    async def _head(self, events: bool) -> bytes:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                head = await self._reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            raise ContenderError("the server does not answer the handshake") from None
        if not head.startswith(b"HTTP/1.1 200" if events else b"HTTP/1.1 101"):
            raise ContenderError(f"the server refused the handshake: {head[:40]!r}")
        return head

    async def _until(self, mark: bytes) -> Counted:
        """Reads until `mark` has arrived and no byte follows for `QUIET_SECONDS`."""
        received, text = 0, b""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        while (remaining := deadline - loop.time()) > 0:
            try:
                async with asyncio.timeout(QUIET_SECONDS if mark in text else remaining):
                    read = await self._reader.read(65536)
            except TimeoutError:
                break
            if not read:
                raise ContenderError("the server closed the connection")
            received += len(read)
            if self._is_gzip:
                text += b"".join(self._chunks(read))
            else:
                text += read if self._stream else b"".join(self._payloads(read))
        if mark not in text:
            raise ContenderError(f"no message contained {mark!r}")
        sent, self._sent = self._sent, 0
        return Counted(sent, received, text)

    def _chunks(self, read: bytes) -> Iterator[bytes]:
        """Yields the contents of the chunks that `read` completes, inflated."""
        self._pending += read
        while b"\r\n" in self._pending:
            size, _, rest = self._pending.partition(b"\r\n")
            length = int(size, 16)
            if len(rest) < length + 2:
                return
            self._pending = rest[length + 2 :]
            yield self._inflate.decompress(rest[:length])

    def _payloads(self, read: bytes) -> Iterator[bytes]:
        """Yields the payloads of the messages that `read` completes."""
        self._pending += read
        while len(self._pending) >= 2:
            first, second = self._pending[:2]
            extra_bytes = {126: 2, 127: 8}.get(second & 0x7F, 0)
            length = int.from_bytes(self._pending[2 : 2 + extra_bytes]) if extra_bytes else second & 0x7F
            if len(self._pending) < 2 + extra_bytes + length:
                return
            payload = self._pending[2 + extra_bytes : 2 + extra_bytes + length]
            self._pending = self._pending[2 + extra_bytes + length :]
            if first & 0x40:
                payload = self._inflate.decompress(payload + b"\x00\x00\xff\xff")
                self._inflate = self._inflate if self._kept else zlib.decompressobj(-15)
            yield payload + b"\n"

    def _send(self, data: bytes) -> None:
        self._sent += len(data)
        self._writer.write(data)


def _frame(payload: bytes) -> bytes:
    """Returns a masked text frame with `payload`."""
    length = len(payload)
    head = bytes((0x81, 0x80 | length)) if length < 126 else b"\x81\xfe" + length.to_bytes(2)
    return head + _MASK + bytes(byte ^ _MASK[at % 4] for at, byte in enumerate(payload))
