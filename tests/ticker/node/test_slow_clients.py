"""A client that does not read uses limited memory, does not delay others, and misses nothing."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import pytest

from tests.support.serving import Serving, Start, Wire, frame, request, subscribe, upgrade
from tests.support.waiting import until_async as until
from ticker.contract.closes import CloseCode
from ticker.contract.cursor import origin
from ticker.core.filter import Filter
from ticker.core.long import PIECE_BYTES
from ticker.net.connection import Connection

pytestmark = pytest.mark.anyio

LIMIT = 16_384
# A kilobyte an item: a few dozen fill the kernel's buffers and the limit.
LONG = "x" * 480
BATCH = 40


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops, because their transports report a full and an empty buffer differently."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
async def node(start: Start) -> Serving:
    return await start(write_limit_bytes=LIMIT, slow_seconds=60, heartbeat_seconds=60, stream_length=1000)


@asynccontextmanager
async def deaf(node: Serving, query: str = "", sse: bool = False, encoding: str = "identity") -> AsyncIterator[Wire]:
    """A client that has joined and reads nothing before `hear`."""
    join = request(query, Accept="text/event-stream", Accept_Encoding=encoding) if sse else upgrade(query)
    previous = len(node.node.hub)
    async with node.wire(join, receive_buffer=4096) as wire:
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport of both directions
        await until(lambda: len(node.node.hub) == previous + 1, "it has joined")
        yield wire


def hear(wire: Wire) -> None:
    # A reader with the small limit stops early; an event of a long replay is one long line.
    vars(wire.reader)["_limit"] = 2**22
    wire.writer.transport.resume_reading()  # type: ignore[attr-defined]  # a transport of both directions


def only(node: Serving) -> Connection:
    [member] = node.node.hub.members()
    assert isinstance(member, Connection)
    return member


async def flood(node: Serving, count: int, start: int = 0) -> list[str]:
    """Publishes `count` long headlines; returns them when the node has all of them."""
    # Random, because compressed ones of one letter would not fill the buffers.
    headlines = [f"{number} {secrets.token_urlsafe(360)}" for number in range(start, start + count)]
    for headline in headlines:
        await node.desk.publish(headline)
    await until(lambda: node.node.backlog.newest.seq == len(node.desk.items), "all are here")
    return headlines


def headline(message: dict[str, Any]) -> str:  # Any: JSON
    return str(message["item"]["headline"]["value"])


@pytest.mark.parametrize(("sse", "encoding"), [(False, ""), (True, ""), (True, "gzip, deflate")])
async def test_a_client_that_reads_again_gets_what_it_missed_in_order(node: Serving, sse: bool, encoding: str) -> None:
    # The bug: only half the limit was written, and a buffer that was never full gives no `resume_writing`.
    async with deaf(node, sse=sse, encoding=encoding) as wire:
        member = only(node)
        headlines = await flood(node, 200)
        await until(lambda: member in node.node.lagging, "it is lagging")
        assert member.transport.get_write_buffer_size() < LIMIT + BATCH * 1024
        hear(wire)
        await wire.head()
        if sse:
            assert (await wire.event())["event"] == "snapshot"
            received = [headline((await wire.event())["data"]) for _ in headlines]
        else:
            assert (await wire.message())["type"] == "snapshot"
            received = [headline(await wire.message()) for _ in headlines]
        assert received == headlines
        await until(lambda: member not in node.node.lagging, "it has caught up")
        later = await flood(node, 3, start=200)
        nexts = [(await wire.event())["data"] if sse else await wire.message() for _ in later]
        assert [headline(message) for message in nexts] == later


async def test_a_client_catches_up_only_with_entries_of_its_filter(node: Serving) -> None:
    async with deaf(node, "urgency=2") as wire:
        for number in range(300):
            await node.desk.publish(f"{number} {LONG}", urgency=2 + number % 2)
        await until(lambda: only(node) in node.node.lagging, "it is lagging")
        hear(wire)
        await wire.head()
        await wire.message()
        numbers = [int(headline(await wire.message()).split()[0]) for _ in range(150)]
    assert numbers == list(range(0, 300, 2))


@pytest.mark.deep
async def test_a_client_that_reads_too_late_gets_an_incomplete_snapshot(start: Start) -> None:
    node = await start(write_limit_bytes=LIMIT, slow_seconds=60, heartbeat_seconds=60, stream_length=100)
    async with deaf(node, "backlog=5") as wire:
        headlines = await flood(node, 400)
        assert only(node) in node.node.lagging
        hear(wire)
        await wire.head()
        assert (await wire.message())["complete"] is True
        received: list[str] = []
        while (message := await wire.message())["type"] == "item":
            received.append(headline(message))
        assert received == headlines[: len(received)]
        assert message["type"] == "snapshot" and message["complete"] is False
        assert [item["headline"]["value"] for item in message["items"]] == headlines[:-6:-1]
        later = await flood(node, 1, start=400)
        assert headline(await wire.message()) == later[0]


@pytest.mark.deep
async def test_a_client_that_never_reads_costs_bounded_bytes_and_delays_no_other(node: Serving) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(deaf(node))
        idle = {member for member in node.node.hub.members() if isinstance(member, Connection)}
        reader = await stack.enter_async_context(node.joined())
        await reader.message()
        headlines: list[str] = []
        for batch in range(10):
            fresh = await flood(node, 50, start=50 * batch)
            headlines += fresh
            # The reader gets each batch at once; it does not wait for idle clients.
            assert [headline(await reader.message()) for _ in fresh] == fresh
            for member in idle:
                assert member.transport.get_write_buffer_size() <= LIMIT + BATCH * 1024
        assert node.node.lagging == idle
        assert node.count("flashwire_slow_closes_total") == 0


@pytest.mark.deep
@pytest.mark.parametrize("sse", [False, True])
async def test_a_long_replay_is_written_in_shared_pieces_before_live_entries(node: Serving, sse: bool) -> None:
    # The bug: each client that never read its long replay held a separate copy of the whole replay.
    headlines = await flood(node, 300)
    cursor = f"cursor={origin(node.node.backlog.newest.epoch)}"
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(deaf(node, cursor, sse=sse)) for _ in range(8)]
        members = [member for member in node.node.hub.members() if isinstance(member, Connection)]
        await until(lambda: node.node.lagging == set(members), "all are lagging")
        assert all(member.transport.get_write_buffer_size() <= 2 * LIMIT for member in members)
        whole = len(
            node.node.joins.replay(Filter(), origin(node.node.backlog.newest.epoch), 0, stale=False).message.body
        )
        # Ready-made messages live for a second: eight joins may meet a second one, never eight.
        assert whole > 250_000 and PIECE_BYTES <= node.node.unsent.bytes < whole
        later = await flood(node, 3, start=300)
        for wire in wires:
            hear(wire)
            await wire.head()
            first = (await wire.event())["data"] if sse else await wire.message()
            assert first["type"] == "replay"
            assert [item["headline"]["value"] for item in first["items"]] == headlines
            nexts = [(await wire.event())["data"] if sse else await wire.message() for _ in later]
            assert [headline(message) for message in nexts] == later
        await until(lambda: not node.node.lagging and not node.node.unsent.bytes, "no piece is held any more")


@pytest.mark.deep
async def test_above_the_limit_of_long_replays_a_client_gets_an_incomplete_snapshot(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker.node.unsent.LIMIT_BYTES", 10_000)
    await flood(node, 300)
    cursor = f"cursor={origin(node.node.backlog.newest.epoch)}"
    async with deaf(node, cursor), node.joined(cursor) as reader:
        message = await reader.message()
        assert message["type"] == "snapshot" and message["complete"] is False


@pytest.mark.deep
async def test_a_client_closed_during_a_replay_gets_no_end_of_the_event(
    node: Serving,
) -> None:
    await flood(node, 300)
    async with deaf(node, f"cursor={origin(node.node.backlog.newest.epoch)}", sse=True) as wire:
        only(node).close_with(CloseCode.STOPPING, "bye", reconnect=1.0)
        hear(wire)
        assert not (await wire.read_to_end()).endswith(b"\n\n")
    assert node.node.unsent.bytes == 0


@pytest.mark.deep
async def test_without_the_bound_the_same_client_buffers_all_that_is_published(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The mutant: a connection without the bound.
    monkeypatch.setattr(Connection, "pause_writing", lambda self: None)
    async with deaf(node):
        await flood(node, 500)
        size = only(node).transport.get_write_buffer_size()
    assert size > 4 * (LIMIT + BATCH * 1024)


async def test_a_first_message_that_fills_the_buffer_counts_against_the_bound(node: Serving) -> None:
    # The bug: uvicorn set our protocol on the transport after the first write, so `pause_writing` was never called.
    await flood(node, 100)
    async with deaf(node, "backlog=100") as wire:
        member = only(node)
        await until(lambda: member in node.node.lagging, "its buffer is full")
        size = member.transport.get_write_buffer_size()
        headlines = await flood(node, 200, start=100)
        assert member.transport.get_write_buffer_size() == size
        hear(wire)
        await wire.head()
        assert len((await wire.message())["items"]) == 100
        assert [headline(await wire.message()) for _ in headlines] == headlines


@pytest.mark.epoll("a loop's transport reads all messages at once, of which only the last is answered")
async def test_repeated_subscribes_without_reading_stay_bounded(node: Serving) -> None:
    # The bug: each subscribe was answered with a snapshot, full buffer or not.
    await flood(node, 100)
    async with deaf(node, "backlog=0") as wire:
        member = only(node)
        wire.send(subscribe(edition="en", backlog=100) * 300 + subscribe(edition="en", backlog=7))
        await until(lambda: member in node.node.lagging, "its buffer is full")
        snapshot = 100 * 1024
        assert member.transport.get_write_buffer_size() <= LIMIT + snapshot
        hear(wire)
        await wire.head()
        counts = [0]
        while counts[-1] != 7:
            counts.append(len((await wire.message())["items"]))
        assert len(counts) < 20
        headlines = await flood(node, 2, start=100)
        assert [headline(await wire.message()) for _ in headlines] == headlines


async def test_ten_thousand_pings_without_reading_stay_within_the_limit(node: Serving) -> None:
    async with deaf(node) as wire:
        member = only(node)
        wire.send(frame(9, b"x" * 125) * 10_000)
        await until(lambda: member in node.node.lagging, "its buffer is full")
        await flood(node, 50)
        # One read of the socket may be under way when the buffer fills: 256 KiB at most.
        assert member.transport.get_write_buffer_size() <= LIMIT + 262_144
        hear(wire)
        await wire.head()
        kinds: list[int] = []
        while kinds.count(0x81) < 51:
            kinds.append((await wire.frame())[0])
        while kinds.count(0x8A) < 10_000:
            kinds.append((await wire.frame())[0])


@pytest.mark.deep
@pytest.mark.parametrize("sse", [False, True])
async def test_a_client_that_stays_slow_is_closed_and_counted(
    start: Start, sse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("websocket", "sse"):
        monkeypatch.setattr(f"ticker.net.{module}.CLOSE_SECONDS", 0.5)
    node = await start(write_limit_bytes=LIMIT, slow_seconds=0.5, heartbeat_seconds=60)
    async with deaf(node, sse=sse), node.joined() as reader:
        await reader.message()
        headlines = await flood(node, 300)
        await until(lambda: len(node.node.hub) == 1, "the slow client is closed", seconds=3)
        assert [headline(await reader.message()) for _ in headlines] == headlines
        await until(lambda: not node.node.closing, "its socket is gone too", seconds=4)
    assert node.count("flashwire_slow_closes_total") == 1
    assert node.count("flashwire_closes_total", code="4001") == 1
    assert not node.node.lagging


@pytest.mark.deep
async def test_a_slow_client_that_reads_later_gets_the_close_code_to_reconnect(start: Start) -> None:
    node = await start(write_limit_bytes=LIMIT, slow_seconds=0.5, heartbeat_seconds=60)
    async with deaf(node) as wire:
        await flood(node, 300)
        await until(lambda: not len(node.node.hub), "it is closed")
        hear(wire)
        await wire.head()
        cursor, first = "", 0
        while first != 0x88:
            first, payload = await wire.frame()
            if first == 0x81:
                cursor = msgspec.json.decode(payload)["cursor"]
        assert payload[:2] == (4001).to_bytes(2, "big")
    async with node.joined(f"cursor={cursor}") as again:
        assert (await again.message())["type"] == "replay"
    await asyncio.sleep(0)
