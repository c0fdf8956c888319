"""The parameter `heartbeat`: clients with an interval of their choice, next to clients with the node's interval."""

import asyncio
import itertools
import random
import sys
import time
from typing import Any

import msgspec
import pytest

from tests.support.serving import Serving, Start, Wire, frame, request, subscribe, upgrade
from tests.support.waiting import until_async as until
from ticker.contract import message
from ticker.contract.cursor import Cursor
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import Encoded
from ticker.core.hub import Hub
from ticker.core.joins import Subscription
from ticker.node.heartbeats import EVERYONE, Heartbeats
from ticker.node.rounds import Rounds
from ticker.node.subscriber import Subscriber

pytestmark = pytest.mark.anyio

STREAM = {"Accept": "text/event-stream"}
EVENTS = {"Sec_WebSocket_Protocol": "cloudevents.json"}
# A header that only the full parser reads.
FULL_PARSER = {"TE": "trailers"}
REQUESTS = {
    "websocket": upgrade("heartbeat=5"),
    "websocket, full parser": upgrade("heartbeat=5", **FULL_PARSER),
    "websocket, a cursor last": upgrade("heartbeat=5&cursor=e.1.c"),
    "events": upgrade("heartbeat=5", **EVENTS),
    "stream": request("heartbeat=5", **STREAM),
    "stream, full parser": request("heartbeat=5", **FULL_PARSER, **STREAM),
    "stream, HTTP/1.0": request("heartbeat=5", **STREAM).replace(b"HTTP/1.1", b"HTTP/1.0"),
}
# The key of the node's own interval.
NODE_INTERVAL = 0


@pytest.fixture
async def node(start: Start) -> Serving:
    """A node whose own heartbeats are due after the end of every test here."""
    return await start(heartbeat_seconds=60)


async def next_message(wire: Wire, transport: str) -> dict[str, Any]:  # Any: JSON
    """The next message, heartbeats included."""
    if transport.startswith("stream"):
        while True:
            async with asyncio.timeout(10):
                line = await wire.reader.readuntil(b"\n")
            if line.startswith(b"data: "):
                event: dict[str, Any] = msgspec.json.decode(line[6:])
                return event
    first, payload = await wire.frame()
    while first == 0x89:
        wire.send(frame(10))
        first, payload = await wire.frame()
    assert first == 0x81
    event = msgspec.json.decode(payload)
    return event["data"] if transport == "events" else event


async def kinds(wire: Wire, count: int) -> list[str]:
    """Returns the types of the next `count` messages of a WebSocket."""
    return [str((await next_message(wire, "websocket"))["type"]) for _ in range(count)]


def members(node: Serving, heartbeat: int) -> list[Subscriber]:
    """Returns the members with a heartbeat interval of `heartbeat` seconds."""
    return [member for member in node.node.hub.members() if member.subscription.heartbeat == heartbeat]


@pytest.mark.alone
@pytest.mark.deep
async def test_a_client_gets_the_heartbeat_that_it_asks_for_on_every_transport(node: Serving) -> None:
    async def follow(transport: str) -> None:
        async with node.wire(REQUESTS[transport]) as wire:
            await wire.head()
            first = await next_message(wire, transport)
            times = [time.monotonic()]
            assert first["type"] in ("snapshot", "replay") and first["heartbeat"] == 5, transport
            for _ in range(2):
                assert (await next_message(wire, transport))["type"] == "heartbeat"
                times.append(time.monotonic())
            # 0.9 of the interval, plus a margin for a busy machine.
            assert all(later - sooner < 4.8 for sooner, later in itertools.pairwise(times)), (transport, times)
            assert times[2] - times[1] > 3.5

    await asyncio.gather(*map(follow, REQUESTS))


async def test_an_own_heartbeat_is_sent_only_to_clients_that_asked_for_it(node: Serving) -> None:
    async with node.joined() as usual, node.joined("heartbeat=5") as own, node.joined("heartbeat=7") as other:
        for wire, expected in ((usual, 60), (own, 5), (other, 7)):
            assert (await next_message(wire, "websocket"))["heartbeat"] == expected
        node.node.heartbeats.begin(5)
        node.node.heartbeats.begin(5)
        await node.publish("One")
        node.node.heartbeats.begin(NODE_INTERVAL)
        await node.publish("Two")
        assert await kinds(usual, 3) == ["item", "heartbeat", "item"]
        assert await kinds(own, 4) == ["heartbeat", "heartbeat", "item", "item"]
        assert await kinds(other, 2) == ["item", "item"]


def test_no_heartbeat_is_later_than_its_share_of_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first heartbeat as late as possible.
    monkeypatch.setattr(random, "uniform", lambda _, high: high)
    # The bug: with checks half a second apart, heartbeats of 5 seconds came up to 5.0 seconds apart.
    now = 0.0
    times: list[float] = []

    def make_heartbeat() -> Encoded:
        times.append(now)
        return Encoded(message.heartbeat(Cursor("e", 1, "c"), time="", stale=False), "")

    hub: Hub[Subscriber] = Hub(Backlog(10))
    rounds: Rounds[Subscriber] = Rounds(lambda: now, lambda _entries, _sent: None)
    heartbeats = Heartbeats(hub, lambda: rounds, 5.0, lambda: now, make_heartbeat)
    while now < 600:
        now += 0.501
        heartbeats.begin_due(now + 0.501)
    assert all(3.9 < later - sooner <= 4.5 for sooner, later in itertools.pairwise(times))
    assert times[0] <= 4.5 and len(times) > 120


async def test_staleness_reaches_everyone_at_once(node: Serving) -> None:
    async with node.joined() as usual, node.joined("heartbeat=60") as first, node.joined("heartbeat=50") as second:
        wires = (usual, first, second)
        for wire in wires:
            await next_message(wire, "websocket")
        # No other heartbeat is due before the reader says that it follows the stream.
        node.node.mark_stale("the stream does not answer")
        began = time.monotonic()
        for wire in wires:
            heartbeat = await next_message(wire, "websocket")
            assert (heartbeat["type"], heartbeat["stale"]) == ("heartbeat", True)
        for wire in wires:
            heartbeat = await next_message(wire, "websocket")
            assert (heartbeat["type"], heartbeat["stale"]) == ("heartbeat", False)
        assert time.monotonic() - began < 4


async def test_a_change_of_stale_is_not_lost_behind_a_pending_heartbeat(node: Serving) -> None:
    async with node.joined() as usual, node.joined("heartbeat=5") as own:
        for wire in (usual, own):
            await next_message(wire, "websocket")
        heartbeats = node.node.heartbeats

        def begin_all() -> Any:  # Any: a round without deliveries
            # A heartbeat that begins while a round is being built waits for the end of that round.
            for seconds in (NODE_INTERVAL, 5, EVERYONE, 5, NODE_INTERVAL, EVERYONE):
                heartbeats.begin(seconds)
            return iter(())

        node.node.rounds.begin(begin_all)
        await node.publish("One")
        assert await kinds(usual, 3) == ["heartbeat", "heartbeat", "item"]
        assert await kinds(own, 3) == ["heartbeat", "heartbeat", "item"]


async def test_a_subscribe_sets_the_heartbeat_or_restores_the_default(node: Serving) -> None:
    async with node.joined("heartbeat=5") as wire:
        assert (await next_message(wire, "websocket"))["heartbeat"] == 5
        for parameters, expected in (({"heartbeat": 6}, 6), ({"heartbeat": "7", "edition": "en"}, 7), ({}, 60)):
            wire.send(subscribe(**parameters))
            snapshot = await next_message(wire, "websocket")
            assert (snapshot["type"], snapshot["heartbeat"]) == ("snapshot", expected)
            own = 0 if expected == 60 else expected
            for seconds in {5, 6, 7, NODE_INTERVAL}:
                node.node.heartbeats.begin(seconds)
            await node.publish()
            assert await kinds(wire, 2) == ["heartbeat", "item"], own
            assert len(members(node, own)) == 1
        assert node.node.heartbeats.intervals == []


@pytest.mark.parametrize("value", ["4", "61", "0", "-5", "5.5", "1e1", "", "abc", "٥", "15s", "99999999999999"])
async def test_a_heartbeat_out_of_range_is_refused_like_any_parameter(node: Serving, value: str) -> None:
    query = msgspec.json.decode(msgspec.json.encode(value), type=str)
    encoded = "heartbeat=" + "".join(f"%{byte:02x}" for byte in query.encode())
    for data in (upgrade(encoded), request(encoded, **STREAM), request(encoded)):
        async with node.wire(data) as wire:
            status, _headers, problem = await wire.reply()
            assert status == 400 and problem["errors"][0]["field"] == "heartbeat"
            assert "5 to 60" in problem["errors"][0]["message"]
    async with node.joined() as wire:
        await wire.message()
        wire.send(subscribe(heartbeat=value))
        assert await wire.close_code() == 4501


@pytest.mark.parametrize("value", [4, 61, True, None, {"seconds": 5}, 5.5, [5, None]])
async def test_a_subscribe_with_an_invalid_heartbeat_is_refused(node: Serving, value: object) -> None:
    async with node.joined() as wire:
        await wire.message()
        wire.send(subscribe(heartbeat=value))
        assert await wire.close_code() == 4501


async def test_json_takes_the_parameter_and_reads_of_items_do_not(node: Serving) -> None:
    assert (await node.get("/v1/live?heartbeat=5")).status_code == 200
    cursor = str(node.node.backlog.newest)
    assert (await node.get(f"/v1/live?heartbeat=5&wait=0.1&cursor={cursor}")).json()["type"] == "replay"
    assert (await node.get("/v1/items?heartbeat=5")).status_code == 400


@pytest.mark.parametrize(("nodes", "own", "limit"), [(0.4, 5, 11.25), (8, 5, 18), (2, 6, 13.5)])
async def test_a_client_may_be_silent_for_its_own_heartbeat_or_the_nodes(
    start: Start, nodes: float, own: int, limit: float
) -> None:
    node = await start(heartbeat_seconds=nodes)
    async with node.joined(f"heartbeat={own}") as wire, node.joined() as usual:
        await wire.message()
        await usual.message()
        (member,) = members(node, own)
        (default,) = members(node, 0)
        for seconds in (own, own, NODE_INTERVAL, NODE_INTERVAL):
            node.node.heartbeats.begin(seconds)
        # Above the other limit, and below its own by more than the time until both are judged.
        member.last_heard = node.node.steady() - limit + 6.5
        default.last_heard = node.node.steady() - nodes * 2.25 - 0.1
        node.node.silent_clients.next_look = 0.0
        assert await usual.close_code() == 4002
        assert members(node, own) == [member]
        member.last_heard = node.node.steady() - limit - 0.1
        node.node.silent_clients.next_look = 0.0
        assert await wire.close_code() == 4002


async def test_clients_without_the_parameter_share_one_small_subscription(node: Serving) -> None:
    # The size before the field `heartbeat` was added.
    assert sys.getsizeof(Subscription(Filter(), "e.1.c")) <= 64
    async with node.joined("edition=en") as client, node.joined("edition=en") as two:
        await client.message()
        await two.message()
        first, second = node.node.hub.members()
        assert first.subscription is second.subscription
        assert node.node.heartbeats.intervals == []
        async with node.joined("heartbeat=5") as three, node.wire(request("heartbeat=5", **STREAM)) as four:
            await three.message()
            await four.head()
            await until(lambda: len(members(node, 5)) == 2, "both have joined")
            assert members(node, 5)[0].subscription is members(node, 5)[1].subscription
            assert node.node.heartbeats.intervals == [5]
    await until(lambda: not len(node.node.hub), "all have left")
    assert node.node.heartbeats.intervals == []
