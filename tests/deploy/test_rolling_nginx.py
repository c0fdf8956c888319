"""Readers behind deploy/nginx.conf while nodes come and go: all are back soon, and nothing is missed."""

import asyncio
import random
import signal
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from tests.deploy.stack import Stack, answers, program, until

pytestmark = pytest.mark.anyio

NODES = ("ticker-1", "ticker-2")
STREAM = {"Accept": "text/event-stream"}
READERS = 300


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    for name in ("redis-server", "nginx", "openssl"):
        program(name)
    stack = Stack(tmp_path_factory.mktemp("stack"))
    try:
        stack.start_redis()
        for name in NODES:
            stack.start_node(name)
        stack.start_nginx()
        yield stack
    finally:
        stack.close()


class Reader:
    """A WebSocket reader that comes back with backoff, and what it was refused."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.refused = 0
        self.longest = 0.0
        self.connected = False

    async def run(self) -> None:
        lost, wait = time.monotonic(), 0.25
        while True:
            try:
                async with connect(self.url, open_timeout=10) as socket:
                    await socket.recv()
                    self.longest = max(self.longest, time.monotonic() - lost)
                    self.connected, wait = True, 0.25
                    async for _message in socket:
                        pass
            except InvalidStatus:
                self.refused += 1
            except (OSError, TimeoutError, WebSocketException):
                pass
            if self.connected:
                self.connected, lost = False, time.monotonic()
            await asyncio.sleep(random.uniform(0.5, 1) * wait)
            wait = min(wait * 2, 10)


@pytest.mark.parametrize("pause", [0, 5])
async def test_nodes_that_restart_in_turn_lock_no_reader_out(stack: Stack, pause: int) -> None:
    readers = [Reader(f"ws://{stack.front}/v1/live") for _ in range(READERS)]
    tasks = []
    try:
        for reader in readers:
            tasks.append(asyncio.create_task(reader.run()))
            await asyncio.sleep(0.01)
        await wait_for_all(readers, 20)
        for reader in readers:
            reader.longest = 0
        for name in NODES:
            await asyncio.to_thread(stack.stop, name)
            await asyncio.to_thread(stack.start_node, name)
            await asyncio.sleep(pause)
        await wait_for_all(readers, 10)
        away = sorted(reader.longest for reader in readers)
        assert away[-1] < 10 and away[len(away) // 2] < 4, away[-5:]
        assert sum(reader.refused for reader in readers) <= READERS // 10
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def wait_for_all(readers: list[Reader], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not all(reader.connected for reader in readers):
        assert time.monotonic() < deadline, sum(not reader.connected for reader in readers)
        await asyncio.sleep(0.05)


async def test_a_refused_event_stream_goes_to_the_other_node_or_comes_back(stack: Stack) -> None:
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
        assert len(times) > 1 and all(one.startswith("retry: ") for one in times)
        assert (await client.get("/v1/live")).status_code == 502
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{stack.front}/v1/live", additional_headers=STREAM)
        assert refused.value.response.status_code == 502


async def first_lines(reply: httpx2.Response) -> AsyncIterator[str]:
    async for line in reply.aiter_lines():
        yield line
        if line.startswith("data:"):
            return


async def test_readers_of_one_address_do_not_keep_its_editors_out(stack: Stack) -> None:
    stack.start_desk()
    sockets = [await connect(f"ws://{stack.front}/v1/live") for _ in range(110)]
    try:
        assert await asyncio.to_thread(answers, f"http://{stack.desk}/health/live")
    finally:
        await asyncio.gather(*(one.close() for one in sockets))


async def test_tls_speaks_http_2_and_websockets(stack: Stack) -> None:
    trusted = ssl.create_default_context(cafile=str(stack.folder / "tls" / "certificate.pem"))
    port = stack.ports["tls"]
    async with connect(f"wss://localhost:{port}/v1/live", ssl=trusted) as client:
        assert "snapshot" in str(await client.recv())
    trusted.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", port), 5) as raw:
        with trusted.wrap_socket(raw, server_hostname="localhost") as wrapped:
            assert wrapped.selected_alpn_protocol() == "h2"
    until(lambda: answers(f"http://127.0.0.1:{stack.ports['alive']}/"), "nginx answers")
