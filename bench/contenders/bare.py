"""The bare loop: a Python server on uvloop that calls `transport.write` once per subscriber, and nothing else.

It accepts every client, ignores input after the handshake and checks nothing, so it shows the minimum cost of a
Python server. Items that arrive in one read are sent in one write.
"""

import asyncio
import base64
import hashlib
import re
import socket
from abc import ABC, abstractmethod
from typing import Final, cast

from bench.contenders.base import CONTROL, ServedInPython, versions
from bench.contenders.feed import text_frame

_KEY: Final = re.compile(rb"(?i)\r\nsec-websocket-key:[ \t]*(\S+)")
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class _Member(asyncio.Protocol):
    """A subscriber, which joins with its handshake."""

    __slots__ = ("_joined", "_members", "_transport")

    def __init__(self, members: set[asyncio.Transport]) -> None:
        self._members = members
        self._joined = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is not a subclass of asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        # A request in two pieces is ignored; the load client sends it in one write.
        if self._joined or (key := _KEY.search(data)) is None:
            return
        accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
        )
        self._joined = True
        self._members.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._members.discard(self._transport)


class Intake(asyncio.Protocol, ABC):
    """The control connection: splits the received bytes into messages and passes those of one read on together."""

    def __init__(self) -> None:
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        buffer, start, messages = self._buffer + data, 0, []
        while len(buffer) >= start + 4 and len(buffer) >= (
            end := start + 4 + int.from_bytes(buffer[start : start + 4])
        ):
            messages.append(buffer[start + 4 : end])
            start = end
        self._buffer = buffer[start:]
        if messages:
            self.arrived(messages)

    @abstractmethod
    def arrived(self, messages: list[bytes]) -> None:
        """Writes `messages` to all subscribers."""


class _Intake(Intake):
    def __init__(self, members: set[asyncio.Transport]) -> None:
        super().__init__()
        self._members = members

    def arrived(self, messages: list[bytes]) -> None:
        ready = b"".join(map(text_frame, messages))
        for transport in self._members:
            transport.write(ready)


async def serve(sock: socket.socket) -> None:
    """Serves until the process is killed."""
    loop = asyncio.get_running_loop()
    members: set[asyncio.Transport] = set()
    server = await loop.create_server(lambda: _Member(members), sock=sock, backlog=4096)
    await loop.create_unix_server(lambda: _Intake(members), CONTROL)
    await server.serve_forever()


class Bare(ServedInPython):
    """One process, no Redis."""

    name = "bare"
    title = "Bare uvloop loop: ready bytes, one transport.write each"

    def version(self) -> str:
        return versions("uvloop")
