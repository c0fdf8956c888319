"""Clients without a complete request, clients that answer no ping, and the drain of a node that stops."""

import asyncio
import itertools
import time
from contextlib import AsyncExitStack

import pytest
from structlog.typing import EventDict

from tests.support.serving import Serving, Start, Wire, frame, request, upgrade
from tests.support.waiting import until_async as until
from ticker.node import http_connections

pytestmark = pytest.mark.anyio


async def test_a_client_without_a_complete_request_is_closed(
    node: Serving, monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]
) -> None:
    monkeypatch.setattr(http_connections, "REQUEST_SECONDS", 0.5)
    body = request(path="/version", Content_Length="100") + b"x"
    async with node.wire() as idle, node.wire(request()[:20]) as half, node.wire(body) as drip:
        # The head of `drip` is complete; its body never is.
        await drip.head()
        began = time.monotonic()
        while time.monotonic() - began < 8 and (node.node.pending or time.monotonic() - began < 0.1):
            for wire in (half, drip):
                wire.send(b"a")
            await asyncio.sleep(0.05)
        for wire in (idle, half, drip):
            await wire.read_to_end()
        assert time.monotonic() - began < 5
    assert [line["event"] for line in log_lines if line["event"] != "stream reachable"] == []


async def test_a_request_that_is_too_long_or_not_http_is_refused(node: Serving, log_lines: list[EventDict]) -> None:
    long = request(X="y" * 20_000)
    dripped = request(path="/version", X="y" * 10_000)[:-4]
    cases = [(long, 431), (b"\0\1\2\r\n\r\n", 400), (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400)]
    for data, status in cases:
        async with node.wire(data) as wire:
            reply_status, headers, body = await wire.reply()
            assert (reply_status, headers["content-type"]) == (status, "application/problem+json")
            assert body["detail"]
            await wire.read_to_end()
    async with node.wire(dripped) as wire:
        for size in (5000, 2000):
            await until(lambda: not wire.writer.transport.get_write_buffer_size(), "it is sent")
            wire.send(b"z" * size)
        assert (await wire.head())[0] == 431
    async with node.wire(request(path="/version") * 2) as wire:
        assert [(await wire.reply())[0] for _ in range(2)] == [200, 200]
    assert [line["event"] for line in log_lines if line["event"] != "stream reachable"] == []


@pytest.mark.alone
async def test_five_hundred_idle_sockets_do_not_delay_a_join(node: Serving) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(500):
            await stack.enter_async_context(node.wire())
        await until(lambda: len(node.node.pending) >= 500, "all are pending")
        began = time.monotonic()
        async with node.joined() as wire:
            assert (await wire.message())["type"] == "snapshot"
        assert time.monotonic() - began < 1


@pytest.mark.alone
async def test_every_heartbeat_follows_a_ping(start: Start) -> None:
    node = await start(heartbeat_seconds=0.4)
    async with node.joined() as wire, node.wire(request(Accept="text/event-stream")) as stream:
        await wire.frame()
        times = []
        for _ in range(4):
            assert await wire.frame() == (0x89, b"")
            first, payload = await wire.frame()
            assert first == 0x81 and b'"heartbeat"' in payload and b'"stale":false' in payload
            wire.send(frame(10))
            times.append(time.monotonic())
        assert all(later - sooner < 0.6 for sooner, later in itertools.pairwise(times))
        await stream.head()
        async with asyncio.timeout(5):
            await stream.reader.readuntil(b"event: heartbeat\n")


async def test_a_client_that_answers_no_ping_is_closed_and_others_stay(start: Start) -> None:
    node = await start(heartbeat_seconds=0.4)

    async def answer(wire: Wire) -> None:
        while True:
            if (await wire.frame())[0] == 0x89:
                wire.send(frame(10))

    async with node.joined() as silent, node.joined() as lively:
        task = asyncio.create_task(answer(lively))
        assert await silent.close_code() == 4002
        assert len(node.node.hub) == 1 and not task.done()
        task.cancel()
    assert node.count("flashwire_closes_total", code="4002") == 1


async def test_a_blocked_event_loop_closes_no_client(start: Start) -> None:
    node = await start(heartbeat_seconds=0.4)
    async with node.joined() as wire:
        await wire.message()
        time.sleep(2.5)  # noqa: ASYNC251 - the stall itself
        began = time.monotonic()
        while time.monotonic() - began < 1.5:
            first, _payload = await wire.frame()
            assert first != 0x88
            if first == 0x89:
                wire.send(frame(10))
        assert len(node.node.hub) == 1


@pytest.mark.alone
async def test_a_drain_is_spread_over_its_time_with_a_reconnect_time_per_client(start: Start) -> None:
    node = await start(drain_seconds=1.5)
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(node.joined()) for _ in range(30)]
        for wire in wires:
            await wire.message()
        began = time.monotonic()

        async def leave(wire: Wire) -> tuple[bool, float, float]:
            news = False
            while (message := await wire.message())["type"] == "item":
                news = True
            assert message["type"] == "bye" and message["reason"]
            closed = time.monotonic() - began
            assert await wire.close_code() == 4000
            wire.send(frame(8, b"\x0f\xa0"))
            return news, closed, message["reconnect"]

        node.server.should_exit = True
        leaving = asyncio.gather(*map(leave, wires))
        await until(lambda: node.node.draining, "it drains")
        # An item published during the drain still reaches the members that are left.
        await node.publish("During the drain")
        async with node.wire(upgrade()) as late:
            assert (await late.head())[0] == 503
        async with node.wire(request(path="/health/ready")) as asking:
            assert (await asking.reply())[0] == 503
        reconnects = await leaving
    assert any(news for news, _closed, _again in reconnects)
    times = sorted(closed for _news, closed, _again in reconnects)
    assert times[-1] < 2.5 and times[-1] - times[0] > 1.0
    # The closes are spread: some fall in every third of the time.
    assert all(any(third <= closed < third + 0.7 for closed in times) for third in (0.0, 0.6, 1.1))
    assert len({again for _news, _closed, again in reconnects}) > 20
    assert all(0 < again <= 3 for _news, _closed, again in reconnects)
    assert node.count("flashwire_closes_total", code="4000") == 30


async def test_a_draining_event_stream_gets_a_reconnect_time(node: Serving) -> None:
    async with node.wire(request(Accept="text/event-stream")) as wire:
        await wire.head()
        await wire.event()
        node.server.should_exit = True
        bye = await wire.event()
        assert bye["event"] == "bye" and int(bye["retry"]) == pytest.approx(bye["data"]["reconnect"] * 1000, abs=10)
        assert await wire.content() == b""
