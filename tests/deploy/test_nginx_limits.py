"""The limits and timeouts of deploy/nginx.conf, in front of minimal nodes."""

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
    """Begins an event stream and keeps it open."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: snapshot\n\n")
    await reader.read()
    writer.close()


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one request."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    writer.close()


async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and never answers, like a stopped process."""
    await reader.read()
    writer.close()


@asynccontextmanager
async def nginx_before(folder: Path, changes: dict[str, str], *nodes: Node) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of nginx with deploy/nginx.conf and `changes`, in front of `nodes`."""
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
async def test_an_event_stream_over_the_limit_of_its_address_gets_retry_and_not_an_error(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    async with nginx_before(tmp_path, changes, streams, streams) as client, AsyncExitStack() as stack:
        iterators = []
        for _ in range(2):
            reply = await stack.enter_async_context(client.stream("GET", "/v1/live", headers=EVENTS))
            # Without a reference to its iterator the stream would be closed.
            iterators.append(reply.aiter_lines())
            assert reply.status_code == 200 and await anext(iterators[-1]) == "event: snapshot"
        refused = await client.get("/v1/live", headers=EVENTS)
        # Any other status ends an EventSource for good.
        assert refused.status_code == 200 and refused.headers["content-type"].startswith("text/event-stream")
        assert refused.headers["access-control-allow-origin"] == "*"
        assert re.fullmatch("retry: [0-9]{4}\n: .*\n", refused.text)
        # Clients other than event streams get the status.
        assert (await client.get("/v1/live")).status_code == 429


async def test_a_request_to_a_stalled_node_goes_to_the_other(tmp_path: Path) -> None:
    changes = {"        proxy_read_timeout 5s;": "        proxy_read_timeout 300ms;"}
    async with nginx_before(tmp_path, changes, stalls, answers) as client:
        replies = await asyncio.gather(*(client.get(path) for path in ("/version", "/", "/v1/items?limit=2", "/embed")))
        assert [reply.text for reply in replies] == ["ok"] * 4


def test_the_timeouts_are_above_the_longest_heartbeat_and_leave_time_for_the_other_node() -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    ticker = text[text.index("# The ticker, for readers.") : text.index("# The desk, for editors.")]
    others, live, events = (int(seconds) for seconds in re.findall(r"proxy_read_timeout (\d+)s;", ticker))
    next_node = re.search(r"proxy_next_upstream_timeout (\d+)s;", ticker)
    # 60 s is the longest heartbeat that a client may request.
    assert live == events and 60 < live < 90
    assert next_node is not None and others < int(next_node[1])
