"""The read budget of HTTP and its request queue: a few milliseconds in each iteration, and none while news is read."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tests.support.serving import Start, request
from tests.support.waiting import until_async as until
from ticker.net.http_fallback import HttpProtocol
from ticker.net.sockets import RESET
from ticker.node.metrics import NodeMetrics
from ticker.shared.http.read_budget import READ_SECONDS, ReadBudget
from ticker.shared.http.request_queue import RequestQueue
from ticker.workers.shared_state import SharedState

PREFLIGHT = request(method="OPTIONS", Origin="https://a.example", Access_Control_Request_Method="GET")
CHUNKED = request("", "/v1/items", Transfer_Encoding="chunked")


class Loop:
    """A clock that advances with each read, and calls that wait for the next iteration."""

    def __init__(self, piece_bytes: int | None = None) -> None:
        self.now = 0.0
        self.calls: list[Callable[[], None]] = []
        self.is_paused = False
        self.read_budget = ReadBudget(
            lambda: self.now,
            lambda: self.is_paused,
            self.calls.append,
            lambda _seconds, call: self.calls.append(call),
            piece_bytes,
        )

    def iterate(self) -> None:
        """One iteration of the loop."""
        calls, self.calls[:] = list(self.calls), []
        for call in calls:
            call()


class Flow:
    """Whether a connection is read from, as uvicorn's class of the name."""

    reads = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


class Transport:
    """One that is closed, or not."""

    closing = False

    def is_closing(self) -> bool:
        return self.closing


class Connection:
    """A connection that takes `seconds` to read what came at once."""

    def __init__(self, loop: Loop, seconds: float = READ_SECONDS / 2) -> None:
        self._loop, self._seconds = loop, seconds
        # Any: what stands in for uvicorn's and the loop's classes.
        self.flow: Any = Flow()
        self.transport: Any = Transport()
        self.result = b""

    def read(self, data: bytes) -> None:
        self._loop.now += self._seconds
        self.result += data


def test_an_iteration_reads_for_a_few_milliseconds_and_the_rest_waits_unread() -> None:
    loop = Loop()
    connections = [Connection(loop) for _ in range(7)]
    for connection in connections:
        loop.read_budget.feed(connection, b"a")
    for finished in (2, 4, 6, 7):
        assert [connection.result for connection in connections] == [b"a"] * finished + [b""] * (7 - finished)
        assert [connection.flow.reads for connection in connections] == [True] * finished + [False] * (7 - finished)
        loop.iterate()
    loop.iterate()
    assert not loop.calls


def test_bytes_that_arrive_later_are_read_later() -> None:
    loop = Loop()
    connections = [Connection(loop) for _ in range(4)]
    for connection in connections:
        loop.read_budget.feed(connection, b"a")
    # One that has been read in this iteration does not go before those that wait.
    for connection in (connections[0], connections[3]):
        loop.read_budget.feed(connection, b"b")
    assert [connection.result for connection in connections] == [b"a", b"a", b"", b""]
    loop.iterate()
    assert [connection.result for connection in connections] == [b"a", b"a", b"a", b"ab"]
    loop.iterate()
    assert connections[0].result == b"ab"


def test_the_rest_after_a_piece_waits_behind_the_bytes_of_others() -> None:
    loop = Loop(piece_bytes=4)
    long, short, late = Connection(loop, READ_SECONDS), Connection(loop, READ_SECONDS), Connection(loop, READ_SECONDS)
    loop.read_budget.feed(long, b"abcdefghi")
    assert long.result == b"abcd" and not long.flow.reads and long in loop.read_budget
    loop.read_budget.feed(short, b"123")
    loop.iterate()
    assert long.result == b"abcdefgh" and short.result == b"" and not long.flow.reads
    loop.read_budget.feed(late, b"456")
    for result in ((b"abcdefgh", b"123", b""), (b"abcdefghi", b"123", b""), (b"abcdefghi", b"123", b"456")):
        loop.iterate()
        assert (long.result, short.result, late.result) == result
    assert long.result == b"abcdefghi" and long.flow.reads and long not in loop.read_budget


@pytest.mark.anyio
async def test_a_pass_ends_after_one_piece_of_every_waiting_connection() -> None:
    loop = Loop(piece_bytes=4)
    await loop.read_budget.wait_for_pass()
    first, second = Connection(loop, READ_SECONDS), Connection(loop, READ_SECONDS)
    loop.read_budget.feed(first, b"a")
    loop.read_budget.feed(second, b"abcdefgh")
    behind = asyncio.ensure_future(loop.read_budget.wait_for_pass())
    await asyncio.sleep(0)
    loop.iterate()
    assert second.result == b"abcd"
    await asyncio.sleep(0)
    assert not behind.done()
    loop.iterate()
    await asyncio.wait_for(behind, 5)
    assert second.result == b"abcdefgh"


def test_no_bytes_are_read_while_the_stream_reader_is_busy() -> None:
    loop = Loop()
    loop.is_paused = True
    connection = Connection(loop)
    loop.read_budget.feed(connection, b"a")
    loop.iterate()
    assert connection.result == b"" and connection in loop.read_budget
    loop.is_paused = False
    loop.iterate()
    assert connection.result == b"a" and connection not in loop.read_budget and connection.flow.reads


def test_waiting_bytes_are_read_before_an_end_and_dropped_for_a_lost_connection() -> None:
    loop = Loop()
    loop.is_paused = True
    lost, closing, completed = Connection(loop), Connection(loop), Connection(loop)
    for connection in (lost, closing, completed):
        loop.read_budget.feed(connection, b"a")
    loop.read_budget.discard(lost)
    closing.transport.closing = True
    loop.read_budget.flush(completed)
    assert completed.result == b"a"
    loop.is_paused = False
    for _ in range(3):
        loop.iterate()
    assert lost.result == closing.result == b"" and completed.result == b"a"


@pytest.mark.anyio
async def test_no_request_leaves_the_queue_while_the_stream_reader_is_busy() -> None:
    calls: list[Callable[[], None]] = []
    is_paused = True
    request_queue = RequestQueue(2, calls.append, lambda _seconds, call: calls.append(call), lambda: is_paused)
    tasks = [asyncio.ensure_future(request_queue.enter()) for _ in range(3)]
    for _ in range(3):
        await asyncio.sleep(0)
        [call] = calls
        calls.clear()
        call()
    assert not any(task.done() for task in tasks)
    is_paused = False
    for finished in (2, 3):
        [call] = calls
        calls.clear()
        call()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [task.done() for task in tasks] == [True] * finished + [False] * (3 - finished)


@pytest.mark.anyio
@pytest.mark.parametrize("data", [PREFLIGHT, request("", "/metrics")], ids=["preflight", "page"])
async def test_preflights_wait_in_the_request_queue_like_every_request(
    start: Start, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await start()
    turn = asyncio.Event()
    waiting: list[None] = []

    async def enter(_queue: RequestQueue, _is_disconnected: Callable[[], bool]) -> None:
        waiting.append(None)
        await turn.wait()

    monkeypatch.setattr(RequestQueue, "enter", enter)
    async with node.wire(data) as wire:
        await until(lambda: waiting, "the request in the request queue")
        turn.set()
        assert (await wire.head())[0] in (200, 204)


@pytest.mark.anyio
async def test_a_request_whose_client_left_while_it_waited_is_not_answered(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await start()
    turn = asyncio.Event()
    waiting: list[None] = []
    rendered: list[None] = []
    render = NodeMetrics.render

    async def enter(_queue: RequestQueue, _is_disconnected: Callable[[], bool]) -> None:
        waiting.append(None)
        await turn.wait()

    def counted(metrics: NodeMetrics, shared: SharedState | None = None) -> bytes:
        rendered.append(None)
        return render(metrics, shared)

    monkeypatch.setattr(NodeMetrics, "render", counted)
    monkeypatch.setattr(RequestQueue, "enter", enter)
    async with node.wire(request("", "/metrics")) as wire:
        await until(lambda: waiting, "the request in the request queue")
        # A reset: one that ends its side may still read.
        sock = wire.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    await until(lambda: not len(node.node.http_connections), "the end of its connection")
    turn.set()
    assert (await node.get("/metrics")).status_code == 200
    assert len(rendered) == 1


@pytest.mark.anyio
async def test_a_body_is_dropped_as_it_comes(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    node = await start()
    turn = asyncio.Event()
    cycles: list[RequestResponseCycle] = []

    async def enter(_queue: RequestQueue, _is_disconnected: Callable[[], bool]) -> None:
        await turn.wait()

    def noted(door: HttpProtocol, cycle: RequestResponseCycle, app: Any) -> None:  # Any: uvicorn's own signature
        cycles.append(cycle)
        HttpToolsProtocol._start_asgi_task(door, cycle, app)

    monkeypatch.setattr(RequestQueue, "enter", enter)
    monkeypatch.setattr(HttpProtocol, "_start_asgi_task", noted)
    chunks = b"1\r\na\r\n" * 2_000
    async with node.wire(CHUNKED + chunks + b"0\r\n\r\n" + request("", "/version")) as wire:
        await until(lambda: cycles and not cycles[0].more_body, "the end of the body")
        assert cycles[0].body == b""
        turn.set()
        for _ in range(2):
            status, headers = await wire.head()
            await wire.reader.readexactly(int(headers["content-length"]))
            assert status == 200
