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
    """A clock that advances with each read, and the callbacks of the next iteration."""

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
    """Stands in for uvicorn's `FlowControl`: whether reading is paused."""

    reads = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


class Transport:
    """A transport that is closing or not."""

    closing = False

    def is_closing(self) -> bool:
        return self.closing


class Connection:
    """A connection that takes `seconds` to read the bytes of one packet."""

    def __init__(self, loop: Loop, seconds: float = READ_SECONDS / 2) -> None:
        self._loop, self._seconds = loop, seconds
        # Any: stands in for classes of uvicorn and the loop.
        self.flow: Any = Flow()
        self.transport: Any = Transport()
        self.received = b""

    def read(self, data: bytes) -> None:
        self._loop.now += self._seconds
        self.received += data


def test_an_iteration_reads_for_a_few_milliseconds_and_the_rest_waits_unread() -> None:
    loop = Loop()
    connections = [Connection(loop) for _ in range(7)]
    for connection in connections:
        loop.read_budget.feed(connection, b"a")
    for finished in (2, 4, 6, 7):
        assert [connection.received for connection in connections] == [b"a"] * finished + [b""] * (7 - finished)
        assert [connection.flow.reads for connection in connections] == [True] * finished + [False] * (7 - finished)
        loop.iterate()
    loop.iterate()
    assert not loop.calls


def test_input_that_arrives_later_is_read_later() -> None:
    loop = Loop()
    connections = [Connection(loop) for _ in range(4)]
    for connection in connections:
        loop.read_budget.feed(connection, b"a")
    # A connection that was read in this iteration is not read again before waiting ones.
    for connection in (connections[0], connections[3]):
        loop.read_budget.feed(connection, b"b")
    assert [connection.received for connection in connections] == [b"a", b"a", b"", b""]
    loop.iterate()
    assert [connection.received for connection in connections] == [b"a", b"a", b"a", b"ab"]
    loop.iterate()
    assert connections[0].received == b"ab"


def test_input_longer_than_a_piece_waits_behind_that_of_others() -> None:
    loop = Loop(piece_bytes=4)
    long, short, late = Connection(loop, READ_SECONDS), Connection(loop, READ_SECONDS), Connection(loop, READ_SECONDS)
    loop.read_budget.feed(long, b"abcdefghi")
    assert long.received == b"abcd" and not long.flow.reads and long in loop.read_budget
    loop.read_budget.feed(short, b"123")
    loop.iterate()
    assert long.received == b"abcdefgh" and short.received == b"" and not long.flow.reads
    loop.read_budget.feed(late, b"456")
    for expected in ((b"abcdefgh", b"123", b""), (b"abcdefghi", b"123", b""), (b"abcdefghi", b"123", b"456")):
        loop.iterate()
        assert (long.received, short.received, late.received) == expected
    assert long.received == b"abcdefghi" and long.flow.reads and long not in loop.read_budget


@pytest.mark.anyio
async def test_a_catch_up_waits_for_one_piece_of_all_pending_input() -> None:
    loop = Loop(piece_bytes=4)
    await loop.read_budget.wait_for_pass()
    first, second = Connection(loop, READ_SECONDS), Connection(loop, READ_SECONDS)
    loop.read_budget.feed(first, b"a")
    loop.read_budget.feed(second, b"abcdefgh")
    catch_up = asyncio.ensure_future(loop.read_budget.wait_for_pass())
    await asyncio.sleep(0)
    loop.iterate()
    assert second.received == b"abcd"
    await asyncio.sleep(0)
    assert not catch_up.done()
    loop.iterate()
    await asyncio.wait_for(catch_up, 5)
    assert second.received == b"abcdefgh"


def test_no_input_is_read_while_the_stream_reader_has_work() -> None:
    loop = Loop()
    loop.is_paused = True
    connection = Connection(loop)
    loop.read_budget.feed(connection, b"a")
    loop.iterate()
    assert connection.received == b"" and connection in loop.read_budget
    loop.is_paused = False
    loop.iterate()
    assert connection.received == b"a" and connection not in loop.read_budget and connection.flow.reads


def test_pending_input_is_read_before_an_eof_and_dropped_after_a_loss() -> None:
    loop = Loop()
    loop.is_paused = True
    lost, closing, completed = Connection(loop), Connection(loop), Connection(loop)
    for connection in (lost, closing, completed):
        loop.read_budget.feed(connection, b"a")
    loop.read_budget.discard(lost)
    closing.transport.closing = True
    loop.read_budget.flush(completed)
    assert completed.received == b"a"
    loop.is_paused = False
    for _ in range(3):
        loop.iterate()
    assert lost.received == closing.received == b"" and completed.received == b"a"


@pytest.mark.anyio
async def test_no_request_leaves_the_queue_while_the_stream_reader_has_work() -> None:
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
async def test_preflights_wait_in_the_queue_like_every_request(
    start: Start, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await start()
    may_answer = asyncio.Event()
    waiting: list[None] = []

    async def enter(_queue: RequestQueue, _is_disconnected: Callable[[], bool]) -> None:
        waiting.append(None)
        await may_answer.wait()

    monkeypatch.setattr(RequestQueue, "enter", enter)
    async with node.wire(data) as wire:
        await until(lambda: waiting, "the request in the request queue")
        may_answer.set()
        assert (await wire.head())[0] in (200, 204)


@pytest.mark.anyio
async def test_a_request_whose_client_left_while_it_waited_is_not_answered(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await start()
    may_answer = asyncio.Event()
    waiting: list[None] = []
    rendered: list[None] = []
    render = NodeMetrics.render

    async def enter(_queue: RequestQueue, _is_disconnected: Callable[[], bool]) -> None:
        waiting.append(None)
        await may_answer.wait()

    def count_and_render(metrics: NodeMetrics, shared: SharedState | None = None) -> bytes:
        rendered.append(None)
        return render(metrics, shared)

    monkeypatch.setattr(NodeMetrics, "render", count_and_render)
    monkeypatch.setattr(RequestQueue, "enter", enter)
    async with node.wire(request("", "/metrics")) as wire:
        await until(lambda: waiting, "the request in the request queue")
        # A reset, because a half-closed client may still read.
        sock = wire.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    await until(lambda: not len(node.node.http_connections), "the end of its connection")
    may_answer.set()
    assert (await node.get("/metrics")).status_code == 200
    assert len(rendered) == 1


@pytest.mark.anyio
async def test_a_body_is_dropped_as_it_arrives(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    node = await start()
    may_answer = asyncio.Event()
    cycles: list[RequestResponseCycle] = []

    async def enter(_queue: RequestQueue, _is_disconnected: Callable[[], bool]) -> None:
        await may_answer.wait()

    def record(protocol: HttpProtocol, cycle: RequestResponseCycle, app: Any) -> None:  # Any: uvicorn's own signature
        cycles.append(cycle)
        HttpToolsProtocol._start_asgi_task(protocol, cycle, app)

    monkeypatch.setattr(RequestQueue, "enter", enter)
    monkeypatch.setattr(HttpProtocol, "_start_asgi_task", record)
    chunks = b"1\r\na\r\n" * 2_000
    async with node.wire(CHUNKED + chunks + b"0\r\n\r\n" + request("", "/version")) as wire:
        await until(lambda: cycles and not cycles[0].more_body, "the end of the body")
        assert cycles[0].body == b""
        may_answer.set()
        for _ in range(2):
            status, headers = await wire.head()
            await wire.reader.readexactly(int(headers["content-length"]))
            assert status == 200
