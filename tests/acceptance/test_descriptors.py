"""A ticker that may open 200 files: connections that are kept open and say nothing take no join's answer."""

import asyncio
import socket
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.attacker import get, websocket
from tests.acceptance.audience import Client, Received, listening, reached
from tests.acceptance.pressed import Stream, Ticker, store_server

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

FILES = 200
IDLE = 150
JOINS = 100
WAYS = {
    "websocket": websocket("/v1/live"),
    "events": get("/v1/live", "text/event-stream"),
    "json": get("/v1/live"),
    "again": websocket("/v1/live"),
}


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
async def test_idle_connections_leave_joins_an_answer(tmp_path: Path, address: str) -> None:
    opened: list[socket.socket] = []

    def connected() -> socket.socket:
        sock = socket.socket()
        sock.bind((address, 0))
        sock.connect(("127.0.0.1", ticker.port))
        opened.append(sock)
        return sock

    async def answer(sock: socket.socket) -> str:
        sock.setblocking(False)
        head = b""
        while b"\r\n\r\n" not in head:
            data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 4096), 15)
            assert data, head
            head += data
        status = head.split(b" ", 2)[1].decode()
        assert status != "503" or b"retry-after: " in head.lower()
        return status

    async def ask(request: bytes, count: int = 1) -> Counter[str]:
        # All have connected before the first of them says anything.
        sockets = [connected() for _ in range(count)]
        for sock in sockets:
            sock.sendall(request)
        return Counter(await asyncio.gather(*map(answer, sockets)))

    statuses: set[int] = set()

    def hear(number: int, received: Received) -> None:
        if received.items():
            statuses.add(number)

    with store_server() as url:
        stream = Stream(url)
        await stream.publish(0)
        ticker = Ticker(tmp_path, url, FILES)
        try:
            clients = [Client(ticker.url, "sse" if number % 4 == 3 else "websocket") for number in range(8)]
            for number, client in enumerate(clients):
                client.on_message = partial(hear, number)
            async with listening(clients):
                for request in (get("/version"), get("/v1/items?edition=en")):
                    for _ in range(IDLE):
                        assert (await ask(request)).keys() == {"200"}
                for request in (b"", b"GET /v1/live HTTP/1.1\r\nX-"):
                    for _ in range(IDLE):
                        connected().sendall(request)
                began = time.monotonic()
                answers = {transport: await ask(request, JOINS) for transport, request in WAYS.items()}
                assert answers["events"] == {"200": JOINS}, answers
                assert answers["json"].total() == JOINS and answers["json"].keys() <= {"200", "503"}, answers
                assert answers["websocket"].keys() | answers["again"].keys() == {"101", "503"}, answers
                assert answers["websocket"]["101"] >= 20 and time.monotonic() - began < 30
                statuses.clear()
                await stream.publish(1)
                await reached(lambda: len(statuses) == len(clients), "all live readers have the line", 10)
        finally:
            for sock in opened:
                sock.close()
            ticker.close()
            await stream.store.aclose()
