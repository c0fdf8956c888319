"""A ticker of a test that answers each connection by a script, for what a real node never does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.utils import accept_key

Script = Callable[[ServerConnection, int], Awaitable[None]]
Refuse = Callable[[int], Response | None]
SNAPSHOT = '{"type":"snapshot","cursor":"e.1.a","complete":true,"heartbeat":15,"time":"","stale":false,"items":[]}'


class FakeTicker:
    """`queries` has the query of each request, in order."""

    def __init__(self) -> None:
        self.queries: list[dict[str, list[str]]] = []
        self.url = ""

    @property
    def cursors(self) -> list[str | None]:
        return [query.get("cursor", [None])[0] for query in self.queries]


async def no_connection(connection: ServerConnection, number: int) -> None:
    """The script of a ticker that refuses every connection."""
    raise AssertionError("the upgrade was refused")


@asynccontextmanager
async def fake_ticker(script: Script, refuse: Refuse = lambda number: None) -> AsyncIterator[FakeTicker]:
    """Runs `script` for each connection, with its number from 1 on; `refuse` may answer a request instead."""
    ticker = FakeTicker()

    def process(connection: ServerConnection, request: Request) -> Response | None:
        ticker.queries.append(parse_qs(urlsplit(request.path).query, keep_blank_values=True))
        return refuse(len(ticker.queries))

    async def handle(connection: ServerConnection) -> None:
        await script(connection, len(ticker.queries))

    async with serve(handle, "127.0.0.1", 0, process_request=process) as server:
        ticker.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield ticker


@asynccontextmanager
async def raw_ticker(*answers: bytes | None) -> AsyncIterator[str]:
    """The address of a server that accepts each WebSocket and sends these bytes, then hangs up after the last.

    None sends nothing and keeps the connection open, before the handshake if it comes first.
    """
    is_over = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if answers[0] is not None:
                key = next(line.split(": ")[1] for line in head.split("\r\n") if "sec-websocket-key" in line.lower())
                writer.write(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
                )
            for answer in answers:
                if answer is None:
                    await is_over.wait()
                else:
                    writer.write(answer)
        finally:
            writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        is_over.set()


def http_answer(status: HTTPStatus, body: bytes, **headers: str) -> Response:
    """An HTTP answer instead of an upgrade."""
    fields = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    fields["Content-Length"] = str(len(body))
    fields["Connection"] = "close"
    return Response(status.value, status.phrase, fields, body)


def text_frame(text: str) -> bytes:
    """A whole text message as a server sends it (RFC 6455, 5.2)."""
    data = text.encode()
    assert len(data) < 65536
    head = bytes((0x81, len(data))) if len(data) < 126 else bytes((0x81, 126)) + len(data).to_bytes(2)
    return head + data
