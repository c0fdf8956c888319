"""deploy/nginx.conf at its limits, before nodes that only say what a test needs."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.deploy.stack import DEPLOY, NODES, Stack

pytestmark = pytest.mark.anyio

EVENTS = {"Accept": "text/event-stream"}
Node = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begins an event stream, and holds it."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: snapshot\n\n")
    await reader.read()
    writer.close()


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one request."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    writer.close()


async def is_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Stands still, as a process that was stopped: the kernel takes its connections."""
    await reader.read()
    writer.close()


@asynccontextmanager
async def fronted(folder: Path, changes: dict[str, str], *nodes: Node) -> AsyncIterator[httpx2.AsyncClient]:
    """nginx by deploy/nginx.conf with `changes`, before `nodes`."""
    stack = Stack(folder)
    async with AsyncExitStack() as servers:
        try:
            for name, node in zip(NODES, nodes, strict=True):
                await servers.enter_async_context(await asyncio.start_server(node, "127.0.0.1", stack.ports[name]))
            await asyncio.to_thread(stack.start_nginx, changes)
            async with httpx2.AsyncClient(
                base_url=f"http://{stack.front}", timeout=20, trust_env=False, verify=False
            ) as client:
                yield client
        finally:
            await asyncio.to_thread(stack.close)


@pytest.mark.parametrize(
    "changes",
    [
        {"limit_conn readers 500;": "limit_conn readers 2;"},
        {"zone=joins burst=500 nodelay;": "zone=joins burst=1 nodelay;", "rate=50r/s": "rate=1r/m"},
    ],
)
async def test_an_event_stream_over_a_limit_of_its_address_comes_back(tmp_path: Path, changes: dict[str, str]) -> None:
    async with fronted(tmp_path, changes, streams, streams) as client, AsyncExitStack() as held:
        kept = []
        for _ in range(2):
            reply = await held.enter_async_context(client.stream("GET", "/v1/live", headers=EVENTS))
            # An iterator that is dropped ends its stream.
            kept.append(reply.aiter_lines())
            assert reply.status_code == 200 and await anext(kept[-1]) == "event: snapshot"
        over = await client.get("/v1/live", headers=EVENTS)
        # Any other status ends an EventSource for good.
        assert over.status_code == 200 and over.headers["content-type"].startswith("text/event-stream")
        assert over.headers["access-control-allow-origin"] == "*"
        assert re.fullmatch("retry: [0-9]{4}\n: .*\n", over.text)
        # Other clients are told by the status.
        assert (await client.get("/v1/live")).status_code == 429


async def test_a_request_to_a_node_that_stands_still_goes_to_the_other(tmp_path: Path) -> None:
    changes = {"        proxy_read_timeout 5s;": "        proxy_read_timeout 300ms;"}
    async with fronted(tmp_path, changes, is_silent, answers) as client:
        replies = await asyncio.gather(*(client.get(path) for path in ("/version", "/", "/v1/items?limit=2", "/embed")))
        assert [reply.text for reply in replies] == ["ok"] * 4


def test_the_timeouts_leave_time_for_heartbeats_and_for_the_other_node() -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    ticker = text[text.index("# The audience's side.") : text.index("# The editors' side")]
    others, live, events = (int(found) for found in re.findall(r"proxy_read_timeout (\d+)s;", ticker))
    together = re.search(r"proxy_next_upstream_timeout (\d+)s;", ticker)
    # 60 s is the longest heartbeat that a client may ask for.
    assert live == events and 60 < live < 90
    assert together is not None and others < int(together[1])
