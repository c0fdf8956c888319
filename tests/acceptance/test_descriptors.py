"""A ticker that may open 200 files: connections that are kept open and say nothing take no join's place."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.attackers import get, websocket
from tests.acceptance.pressed import measured

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

FILES = 200
IDLE = 150
JOINS = 100


async def test_idle_connections_leave_joins_an_answer(folder: Path) -> None:
    answers: Counter[str] = Counter()
    opened: list[asyncio.StreamWriter] = []

    async def ask(port: int, request: bytes) -> str:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            opened.append(writer)
            writer.write(request)
            return (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode() if request else ""

    async with measured(folder, limit=FILES) as pressed:
        port = pressed.port
        for request in (get("/version"), get("/v1/items?edition=en"), b"", b"GET /v1/live HTTP/1.1\r\nX-"):
            for _ in range(IDLE):
                if request.endswith(b"\r\n\r\n"):
                    answers[await ask(port, request)] += 1
                else:
                    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    opened.append(writer)
                    writer.write(request)
        assert answers == {"200": 2 * IDLE}
        joined = Counter(await asyncio.gather(*(ask(port, websocket("/v1/live")) for _ in range(JOINS))))
        assert set(joined) == {"101", "503"} and joined["101"] >= 20, joined
        control = await pressed.attack("idle", 2.0)
        assert not control.missed and not control.restarts and control.delay_p99 < 1
        for writer in opened:
            writer.transport.abort()
        # The places are free again.
        assert await ask(port, websocket("/v1/live")) == "101"
