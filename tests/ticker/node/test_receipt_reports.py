"""Receipts end to end on real sockets: what a node reports, and what the desk makes of it."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import redis.asyncio
from structlog.typing import EventDict

from publisher.core.receipts import Audience, Receipt
from publisher.stream.receipts import ReceiptReader
from tests.support.serving import Serving, Start, request, serving, upgrade
from tests.support.waiting import until_async as until
from ticker.node import receipt_reports
from ticker.stream.redis_stream import Keys

pytestmark = pytest.mark.anyio

LONG = "x" * 480
LIMIT_SECONDS = 20


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports follow each other faster than once a second, so that a test takes no seconds."""
    monkeypatch.setattr(receipt_reports, "_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(receipt_reports, "_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(receipt_reports, "_START_SECONDS", 0.0)
    monkeypatch.setattr("publisher.stream.receipts._FRESH_SECONDS", 0.0)


@pytest.fixture
async def node(start: Start) -> Serving:
    return await start(write_limit_bytes=16_384, slow_seconds=60, heartbeat_seconds=60, stream_length=1000)


async def until_reported(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Waits for `condition`, which looks at the reports."""
    for _ in range(LIMIT_SECONDS * 50):
        if await condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"not within {LIMIT_SECONDS} s: {what}")


class Book:
    """The desk's view of the reports of one brand."""

    def __init__(self, node: Serving) -> None:
        store = node.desk.store
        self._reader = ReceiptReader(store.calls, store.keys)

    async def audience(self) -> Audience:
        await self._reader.refresh()
        return self._reader.book.audience(["en", "ar"])

    def skip(self, seconds: float) -> None:
        """Looks at the reports as the desk does `seconds` later."""
        self._reader.book.now += seconds

    async def receipt(self, uri: str, version: int = 1) -> Receipt | None:
        await self._reader.refresh()
        return next((made for made in self._reader.book.receipts(uri) if made.version == version), None)


async def test_a_version_is_written_to_every_connection_and_the_desk_knows_how_fast(node: Serving) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(node.joined())
        for query in ("edition=ar", "edition=ar"):
            await stack.enter_async_context(node.joined(query))
        line = await node.publish()
        book = Book(node)

        async def is_reported() -> bool:
            receipt = await book.receipt(line.uri)
            return receipt is not None and receipt.written == 5

        await until_reported(is_reported, "all five are reported, and no reader of another edition")
        receipt = await book.receipt(line.uri)
        assert receipt is not None and receipt.nodes == 1 and receipt.silent == 0
        assert receipt.p50 is not None and receipt.last is not None and receipt.p50 <= receipt.p99 < 5  # type: ignore[operator]  # not None together
        assert receipt.outstanding is None
        change = await node.act(line, "withdraw")

        async def is_recalled() -> bool:
            receipt = await book.receipt(change.uri, 2)
            return receipt is not None and (receipt.written, receipt.outstanding, receipt.left) == (5, 0, 0)

        await until_reported(is_recalled, "the withdrawal has reached all")


async def test_the_recall_falls_to_zero_when_a_slow_client_reads_or_leaves(node: Serving) -> None:
    book = Book(node)

    async def numbers(uri: str) -> tuple[int | None, int | None, int | None]:
        receipt = await book.receipt(uri, 2)
        return (receipt.written, receipt.outstanding, receipt.left) if receipt else (None, None, None)

    async with node.joined() as _fast, AsyncExitStack() as slow:
        wires = []
        for _ in range(2):
            wire = await slow.enter_async_context(node.wire(upgrade(), receive_buffer=4096))
            wire.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport of both directions
            wires.append(wire)
        await until(lambda: len(node.node.hub) == 3, "all have joined")
        line = await node.publish()
        for number in range(150):
            await node.desk.publish(f"{number} {LONG}")
        await until(lambda: len(node.node.lagging) == 2, "two lag")
        await node.act(line, "withdraw")

        async def shows(expected: tuple[int, int, int]) -> bool:
            return await numbers(line.uri) == expected

        await until_reported(lambda: shows((1, 2, 0)), "two are outstanding")
        vars(wires[0].reader)["_limit"] = 2**22
        wires[0].writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
        await until_reported(lambda: shows((2, 1, 0)), "one has caught up")
        wires[1].writer.transport.abort()
        await until_reported(lambda: shows((2, 0, 1)), "one has left")


async def count_items(read: Callable[[], Awaitable[Any]], counts: Counter[tuple[str, int]]) -> None:
    """Counts the versions that a reader gets, until it is cancelled."""
    while True:
        message = await read()
        message = message.get("data", message)
        if message["type"] == "item":
            counts[message["item"]["uri"], message["item"]["version"]] += 1


@pytest.mark.parametrize("transport", ["auto", "asyncio"])
async def test_receipts_of_three_nodes_are_what_their_sockets_got(start: Start, transport: str) -> None:
    settings = {"write_limit_bytes": 16_384, "slow_seconds": 60, "heartbeat_seconds": 60, "stream_length": 1000}
    nodes = [await start(transport=transport, **settings) for _ in range(3)]
    book, counts = Book(nodes[0]), Counter[tuple[str, int]]()
    async with AsyncExitStack() as stack:
        tasks: list[asyncio.Task[None]] = []
        stack.callback(lambda: [task.cancel() for task in tasks])
        for node in nodes:
            for query in ("edition=en", "", "edition=ar", "edition=en&urgency=2"):
                wire = await stack.enter_async_context(node.joined(query))
                tasks.append(asyncio.create_task(count_items(wire.message, counts)))
            wire = await stack.enter_async_context(
                node.wire(request("edition=en&section=world", Accept="text/event-stream"))
            )
            await wire.head()
            tasks.append(asyncio.create_task(count_items(wire.event, counts)))
        cursor = (await nodes[0].get("/v1/live?edition=en")).json()["cursor"]
        poll = asyncio.create_task(nodes[0].get(f"/v1/live?edition=en&wait=20&cursor={cursor}"))
        slow = await stack.enter_async_context(nodes[2].wire(upgrade("edition=en"), receive_buffer=4096))
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport of both directions
        await until(lambda: [len(node.node.hub) for node in nodes] == [5, 5, 6], "all have joined")
        await until(lambda: nodes[0].node.polls == 1, "the long poll waits")
        line = await nodes[0].publish(sections=("world",))
        assert [item["uri"] for item in (await poll).json()["items"]] == [line.uri]
        flash = await nodes[0].publish(urgency=1)

        async def agrees(uri: str, version: int, sockets: int, unread: int = 0, **expected: int) -> bool:
            receipt = await book.receipt(uri, version)
            reported = receipt and {name: getattr(receipt, name) for name in expected}
            is_written = receipt is not None and receipt.written == sockets + unread and receipt.nodes == 3
            return is_written and counts[uri, version] == sockets and reported == expected

        # The slow reader's kernel takes these: they are written to it, and it has not read them.
        await until_reported(lambda: agrees(line.uri, 1, 9, 1), "a routine line, and no long poll")
        await until_reported(lambda: agrees(flash.uri, 1, 12, 1), "a flash, also to those who want no other")
        for number in range(150):
            await nodes[0].desk.publish(f"{number} {LONG}", edition="en")
        await until(lambda: len(nodes[2].node.lagging) == 1, "one reader lags")
        change = await nodes[1].desk.act(line, "correction")
        await until_reported(lambda: agrees(line.uri, 2, 9, outstanding=1, left=0), "one has not got the correction")
        await nodes[1].desk.act(change, "withdraw")
        await until_reported(lambda: agrees(line.uri, 3, 9, outstanding=1, left=0), "nor the withdrawal")
        slow.writer.transport.abort()
        for version in (2, 3):
            await until_reported(lambda: agrees(line.uri, version, 9, outstanding=0, left=1), "it has left")  # noqa: B023  # awaited at once
        assert not any(task.done() for task in tasks)


async def test_the_desk_knows_the_connections_of_each_edition_until_their_nodes_stop(
    start: Start, node: Serving, redis_url: str, brand: str
) -> None:
    book = Book(node)

    async def shows(*expected: object) -> bool:
        return await book.audience() == Audience(*expected)  # type: ignore[arg-type]  # its fields in their order

    await until_reported(lambda: shows(1, 0, 0, {"en": 0, "ar": 0}), "a node without connections reports them")
    async with AsyncExitStack() as stack:
        stopping = await stack.enter_async_context(serving(redis_url, brand))
        for place in (node, stopping):
            for query in ("edition=en", "edition=en&urgency=3", "edition=en&edition=ar", "", "edition=canary"):
                await stack.enter_async_context(place.joined(query))
            events = request("edition=ar", Accept="text/event-stream")
            await stack.enter_async_context(place.wire(events))
        await until_reported(lambda: shows(2, 0, 12, {"en": 8, "ar": 6}), "both nodes report")
        stopping.server.should_exit = True
        await until_reported(lambda: shows(1, 0, 6, {"en": 4, "ar": 3}), "the stopped node has said so")
        line = await node.publish()
        await until_reported(lambda: shows(1, 0, 6, {"en": 4, "ar": 3}), "and is not missed")
        book.skip(3.0)

        async def is_received() -> bool:
            receipt = await book.receipt(line.uri)
            return receipt is not None and (receipt.nodes, receipt.silent) == (1, 0)

        await until_reported(is_received, "the node that goes on reports the line, and no other is missed")


@pytest.fixture
async def mute_url(redis_url: str, brand: str) -> AsyncIterator[str]:
    """The address of a user who may read the stream and write nothing."""
    raw: Any  # redis-py's types cover text and bytes
    async with redis.asyncio.Redis.from_url(redis_url) as raw:
        name = f"mute{secrets.token_hex(4)}"
        rights = ["+@read", "+xread", "+ping", "+info", "+role", "+select", "+time", "+hello", "+client"]
        await raw.execute_command("ACL", "SETUSER", name, "on", "nopass", f"~flashwire:{{{brand}}}:*", "-@all", *rights)
        yield redis_url.replace("unix://", f"unix://{name}:x@")
        await raw.execute_command("ACL", "DELUSER", name)


async def test_a_node_that_may_not_report_serves_and_says_nothing(
    start: Start, mute_url: str, redis_url: str, brand: str, log_lines: list[EventDict]
) -> None:
    node = await start(stream_url=mute_url)
    async with node.joined() as wire:
        await wire.message()
        line = await node.publish()
        assert (await wire.message())["item"]["uri"] == line.uri
    await until(
        lambda: any(log_line["event"] == "receipts not reported" for log_line in log_lines), "the node says it once"
    )
    assert await Book(node).receipt(line.uri) is None
    async with redis.asyncio.Redis.from_url(redis_url, legacy_responses=False) as raw:
        assert await raw.exists(Keys(brand).receipts) == 0
    events = [log_line["event"] for log_line in log_lines]
    assert events.count("receipts not reported") == 1 and not node.node.stale


def test_the_reports_have_one_key(brand: str) -> None:
    keys: Any = Keys(brand)
    others = {keys.items, keys.canary, keys.meta, keys.newest, keys.ledger("receipts"), keys.answer("receipts")}
    assert keys.receipts not in others
