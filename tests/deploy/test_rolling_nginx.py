"""Clients behind deploy/nginx.conf while nodes restart: all reconnect soon and miss nothing."""

import asyncio
import random
import signal
import socket
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import httpx2
import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from tests.deploy.stack import NODES, Stack, answers, two_nodes
from tests.support.waiting import until
from ticker.shared.http.headers import SECURITY_HEADERS

pytestmark = pytest.mark.anyio

STREAM = {"Accept": "text/event-stream"}
READERS = 300
EVENT_READERS = 40
PLAIN = {"tls": "front", "tls-desk": "front-desk"}


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with two_nodes(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


class Reader(ABC):
    """A client that reconnects with its cursor, and records what it received and how long it was disconnected."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cursor = ""
        self.items: list[str] = []
        self.starts: list[str] = []
        self.gaps = 0
        self.refused = 0
        self.longest = 0.0
        self.connected = False
        self._lost = time.monotonic()

    @abstractmethod
    async def run(self) -> None:
        """Connects and reconnects until it is cancelled."""

    def take(self, message: dict[str, Any]) -> None:  # Any: JSON
        """Records a message of the ticker."""
        if message["type"] == "bye":
            return
        self.cursor = message["cursor"]
        if message["type"] in ("snapshot", "replay"):
            self.longest = max(self.longest, time.monotonic() - self._lost)
            self.connected = True
            self.starts.append(message["type"])
            self.gaps += not message["complete"]
        self.items += [item["uri"] for item in message.get("items", [])]
        if "item" in message:
            self.items.append(message["item"]["uri"])

    def lose(self) -> None:
        """Records the end of the connection."""
        if self.connected:
            self.connected, self._lost = False, time.monotonic()


class SocketReader(Reader):
    """A WebSocket client with backoff."""

    async def run(self) -> None:
        wait = 0.25
        while True:
            try:
                url = f"ws://{self.address}/v1/live" + (f"?cursor={self.cursor}" if self.cursor else "")
                async with connect(url, open_timeout=10) as socket:
                    async for message in socket:
                        self.take(msgspec.json.decode(message))
                        wait = 0.25
            except InvalidStatus:
                self.refused += 1
            except (OSError, TimeoutError, WebSocketException):
                pass
            self.lose()
            await asyncio.sleep(random.uniform(0.5, 1) * wait)
            wait = min(wait * 2, 10)


class EventReader(Reader):
    """An EventSource (WHATWG HTML, 9.2): any answer other than an event stream ends it for good."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.closed = ""
        self._retry = 3.0

    async def run(self) -> None:
        while not self.closed:
            headers = STREAM | ({"Last-Event-ID": self.cursor} if self.cursor else {})
            try:
                async with (
                    httpx2.AsyncClient(timeout=30, trust_env=False) as client,
                    client.stream("GET", f"http://{self.address}/v1/live", headers=headers) as reply,
                ):
                    if reply.status_code != 200 or not reply.headers["content-type"].startswith("text/event-stream"):
                        self.closed = f"{reply.status_code} {reply.headers.get('content-type')}"
                    else:
                        await self._read(reply)
            except httpx2.TransportError:
                pass
            self.lose()
            await asyncio.sleep(self._retry)

    async def _read(self, reply: httpx2.Response) -> None:
        data = ""
        async for line in reply.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "retry":
                self._retry = int(value) / 1000
            elif name == "data":
                data = value
            elif not line and data:
                self.take(msgspec.json.decode(data))
                data = ""


class Editor:
    """Publishes numbered lines; `published` has the uris of the confirmed ones."""

    def __init__(self, desk: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.client = httpx2.AsyncClient(base_url=f"http://{desk}", headers=headers, timeout=10, trust_env=False)
        self.published: list[str] = []
        self.ended = asyncio.Event()

    async def publish(self) -> None:
        line = {"text": f"Civil Defence: Line {len(self.published)}, invented for a test", "edition": "en"}
        answer = await self.client.post("/v1/items", json=line)
        assert answer.status_code == 201, answer.text
        self.published.append(answer.json()["item"]["uri"])

    async def run(self) -> None:
        """Publishes four lines a second until it has `ended`."""
        while not self.ended.is_set():
            await self.publish()
            await asyncio.sleep(0.25)


@pytest.mark.parametrize("pause", [0, pytest.param(5, marks=pytest.mark.slow)])
@pytest.mark.alone
@pytest.mark.deep
async def test_no_client_is_lost_while_nodes_restart_one_after_another(stack: Stack, pause: int) -> None:
    editor = Editor(stack.desk, await asyncio.to_thread(stack.start_desk))
    # Creates the stream, so that every client has a cursor.
    await editor.publish()
    sources = [EventReader(stack.front) for _ in range(EVENT_READERS)]
    readers = [*sources, *(SocketReader(stack.front) for _ in range(READERS))]
    tasks = []
    try:
        for reader in readers:
            tasks.append(asyncio.create_task(reader.run()))
            await asyncio.sleep(0.01)
        await wait_for_all(readers, 20)
        for reader in readers:
            reader.longest = 0
        publishing = asyncio.create_task(editor.run())
        tasks.append(publishing)
        for name in NODES:
            await asyncio.to_thread(stack.stop, name)
            await asyncio.to_thread(stack.start_node, name)
            await asyncio.sleep(pause)
        await wait_for_all(readers, 10)
        editor.ended.set()
        await publishing
        assert [source.closed for source in sources] == [""] * EVENT_READERS
        absences = sorted(reader.longest for reader in readers)
        assert absences[-1] < 10 and absences[len(absences) // 2] < 4, absences[-5:]
        assert sum(reader.refused for reader in readers) <= READERS // 10
        last = editor.published[-1]
        await asyncio.to_thread(
            until, lambda: all(reader.items[-1] == last for reader in readers), "all lines arrive", 10
        )
        assert len(editor.published) > 4
        for reader in readers:
            assert reader.items == editor.published, (type(reader), reader.starts)
            assert reader.gaps == 0 and reader.starts == ["snapshot"] + ["replay"] * (len(reader.starts) - 1)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await editor.client.aclose()


async def wait_for_all(readers: Sequence[Reader], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not all(reader.connected for reader in readers):
        assert time.monotonic() < deadline, sum(not reader.connected for reader in readers)
        await asyncio.sleep(0.05)


async def test_a_refused_event_stream_goes_to_the_other_node_or_gets_retry(stack: Stack) -> None:
    stack.stop(NODES[0], signal.SIGKILL)
    async with httpx2.AsyncClient(base_url=f"http://{stack.front}", timeout=10) as client:
        for _ in range(6):
            async with client.stream("GET", "/v1/live", headers=STREAM) as reply:
                assert reply.status_code == 200
                lines = [line async for line in first_lines(reply)]
                assert any(line.startswith("event: snapshot") for line in lines)
        stack.stop(NODES[1], signal.SIGKILL)
        times = set()
        for _ in range(12):
            reply = await client.get("/v1/live", headers={**STREAM, "Last-Event-ID": "e.1.c"})
            assert reply.status_code == 200 and reply.headers["content-type"].startswith("text/event-stream")
            assert reply.headers["cache-control"] == "no-store" and reply.headers["access-control-allow-origin"] == "*"
            assert "\n\n" not in reply.text and "id:" not in reply.text
            times.add(reply.text.split("\n")[0])
        assert len(times) > 1 and all(line.startswith("retry: ") for line in times)
        assert (await client.get("/v1/live")).status_code == 502
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{stack.front}/v1/live", additional_headers=STREAM)
        assert refused.value.response.status_code == 502


async def first_lines(reply: httpx2.Response) -> AsyncIterator[str]:
    async for line in reply.aiter_lines():
        yield line
        if line.startswith("data:"):
            return


@pytest.mark.deep
async def test_many_readers_of_one_address_do_not_block_its_editors(stack: Stack) -> None:
    stack.start_desk()
    sockets = [await connect(f"ws://{stack.front}/v1/live") for _ in range(110)]
    try:
        assert await asyncio.to_thread(answers, f"http://{stack.desk}/health/live")
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))


STRICT = "strict-transport-security"
OWN = {name.lower() for name in SECURITY_HEADERS}


@pytest.mark.deep
async def test_every_answer_has_the_security_headers_once(stack: Stack) -> None:
    """Answers of nginx itself too; over TLS with Strict-Transport-Security."""
    trusted = ssl.create_default_context(cafile=str(stack.folder / "tls" / "certificate.pem"))
    cases = [
        ("tls", path, headers)
        for path, headers in (("/", {}), ("/v1/items", {}), ("/v1/live", STREAM), ("/metrics", {}))
    ]

    async def check(side: str, path: str, headers: dict[str, str], status: int) -> None:
        for scheme, port in (("https", stack.ports[side]), ("http", stack.ports[PLAIN[side]])):
            async with (
                httpx2.AsyncClient(timeout=10, verify=trusted, trust_env=False) as client,
                client.stream("GET", f"{scheme}://localhost:{port}{path}", headers=headers) as reply,
            ):
                assert reply.status_code == status, path
                for name in OWN:
                    assert len(reply.headers.get_list(name)) == 1, (path, name)
                assert (STRICT in reply.headers) == (scheme == "https"), path

    for side, path, headers in cases:
        await check(side, path, headers, 404 if path == "/metrics" else 200)
    await check("tls-desk", "/", {}, 502)
    for name in NODES:
        stack.stop(name, signal.SIGKILL)
    for path, headers, status in (("/", {}, 502), ("/v1/items?limit=2", {}, 502), ("/v1/live", STREAM, 200)):
        await check("tls", path, headers, status)


@pytest.mark.deep
async def test_tls_serves_http_2_and_websockets(stack: Stack) -> None:
    trusted = ssl.create_default_context(cafile=str(stack.folder / "tls" / "certificate.pem"))
    port = stack.ports["tls"]
    async with connect(f"wss://localhost:{port}/v1/live", ssl=trusted) as client:
        assert "snapshot" in str(await client.recv())
    trusted.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", port), 5) as raw:
        with trusted.wrap_socket(raw, server_hostname="localhost") as wrapped:
            assert wrapped.selected_alpn_protocol() == "h2"
    until(lambda: answers(f"http://127.0.0.1:{stack.ports['alive']}/"), "nginx answers")
