"""Unread answers are bounded on every transport, and a long poll's client that left frees its slot."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from tests.support.serving import Serving, Start, request, upgrade
from tests.support.waiting import until_async as until
from ticker.contract.cursor import Cursor, origin
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.long import PIECE_BYTES
from ticker.net.connection import Connection
from ticker.net.http_fallback import HttpProtocol
from ticker.node.long_read import LongRead
from ticker.node.work_queue import WorkQueue
from ticker.shared.http.request_queue import PER_ITERATION

pytestmark = pytest.mark.anyio
LONG_TEXT = "x" * 480


@pytest.fixture
async def node(start: Start) -> Serving:
    serving = await start(write_limit_bytes=16_384, slow_seconds=60, stream_length=2000, heartbeat_seconds=60)
    for start_at in range(0, 600, 30):
        uris = [f"urn:flashwire:{number:026d}" for number in range(start_at, start_at + 30)]
        await asyncio.gather(*(serving.desk.publish(f"{LONG_TEXT} {uri[-3:]}", uri=uri) for uri in uris))
    await until(lambda: serving.node.backlog.newest.seq == 600, "all entries came")
    return serving


def http_protocols(node: Serving) -> list[HttpProtocol]:
    return [connection for connection in node.server.server_state.connections if isinstance(connection, HttpProtocol)]


async def test_an_unread_long_json_answer_holds_a_few_pieces_and_ends(node: Serving) -> None:
    cursor = f"cursor={origin(node.node.backlog.newest.epoch)}"
    async with AsyncExitStack() as stack:
        requests = [request(f"{cursor}&urgency={number}") for number in range(4, 9)]
        wires = [await stack.enter_async_context(node.wire(connection, receive_buffer=4096)) for connection in requests]
        await until(lambda: node.node.unsent.bytes > 0 and len(http_protocols(node)) == len(wires), "they are answered")
        await asyncio.sleep(0.3)
        assert node.node.unsent.bytes <= 2 * PIECE_BYTES * len(wires)
        assert all(protocol.transport.get_write_buffer_size() < 150_000 for protocol in http_protocols(node))
        # The bug: a client that never read kept its slot, and the node its whole answer, without a limit.
        node.node.settings.slow_seconds = 0.5
        await until(
            lambda: not node.node.unsent.bytes and not http_protocols(node), "those that do not read are ended", 10
        )


async def test_a_long_json_answer_is_complete(node: Serving) -> None:
    answer = await node.get(f"/v1/live?cursor={origin(node.node.backlog.newest.epoch)}")
    assert answer.status_code == 200 and int(answer.headers["content-length"]) == len(answer.content) > 300_000
    assert len(answer.json()["items"]) == 600 and answer.json()["type"] == "replay"
    assert node.node.unsent.bytes == 0


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """In which iteration of the loop each piece of a long message was asked for."""
    requests: list[int] = []
    iteration = 0
    counting = False
    piece = LongRead.next_piece

    def next_iteration() -> None:
        nonlocal iteration, counting
        iteration, counting = iteration + 1, False

    def next_piece(self: LongRead) -> bytes | None:
        nonlocal counting
        if not counting:
            counting = True
            asyncio.get_running_loop().call_soon(next_iteration)
        requests.append(iteration)
        return piece(self)

    monkeypatch.setattr(LongRead, "next_piece", next_piece)
    return requests


async def test_a_fast_reader_of_a_long_json_answer_takes_no_whole_iteration(node: Serving, pieces: list[int]) -> None:
    answer = await node.get(f"/v1/live?cursor={origin(node.node.backlog.newest.epoch)}")
    assert answer.status_code == 200 and len(pieces) > 15
    assert max(Counter(pieces).values()) <= PER_ITERATION


async def test_a_long_json_answer_stops_when_its_client_has_left(node: Serving, pieces: list[int]) -> None:
    requests = request(f"cursor={origin(node.node.backlog.newest.epoch)}")
    async with node.wire(requests, receive_buffer=4096):
        await until(lambda: any(protocol.flow.write_paused for protocol in http_protocols(node)), "it does not read")
        previous = len(pieces)
    await until(lambda: not http_protocols(node) and not node.node.unsent.bytes, "it is gone")
    assert len(pieces) - previous <= 1


async def test_a_long_replay_stops_when_its_connection_breaks(node: Serving, pieces: list[int]) -> None:
    async with node.wire(upgrade(f"cursor={origin(node.node.backlog.newest.epoch)}"), receive_buffer=4096):
        await until(lambda: node.node.lagging and pieces, "it does not read")
        [member] = node.node.lagging
        assert isinstance(member, Connection)
        previous = len(pieces)
        member.transport.abort()
        # There may have been room just before.
        member.resume_writing()
        assert len(pieces) - previous <= 1
    await until(lambda: not len(node.node.hub), "it is gone")


async def test_a_json_answer_is_charged_to_the_budget(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if all requests came in one iteration of the loop, whose budget one answer ends.
    monkeypatch.setattr("ticker.node.work_queue.STEP_SECONDS", 0.000_05)
    monkeypatch.setattr("ticker.node.work_queue.WorkQueue._forget_spent", lambda self: None)
    cursor = f"cursor={origin(node.node.backlog.newest.epoch)}"
    assert (await node.get(f"/v1/live?{cursor}&urgency=5")).status_code == 200
    assert node.node.work_queue.take_deferred() == 0
    # The bug: JSON answers were not charged, and 300 at once kept live news waiting for six seconds.
    assert (await node.get(f"/v1/live?{cursor}&urgency=6")).status_code == 200
    assert node.node.work_queue.take_deferred() == 1


async def test_a_long_poll_whose_client_left_frees_its_slot(node: Serving) -> None:
    cursor = node.node.backlog.newest
    async with node.wire(request(f"cursor={cursor}&wait=30")):
        await until(lambda: node.node.polls == 1, "it waits")
    await until(lambda: node.node.polls == 0, "its slot is free", 5)


@pytest.mark.epoll("a loop's transport does not tell, while reading is paused, that its client has left")
async def test_a_pending_join_counts_and_ends_with_its_client(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticker.node.node.Node.may_answer", lambda self, subscription: False)
    async with node.joined("edition=en") as wire:
        assert (await wire.message())["type"] == "snapshot"
        assert node.node.entering == 0 and len(node.node.work_queue) == 0
    monkeypatch.setattr("ticker.node.work_queue.WorkQueue._begin", lambda self: None)
    async with node.wire(upgrade("edition=en")):
        await until(lambda: node.node.entering == 1, "it waits to join")
        node.node.capacity = 1
        assert (await node.get("/v1/live")).status_code == 503


# Not JSON: a half-closed client still reads its answer.
@pytest.mark.epoll("a loop's transport does not tell, while reading is paused, that its client has left")
@pytest.mark.parametrize("kind", ["websocket", "sse"])
async def test_queued_work_is_dropped_when_its_client_has_left(
    node: Serving, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    positions: list[Cursor] = []
    steps: list[Callable[[], None]] = []
    replay = Backlog.replay_json

    def record_and_replay(self: Backlog, filter_: Filter, position: Cursor) -> list[bytes]:
        positions.append(position)
        return replay(self, filter_, position)

    monkeypatch.setattr(Backlog, "replay_json", record_and_replay)
    monkeypatch.setattr(WorkQueue, "exhausted", property(lambda self: True))
    monkeypatch.setattr("ticker.node.node.Node.may_answer", lambda self, subscription: False)
    monkeypatch.setattr(WorkQueue, "_begin", lambda self: steps.append(self._step))
    query = f"cursor={origin(node.node.backlog.newest.epoch)}"
    events = {"Accept": "text/event-stream"} if kind == "sse" else {}
    async with node.wire(upgrade(query) if kind == "websocket" else request(query, **events)) as wire:
        await until(lambda: len(node.node.work_queue) == 1, "it waits")
        # Like a closed browser page: an EOF without a reset.
        wire.writer.close()
        await asyncio.sleep(0.1)
    for step in steps:
        step()
    await until(lambda: not len(node.node.work_queue) and not node.node.entering, "it does not wait any more")
    # The bug: the replay was built, compressed and discarded.
    assert positions == [] and len(node.node.hub) == 0


@pytest.mark.epoll("asyncio accepts one connection per iteration, so that requests do not come together")
async def test_without_the_budget_work_runs_at_once(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    # The mutant: a queue without a time budget.
    monkeypatch.setattr("ticker.node.work_queue.STEP_SECONDS", float("inf"))
    cursor = origin(node.node.backlog.newest.epoch)
    await asyncio.gather(*(node.get(f"/v1/live?cursor={cursor}&urgency={number}") for number in range(3, 9)))
    assert node.node.work_queue.take_deferred() == 0
