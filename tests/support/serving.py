"""A real node on a real socket, in the test's own loop, and what tests need to speak to it byte by byte."""

import asyncio
import base64
import os
import secrets
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec

from publisher.stream.store import Store
from tests.support.items import item
from tests.support.waiting import until_async as until
from ticker.contract.entry import Keyring
from ticker.contract.item import InfoSource, Item, Text
from ticker.net.websocket import WebSocketConnection
from ticker.node.node import Node
from ticker.server import NodeServer, limit_buffers, make_server
from ticker.settings import TickerSettings
from ticker.shared.process.listen import bind
from ticker.stream.redis_stream import connect

KEY = b"0123456789abcdef0123456789abcdef"
LIMIT_SECONDS = 30


def keyring(brand: str) -> Keyring:
    return Keyring("k1", {"k1": KEY}, brand)


class Desk:
    """Publishes into one brand's stream as the desk does."""

    def __init__(self, redis_url: str, brand: str) -> None:
        self.client = connect(redis_url, timeout=5)
        self.store = Store(self.client, keyring(brand))
        self.items: list[Item] = []

    async def publish(self, headline: str = "Wards open", *, wait: Node | None = None, **changes: Any) -> Item:
        """A new line in the language of its edition; `wait` is a node that must have it."""
        # Any: the fields of an item, whatever they are.
        number = len(self.items) + 1
        fields = {
            "uri": f"urn:flashwire:{number:026d}",
            "headline": Text(headline, changes.get("edition", "en"), "auto"),
            "edition": "en",
            "urgency": 4,
            "info_sources": (InfoSource(Text("Our reporter", "en", "ltr"), "correspondent"),),
            **changes,
        }
        return await self._put(item(**fields), wait)

    async def act(self, line: Item, act: str, *, wait: Node | None = None, **changes: Any) -> Item:
        """The next version of `line`."""
        status = {"withdraw": "canceled", "hold": "withheld"}.get(act, "usable")
        fields = {"version": line.version + 1, "act": act, "pub_status": status, **changes}
        return await self._put(msgspec.structs.replace(line, **fields), wait)

    async def canary(self, headline: str) -> None:
        await self.store.publish_canary(item(edition="canary", headline=Text(headline, "en", "ltr")))

    async def _put(self, version: Item, wait: Node | None) -> Item:
        published = await self.store.publish(version, secrets.token_hex(8), "f")
        self.items.append(version)
        if wait is not None:
            await until(lambda: wait.backlog.newest == published.cursor, "the entry reaches the node")
        return version


class Wire:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.is_chunked = False
        self.received = 0
        """The bytes of the chunks so far, with their sizes."""
        self._chunks = b""
        self._gzip: Any = None  # Any: zlib names no type for its objects

    def send(self, data: bytes) -> None:
        """Sends, or does nothing where the server has hung up."""
        if not self.writer.is_closing():
            self.writer.write(data)

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of a reply."""
        async with asyncio.timeout(LIMIT_SECONDS):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.lower()] = value.strip()
        self.is_chunked = headers.get("transfer-encoding") == "chunked"
        self._gzip = zlib.decompressobj(31) if headers.get("content-encoding") == "gzip" else None
        return int(lines[0].split()[1]), headers

    async def reply(self) -> tuple[int, dict[str, str], Any]:  # Any: JSON
        """A whole reply with a length, its JSON decoded."""
        status, headers = await self.head()
        async with asyncio.timeout(LIMIT_SECONDS):
            body = await self.reader.readexactly(int(headers["content-length"]))
        return status, headers, msgspec.json.decode(body)

    async def frame(self) -> tuple[int, bytes]:
        """First byte and payload of the next frame from the server."""
        async with asyncio.timeout(LIMIT_SECONDS):
            first, size = await self.reader.readexactly(2)
            assert size < 128, "a server masks nothing (RFC 6455, 5.1)"
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return first, await self.reader.readexactly(size)

    async def message(self) -> Any:  # Any: JSON
        """The next text message but heartbeats, uncompressed."""
        while True:
            first, payload = await self.frame()
            if first == 0x81:
                content = msgspec.json.decode(payload)
                if content["type"] != "heartbeat":
                    return content
            else:
                assert first == 0x89, f"{first:x} {payload!r}"

    async def close_code(self) -> int:
        """The code of the close frame, whatever comes before it; then the connection ends."""
        while True:
            first, payload = await self.frame()
            if first == 0x88:
                return int.from_bytes(payload[:2], "big")

    async def content(self) -> bytes:
        """All that is left of a reply in chunks, which must end with the last chunk, and then the connection."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while await self._chunk():
                pass
            assert await self.reader.read() == b""
        content, self._chunks = self._chunks, b""
        return content

    async def _block(self) -> bytes:
        async with asyncio.timeout(LIMIT_SECONDS):
            if not self.is_chunked:
                return await self.reader.readuntil(b"\n\n")
            while b"\n\n" not in self._chunks:
                assert await self._chunk(), "the reply ended"
        block, _, self._chunks = self._chunks.partition(b"\n\n")
        return block

    async def _chunk(self) -> bool:
        size_line = await self.reader.readuntil(b"\r\n")
        size = int(size_line, 16)
        self.received += len(size_line) + size + 2
        data = await self.reader.readexactly(size)
        self._chunks += data if self._gzip is None else self._gzip.decompress(data)
        assert await self.reader.readexactly(2) == b"\r\n"
        return size > 0

    async def event(self) -> dict[str, Any]:  # Any: JSON
        """The next server-sent event but heartbeats: its fields, `data` decoded."""
        while True:
            block = (await self._block()).decode()
            fields: dict[str, Any] = dict(line.split(": ", 1) for line in block.strip().split("\n"))
            if "data" in fields:
                fields["data"] = msgspec.json.decode(fields["data"])
            if fields.get("event") != "heartbeat":
                return fields

    async def read_to_end(self) -> bytes:
        """What comes until the server hangs up."""
        rest = b""
        async with asyncio.timeout(LIMIT_SECONDS):
            try:
                while data := await self.reader.read(65536):
                    rest += data
            except ConnectionError:
                pass
        return rest


def upgrade(query: str = "", path: str = "/v1/live", **headers: str | None) -> bytes:
    """A WebSocket request; a header that is None is left out."""
    values: dict[str, str | None] = {
        "Host": "t",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    values |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {line}" for name, value in values.items() if value is not None for line in value.split("\n")]
    return "\r\n".join([f"GET {path}{'?' if query else ''}{query} HTTP/1.1", *lines, "", ""]).encode()


def request(query: str = "", path: str = "/v1/live", method: str = "GET", **headers: str) -> bytes:
    """A plain HTTP request."""
    values = {"Host": "t"} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {line}" for name, value in values.items() for line in value.split("\n")]
    head = [f"{method} {path}{'?' if query else ''}{query} HTTP/1.1", *lines, "", ""]
    return "\r\n".join(head).encode()


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """A client's frame."""
    first = (0x80 if fin else 0) | reserved | opcode
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = bytes((first, bit | len(payload)))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, bit | 127, len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def subscribe(**parameters: object) -> bytes:
    """A client's `subscribe`, framed."""
    return frame(1, msgspec.json.encode({"type": "subscribe", **parameters}))


class Serving:
    """A node that listens, and the desk that fills its stream."""

    def __init__(self, server: NodeServer, port: int, desk: Desk) -> None:
        self.server = server
        self.node = server.node
        self.port = port
        self.desk = desk

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def live(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/live"

    def count(self, name: str, **labels: str) -> float:
        """The value of a metric of the node, 0 before it is first counted."""
        return self.node.metrics.registry.get_sample_value(name, labels) or 0.0

    async def publish(self, headline: str = "Wards open", **changes: Any) -> Item:  # Any: fields of an item
        """A line that the node has when this returns."""
        return await self.desk.publish(headline, wait=self.node, **changes)

    async def act(self, line: Item, act: str, **changes: Any) -> Item:  # Any: fields of an item
        return await self.desk.act(line, act, wait=self.node, **changes)

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """A plain request on a new connection."""
        values = {name.replace("_", "-"): value for name, value in headers.items()}
        # Without `verify` each client reads the machine's certificates: 60 ms.
        async with httpx2.AsyncClient(verify=False, trust_env=False, timeout=LIMIT_SECONDS) as client:
            return await client.get(self.url + path, headers=values)

    @asynccontextmanager
    async def wire(self, data: bytes = b"", *, receive_buffer: int | None = None) -> AsyncIterator[Wire]:
        """A raw connection that has sent `data`."""
        sock = socket.socket()
        sock.setblocking(False)
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        # A small limit makes a reader that is not read stop taking from its socket.
        limit = 2**20 if receive_buffer is None else 4096
        reader, writer = await asyncio.open_connection(sock=sock, limit=limit)
        wire = Wire(reader, writer)
        try:
            wire.send(data)
            yield wire
        finally:
            writer.transport.abort()
            try:
                await writer.wait_closed()
            except OSError:
                pass

    @asynccontextmanager
    async def joined(self, query: str = "", **headers: str | None) -> AsyncIterator[Wire]:
        """A WebSocket whose handshake is done; its first message is still to be read."""
        async with self.wire(upgrade(query, "/v1/live", **headers)) as wire:
            status, _headers = await wire.head()
            assert status == 101
            yield wire


Start = Callable[..., Awaitable[Serving]]


@asynccontextmanager
async def serving(
    redis_url: str,
    brand: str,
    *,
    connection: type[WebSocketConnection] = WebSocketConnection,
    ready: bool = True,
    stream_url: str | None = None,
    port: int = 0,
    **settings: Any,  # Any: fields of TickerSettings
) -> AsyncIterator[Serving]:
    """A node that serves until the end of the block; `ready` waits until it follows its stream."""
    values = {"drain_seconds": 0.0, "redis_url": stream_url or redis_url, "brand": brand, **settings}
    server = make_server(TickerSettings(**values), keyring(brand), connection)
    [sock] = bind("127.0.0.1", port, 1, "--port")
    limit_buffers(sock)
    port = sock.getsockname()[1]
    desk = Desk(redis_url, brand)
    # Without uvicorn's taking of signals: they are the test runner's.
    task = asyncio.create_task(server._serve([sock]))
    try:
        await until(lambda: server.started or task.done(), "the server starts")
        if ready:
            await until(lambda: server.node.filled and not server.node.stale, "the node follows")
        yield Serving(server, port, desk)
    finally:
        server.should_exit = True
        await task
        await desk.store.aclose()
