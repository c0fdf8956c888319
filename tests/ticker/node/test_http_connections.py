"""Idle connections never cost a client its answer, a live reader its slot, or another address its share."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import pytest

from tests.support.serving import Serving, Wire, request, upgrade
from tests.support.waiting import until_async as until
from tests.ticker.node.test_address_counts import CLIENT_ADDRESS, OTHER_ADDRESS, wire_from
from ticker.node import http_connections
from ticker.node.http_connections import HttpConnections

pytestmark = pytest.mark.anyio

VERSION = request(path="/version")
HALF = VERSION[:-2]
STREAM = request(Accept="text/event-stream")
CONNECTION_LIMIT = 8
CLIENTS = 24


class RecordingConnection:
    """A connection that records in `ended` how it was closed."""

    has_input = False

    def __init__(self) -> None:
        self.ended = ""

    def shutdown(self) -> None:
        self.ended = "shutdown"

    def abort(self) -> None:
        self.ended = "abort"

    def expire(self) -> None:
        self.ended = "expired"


def new_connections(limit: int, waiting: dict[RecordingConnection, float] | None = None) -> HttpConnections:
    connections = HttpConnections({} if waiting is None else waiting)  # type: ignore[arg-type]  # of one kind here
    connections.limit = limit
    return connections


@pytest.fixture
async def small(node: Serving) -> AsyncIterator[Serving]:
    """A node with a low limit of connections, of which it keeps a share for live readers."""
    await node.publish("One")
    node.node.http_connections.limit = CONNECTION_LIMIT
    node.node.capacity = 3
    yield node


@pytest.fixture
def crowd(small: Serving) -> Iterator[list[socket.socket]]:
    """Clients that the kernel has connected before the node accepts the first."""
    connections = [socket.create_connection(("127.0.0.1", small.port)) for _ in range(CLIENTS)]
    for sock in connections:
        sock.setblocking(False)
    yield connections
    for sock in connections:
        sock.close()


@pytest.mark.epoll("asyncio accepts every client, also above the limit")
async def test_live_readers_stay_and_new_clients_are_answered_among_idle_connections(small: Serving) -> None:
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(small.joined())
        await live.message()
        for data in (VERSION, b"", HALF):
            for _ in range(3 * CONNECTION_LIMIT):
                wire = await stack.enter_async_context(small.wire(data))
                if data == VERSION:
                    assert (await wire.reply())[0] == 200
        first_requests = [upgrade(), STREAM, request(), request(path="/v1/items"), upgrade(), STREAM, request(), STREAM]
        new_clients = [await stack.enter_async_context(small.wire(first_request)) for first_request in first_requests]
        heads = [await wire.head() for wire in new_clients]
        assert [status for status, _ in heads] == [101, 200, 503, 200, 503, 200, 503, 200]
        assert all("retry-after" in headers for status, headers in heads if status == 503)
        assert b"retry: " in await new_clients[-1].read_to_end()
        assert len(small.node.http_connections) <= CONNECTION_LIMIT
        await small.publish("Two")
        assert (await live.message())["type"] == "item"


@pytest.mark.epoll("asyncio accepts every client, also above the limit")
@pytest.mark.parametrize("first_request", [upgrade(), STREAM, request()])
async def test_clients_that_arrive_together_are_all_answered(
    small: Serving, crowd: list[socket.socket], first_request: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connections, "YOUNG_SECONDS", 5.0)
    loop = asyncio.get_running_loop()
    # The node has accepted clients up to its limit, and none has sent anything yet.
    await until(lambda: len(small.node.http_connections) == CONNECTION_LIMIT, "the limit is reached")
    for sock in crowd:
        await loop.sock_sendall(sock, first_request)
    async with asyncio.timeout(10):
        answers = Counter([(await loop.sock_recv(sock, 12))[9:12].decode() for sock in crowd])
    assert sum(answers.values()) == CLIENTS and set(answers) <= {"101", "200", "503"}, answers


@pytest.mark.epoll("asyncio accepts every client, also above the limit")
async def test_silent_connections_are_closed_for_others_after_a_moment(
    small: Serving, crowd: list[socket.socket]
) -> None:
    # All clients are silent, and another client connects after them.
    async with small.wire(upgrade()) as wire:
        assert (await wire.head())[0] == 101
    assert len(small.node.http_connections) <= CONNECTION_LIMIT and len(crowd) == CLIENTS


async def test_idle_connections_of_one_address_do_not_close_those_of_another(small: Serving) -> None:
    async with AsyncExitStack() as stack:

        async def kept_open(address: str) -> Wire:
            wire = await stack.enter_async_context(wire_from(small, address, VERSION))
            assert (await wire.reply())[0] == 200
            return wire

        other = await kept_open(OTHER_ADDRESS)
        for _ in range(3 * CONNECTION_LIMIT):
            await kept_open(CLIENT_ADDRESS)
        assert len(small.node.http_connections) == 1 + CONNECTION_LIMIT // 2
        other.send(VERSION)
        assert (await other.reply())[0] == 200
        # A proxy's connections are its clients', as far as it says whose.
        for _ in range(3 * CONNECTION_LIMIT):
            named = request(path="/version", X_Forwarded_For="9.9.9.9")
            wire = await stack.enter_async_context(small.wire(named))
            assert (await wire.reply())[0] == 200
        assert small.node.http_connections._by_address["9.9.9.9"] <= 1 + CONNECTION_LIMIT // 2
        other.send(VERSION)
        assert (await other.reply())[0] == 200


async def test_requests_above_the_limit_get_a_retry_time(small: Serving) -> None:
    entered = asyncio.Event()

    async def wait(is_disconnected: Callable[[], bool] = bool) -> None:
        await entered.wait()

    async with AsyncExitStack() as stack:
        small.node.request_queue.enter = wait  # type: ignore[method-assign]  # nothing is answered until the test says so
        busy = [await stack.enter_async_context(small.wire(VERSION)) for _ in range(CONNECTION_LIMIT)]
        await until(
            lambda: len(small.node.http_connections) == CONNECTION_LIMIT and not small.node.pending,
            "all are being answered",
        )
        beyond = await stack.enter_async_context(small.wire(VERSION))
        status, headers, problem = await beyond.reply()
        assert (status, headers["retry-after"], headers["connection"]) == (503, "2", "close")
        assert problem["type"].endswith("unavailable")
        assert (await (await stack.enter_async_context(small.wire(upgrade()))).head())[0] == 101
        entered.set()
        assert [(await wire.reply())[0] for wire in busy] == [200] * CONNECTION_LIMIT


async def test_long_polls_take_no_slots_of_other_requests(small: Serving) -> None:
    small.node.capacity = 2 * CONNECTION_LIMIT
    cursor = small.node.backlog.newest
    async with AsyncExitStack() as stack:
        for _ in range(CONNECTION_LIMIT + 2):
            await stack.enter_async_context(small.wire(request(f"cursor={cursor}&wait=30")))
        await until(lambda: small.node.polls == CONNECTION_LIMIT + 2, "all wait")
        assert not len(small.node.http_connections)
        kept_open = await stack.enter_async_context(small.wire(VERSION))
        for _ in range(2):
            assert (await kept_open.reply())[0] == 200
            await stack.enter_async_context(small.wire(b""))
            kept_open.send(VERSION)
    await until(lambda: not small.node.polls and not len(small.node.http_connections), "all are gone")
    assert not small.node.http_connections._by_address


def test_idle_connections_go_first_then_those_without_a_request() -> None:
    silent = RecordingConnection()
    connections = new_connections(4, {silent: http_connections.REQUEST_SECONDS})
    busy, idle, again = RecordingConnection(), RecordingConnection(), RecordingConnection()
    for connection in (busy, idle, again):
        connections.add(connection, "")
        connections.mark_idle(connection)
    connections.add(silent, "")
    connections.mark_busy(busy)
    connections.mark_busy(again)
    now = http_connections.YOUNG_SECONDS
    connections.make_room("", now)
    assert [idle.ended, silent.ended, len(connections)] == ["shutdown", "", 3]
    connections.limit = 3
    connections.make_room("", now)
    assert [silent.ended, busy.ended] == ["expired", ""]
    connections.limit = 1
    connections.make_room("", now)
    assert [busy.ended, again.ended, connections.is_over_limit] == ["", "", True]
    connections.mark_unread(again, now)
    connections.make_room("", now + 1)
    assert again.ended == ""
    connections.make_room("", now + http_connections.SLOW_SECONDS)
    assert again.ended == "abort"


def test_new_or_active_connections_are_not_closed_for_others() -> None:
    young, spoken = RecordingConnection(), RecordingConnection()
    waiting = {spoken: http_connections.REQUEST_SECONDS, young: http_connections.REQUEST_SECONDS + 1}
    connections = new_connections(2, waiting)
    for connection in waiting:
        connections.add(connection, "")
    spoken.has_input = True
    assert connections.acceptable(48, 1.1) == 0
    connections.make_room("", 1.1)
    assert [young.ended, spoken.ended] == ["", ""]
    assert connections.acceptable(48, 1.0 + http_connections.YOUNG_SECONDS) == 1


def test_as_many_are_accepted_as_may_be_closed_in_one_iteration() -> None:
    connections = new_connections(64)
    assert connections.acceptable(48, 0.0) == 16
    for _ in range(60):
        connections.add(RecordingConnection(), "")
    assert connections.acceptable(48, 0.0) == 4
    for _ in range(5):
        connections.add(RecordingConnection(), "")
    # All connections are being answered: a new client joins or is refused.
    assert connections.is_over_limit and connections.acceptable(48, 0.0) == 16


def test_clients_with_unread_answers_are_closed_late_or_when_there_are_many() -> None:
    connections = new_connections(4)
    first, second, third = RecordingConnection(), RecordingConnection(), RecordingConnection()
    for now, connection in enumerate((first, second, third)):
        connections.add(connection, "")
        connections.mark_unread(connection, float(now))
    assert [first.ended, second.ended] == ["abort", ""]
    connections.mark_read(second)
    connections.close_unread(100.0)
    assert [second.ended, third.ended] == ["", "abort"]
