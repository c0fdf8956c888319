"""Event streams in gzip on real sockets, read by Python's inflater, which knows nothing of how they were made."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import pytest
import requests

from tests.support.serving import Serving, Start, Wire, request
from tests.support.waiting import until_async as until
from ticker.contract.closes import CloseCode
from ticker.core.frame import Format
from ticker.core.gzip_stream import HEAD
from ticker.net.sse import stream_format
from ticker.node.heartbeats import EVERYONE
from ticker.settings import Deflate

pytestmark = pytest.mark.anyio

STREAM = {"Accept": "text/event-stream"}
# What browsers send.
GZIP = {**STREAM, "Accept_Encoding": "gzip, deflate, br, zstd"}
# A header that only the full parser reads.
FULL_PARSER = {"TE": "trailers"}


@asynccontextmanager
async def opened(node: Serving, query: str = "", **headers: str) -> AsyncIterator[Wire]:
    """A stream in gzip whose first event is still to be read."""
    async with node.wire(request(query, **GZIP, **headers)) as wire:
        _status, replied = await wire.head()
        assert replied["content-encoding"] == "gzip" and "accept-encoding" in replied["vary"].lower()
        yield wire


def headline(event: dict[str, Any]) -> str:  # Any: JSON
    return str(event["data"]["item"]["headline"]["value"])


@pytest.mark.parametrize(
    ("accept_encoding", "is_gzip"),
    [
        (b"gzip, deflate, br, zstd", True),  # Chromium, Firefox
        (b"gzip, deflate, br", True),  # Safari
        (b"gzip, deflate", True),  # Python, Node.js
        (b"deflate, gzip, br, zstd", True),  # curl --compressed
        (b"", False),
        (b"identity", False),
        (b"gzip", False),  # Go and OkHttp, on behalf of programs that know nothing of it
        (b"*", False),
        (b"deflate, br", False),
        (b"gzip;q=0, deflate", False),
        (b"gzip, deflate;q=0", False),
        (b"identity, gzip;q=0.5, deflate;q=0.5", False),
        (b"x" * 5000, False),
        # Who refuses to go without an encoding has chosen (RFC 9110, 12.5.3).
        (b"gzip, identity;q=0", True),
        (b"gzip;q=0.001, *;q=0", True),
        (b"*, identity;q=0", True),
        (b"gzip, *;q=0, identity", False),
        (b"gzip;q=0, *, identity;q=0", False),
        (b"identity;q=0", False),
        (b"*;q=0", False),
        (b"deflate, gzip;q=0, *", False),
        (b"deflate, *", True),
        (b"deflate;q=0, br;q=0, gzip", False),
        (b"deflate, gzip;q=0.2, identity;q=0.8", False),
        (b"GZIP ; Q=0.5, Deflate", True),
        (b"gzip;q=1.5, deflate", False),
        (b"x-gzip, deflate", True),
    ],
)
@pytest.mark.parametrize("deflate", ["shared", "fresh", "off"])
async def test_gzip_is_for_clients_that_chose_it(accept_encoding: bytes, is_gzip: bool, deflate: Deflate) -> None:
    in_gzip = {"shared": Format.SSE_SHARED, "fresh": Format.SSE_GZIP, "off": Format.SSE}[deflate]
    assert stream_format(accept_encoding, deflate) is (in_gzip if is_gzip else Format.SSE)


@pytest.mark.parametrize("deflate", ["shared", "fresh"])
@pytest.mark.parametrize("parser", [{}, FULL_PARSER], ids=["plain", "full parser"])
async def test_events_come_at_once_and_take_a_fraction(start: Start, deflate: str, parser: dict[str, str]) -> None:
    node = await start(deflate=deflate, heartbeat_seconds=60)
    sizes = []
    async with opened(node, **parser) as wire:
        assert (await wire.event())["event"] == "snapshot"
        for number in range(12):
            before = wire.received
            await node.publish(f"Line {number}")
            # The event is complete although nothing follows it.
            assert headline(await wire.event()) == f"Line {number}"
            sizes.append(wire.received - before)
    async with node.wire(request(**STREAM)) as plain:
        await plain.head()
        await plain.event()
        before = plain.received
        await node.publish("Line 12")
        await plain.event()
        size = plain.received - before
    assert max(sizes) < size * 0.7
    if deflate == "shared":
        assert max(sizes[2:]) < size / 4


async def test_without_compression_and_for_http_1_0_the_stream_is_as_it_was(start: Start) -> None:
    off, shared = await start(deflate="off"), await start()
    http_1_0 = request(**GZIP).replace(b"HTTP/1.1", b"HTTP/1.0")
    for node, data in ((off, request(**GZIP)), (shared, request(**STREAM)), (shared, http_1_0)):
        async with node.wire(data) as wire:
            _status, headers = await wire.head()
            assert "content-encoding" not in headers
            assert (await wire.event())["event"] == "snapshot"


async def test_bursts_filters_heartbeats_and_later_joins_can_be_read(start: Start) -> None:
    node = await start(heartbeat_seconds=60)
    queries = ["", "section=world", "section=sport", "heartbeat=30", "section=world&heartbeat=30"]
    wires: list[tuple[Wire, str]] = []
    expected: dict[str, list[str]] = {query: [] for query in queries}
    async with AsyncExitStack() as stack:
        for turn in range(4):
            for query in queries:
                wire = await stack.enter_async_context(opened(node, query))
                assert (await wire.event())["event"] == "snapshot"
                wires.append((wire, query))
            for lines in expected.values():
                lines.clear()
            for number in range(9):
                section = ("world", "sport")[number % 2]
                await node.desk.publish(f"{turn}.{number}", sections=(section,))
                for query, lines in expected.items():
                    if "section" not in query or section in query:
                        lines.append(f"{turn}.{number}")
                if number in (2, 5, 7):
                    node.node.heartbeats.begin({2: 0, 5: 30, 7: EVERYONE}[number])
            for wire, query in wires:
                assert [headline(await wire.event()) for _ in expected[query]] == expected[query]


async def test_a_stop_says_when_to_come_back_and_ends_with_the_last_chunk(node: Serving) -> None:
    async with opened(node) as wire, opened(node) as other:
        for each in (wire, other):
            assert (await each.event())["event"] == "snapshot"
        await node.publish("One")
        for each in (wire, other):
            assert headline(await each.event()) == "One"
        first, _second = node.node.hub.members()
        first.close_with(CloseCode.SLOW)
        node.server.should_exit = True
        contents = sorted([await wire.content(), await other.content()])
    assert contents[0] == b"" and b"retry: " in contents[1] and b"event: bye" in contents[1]


async def test_a_busy_node_refuses_in_gzip_too(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticker.node.work_queue.LIMIT", 0)
    monkeypatch.setattr(node.node, "may_answer", lambda _subscription: False)
    async with opened(node) as wire:
        body = await wire.content()
        assert body.startswith(b"retry: ") and b"\n\n" not in body


@pytest.mark.parametrize("is_full", [False, True])
async def test_a_long_replay_is_compressed_unless_too_many_bytes_wait(
    start: Start, monkeypatch: pytest.MonkeyPatch, is_full: bool
) -> None:
    node = await start(write_limit_bytes=16_384)
    cursor = str(node.node.backlog.newest)
    headlines = [(await node.publish(f"{number} " + "x" * 450)).headline.value for number in range(120)]
    if is_full:
        # Between the choice of the answer and its first step.
        monkeypatch.setattr("ticker.node.unsent.UnsentBytes.is_full", property(lambda self: node.node.hub.count > 0))
    async with opened(node, f"cursor={cursor}") as wire:
        replay = await wire.event()
        assert [item["headline"]["value"] for item in replay["data"]["items"]] == headlines
        assert (wire.received < 40_000) != is_full
        await node.publish("After it")
        assert headline(await wire.event()) == "After it"


async def test_python_libraries_read_it_without_a_word(node: Serving) -> None:
    """httpx and requests decompress by themselves, and take the end of the stream for an end."""

    def read_with_requests() -> str:
        with requests.get(f"{node.url}/v1/live", headers=STREAM, stream=True, timeout=30) as reply:
            assert reply.headers["content-encoding"] == "gzip"
            return b"".join(reply.iter_content(None)).decode()

    async def read_with_httpx() -> str:
        async with httpx2.AsyncClient(verify=False, trust_env=False, timeout=30) as client:
            async with client.stream("GET", f"{node.url}/v1/live", headers=STREAM) as reply:
                assert reply.headers["content-encoding"] == "gzip"
                return "".join([text async for text in reply.aiter_text()])

    async with asyncio.TaskGroup() as group:
        bodies = [group.create_task(asyncio.to_thread(read_with_requests)), group.create_task(read_with_httpx())]
        await until(lambda: node.node.hub.count == 2, "both have joined")
        lines = [(await node.publish(f"Line {number}")).headline.value for number in range(3)]
        node.server.should_exit = True
    for task in bodies:
        events = [event for event in task.result().split("\n\n") if event.startswith("event: item")]
        received = [json.loads(event.partition("data: ")[2])["item"]["headline"]["value"] for event in events]
        assert received == lines


def test_the_head_is_that_of_a_gzip_file_without_a_name() -> None:
    assert zlib.decompressobj(31).decompress(HEAD) == b"" and len(HEAD) == 10
