"""Compressed messages behind deploy/nginx.conf: it passes each on at once and as it is, also while workers restart.

The clients inflate what they get with one window for each connection; they know nothing of how the nodes chose the
references. curl un-chunks and decrypts event streams, and leaves them in gzip.
"""

import asyncio
import signal
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.deploy.stack import NODES, Stack, program, two_nodes
from tests.deploy.test_rolling_nginx import Editor, Reader
from tests.support.waiting import until_async

pytestmark = [pytest.mark.anyio, pytest.mark.deep]

ACCEPTS_GZIP = "gzip, deflate, br, zstd"
# What Go and OkHttp send on behalf of programs that know nothing of it; a node answers without compression.
GZIP_ALONE = "gzip"
# Shorter than the waits of an EventSource, so that the test takes less time.
PAUSE_SECONDS = 0.3
GZIP_ON = "gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1; gzip_vary on;"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # A heartbeat would push an item out of a buffer of nginx, so none comes in time for that.
    settings = {"FLASHWIRE_WORKERS": "2", "FLASHWIRE_HEARTBEAT_SECONDS": "60"}
    with two_nodes(tmp_path_factory.mktemp("stack"), **settings) as stack:
        yield stack


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    return stack.start_desk()


class StreamReader(Reader):
    """A reader of event streams through curl; it inflates what says that it is in gzip."""

    def __init__(self, stack: Stack, version: str, accept_encoding: str = ACCEPTS_GZIP) -> None:
        super().__init__(stack.front)
        certificate = stack.folder / "tls" / "certificate.pem"
        is_http_2 = version == "http2"
        origin = f"https://localhost:{stack.ports['tls']}" if is_http_2 else f"http://{stack.front}"
        self._command = [
            program("curl"), f"--{version}", "--silent", "--include", "--no-buffer", "--cacert", str(certificate),
            "--header", "Accept: text/event-stream", "--header", f"Accept-Encoding: {accept_encoding}",
            f"{origin}/v1/live?backlog=0",
        ]  # fmt: skip
        self._first_line = b"HTTP/2 200" if is_http_2 else b"HTTP/1.1 200"
        self.is_compressed = accept_encoding == ACCEPTS_GZIP
        self.sizes: list[int] = []
        """The bytes that each event took on the way from nginx, as far as events came one by one."""

    async def run(self) -> None:
        while True:
            command = [*self._command]
            if self.cursor:
                command += ["--header", f"Last-Event-ID: {self.cursor}"]
            process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
            )
            try:
                assert process.stdout is not None
                await self._read(process.stdout)
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()
            self.lose()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _read(self, output: asyncio.StreamReader) -> None:
        try:
            lines = (await output.readuntil(b"\r\n\r\n")).split(b"\r\n")
        except asyncio.IncompleteReadError:
            return  # nginx was not reached, or ended the connection before its answer.
        assert lines[0].strip().startswith(self._first_line), lines[0]
        encodings = [line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"content-encoding:")]
        assert encodings in ([], [b"gzip"])
        inflater = zlib.decompressobj(31) if encodings else None
        text = b""
        while data := await output.read(65536):
            text += data if inflater is None else inflater.decompress(data)
            *events, text = text.split(b"\n\n")
            if len(events) == 1:
                self.sizes.append(len(data))
            for event in events:
                # Without a node that can take the stream nginx answers itself, and such an answer has no event.
                assert self.is_compressed == bool(encodings)
                fields = dict(line.split(b": ", 1) for line in event.split(b"\n"))
                self.take(msgspec.json.decode(fields[b"data"]))


class SocketReader(Reader):
    """The library `websockets` as it is: it offers permessage-deflate and keeps what it decompressed."""

    def __init__(self, stack: Stack, *, is_secure: bool) -> None:
        super().__init__(stack.front)
        self._url = f"wss://localhost:{stack.ports['tls']}" if is_secure else f"ws://{stack.front}"
        certificate = stack.folder / "tls" / "certificate.pem"
        self._context = ssl.create_default_context(cafile=str(certificate)) if is_secure else None

    async def run(self) -> None:
        while True:
            query = f"?cursor={self.cursor}" if self.cursor else "?backlog=0"
            try:
                async with connect(f"{self._url}/v1/live{query}", ssl=self._context, proxy=None) as socket:
                    assert socket.response is not None
                    agreed = socket.response.headers["Sec-WebSocket-Extensions"]
                    assert "permessage-deflate" in agreed and "server_no_context_takeover" not in agreed
                    async for message in socket:
                        self.take(msgspec.json.decode(message))
            except (OSError, TimeoutError, WebSocketException):
                pass
            self.lose()
            await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def reading(readers: Sequence[Reader]) -> AsyncIterator[None]:
    """The readers run within the block; one that fails ends it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(reader.run()) for reader in readers]
        await until_async(lambda: all(reader.connected for reader in readers), "all have joined")
        yield
        for task in tasks:
            task.cancel()


async def replace_workers(stack: Stack, name: str) -> None:
    """Restarts the workers of a node, one after the other."""
    stack.processes[name].send_signal(signal.SIGHUP)
    await until_async(lambda: "Rolling restart done: 2 workers" in stack.log(name), f"{name} has new workers")


async def test_compressed_items_come_once_and_in_order_while_workers_are_replaced(stack: Stack, token: str) -> None:
    editor = Editor(stack.desk, token)
    # Creates the stream, so that every client has a cursor.
    await editor.publish()
    streams = [StreamReader(stack, version) for version in ("http1.1", "http2") for _ in range(4)]
    sockets = [SocketReader(stack, is_secure=is_secure) for is_secure in (False, True) for _ in range(4)]
    plain = StreamReader(stack, "http1.1", GZIP_ALONE)
    readers: list[Reader] = [*streams, *sockets, plain]

    async def all_have_everything(seconds: float) -> None:
        await until_async(lambda: all(len(reader.items) >= len(editor.published) - 1 for reader in readers),
                          "all have the items", seconds)  # fmt: skip
        for reader in readers:
            assert reader.items == editor.published[1:]

    async def publish_one_by_one(count: int) -> None:
        for _ in range(count):
            await editor.publish()
            # Only the next heartbeat would push it out of a buffer, after a minute.
            await all_have_everything(30)

    async with reading(readers):
        for stream in (*streams, plain):
            stream.sizes.clear()
        await publish_one_by_one(12)
        # Each took the steps to eight earlier messages; a second compression would have undone that.
        assert max(stream.sizes[-1] for stream in streams) < plain.sizes[-1] / 3
        publishing = asyncio.create_task(editor.run())
        for name in NODES:
            await replace_workers(stack, name)
        editor.ended.set()
        await publishing
        await all_have_everything(60)
        await publish_one_by_one(12)
        assert max(stream.sizes[-1] for stream in streams) < plain.sizes[-1] / 3
    await editor.client.aclose()
    for reader in readers:
        assert reader.gaps == 0 and len(reader.starts) > 1, "every worker was replaced"
        assert reader.starts == ["snapshot", *["replay"] * (len(reader.starts) - 1)]


async def test_nginx_neither_compresses_nor_delays_a_stream_where_gzip_is_on(stack: Stack, token: str) -> None:
    stack.stop("nginx")
    stack.start_nginx({"server_tokens off;": f"server_tokens off; {GZIP_ON}"})
    editor = Editor(stack.desk, token)
    readers = [StreamReader(stack, version, accepts) for version in ("http1.1", "http2")
               for accepts in (ACCEPTS_GZIP, GZIP_ALONE)]  # fmt: skip
    async with reading(readers):
        line = {"text": "Health ministry: Passed on as it is, invented for a test", "edition": "en"}
        answer = await editor.client.post("/v1/items", json=line)
        uri = answer.json()["item"]["uri"]
        await until_async(lambda: all(reader.items == [uri] for reader in readers), "all have the item", 30)
    await editor.client.aclose()
