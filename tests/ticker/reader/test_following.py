"""The reader follows a real stream into a node: in order, once, whatever lies between the entries."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
import pytest

from tests.support.items import item
from tests.support.waiting import until_async as until
from tests.ticker.reader.conftest import Client, CountingNode, Desk, following
from ticker.contract.entry import Keyring, seal
from ticker.contract.item import Item, encode_item
from ticker.core.filter import Filter
from ticker.reader.reader import Reader
from ticker.stream.redis_stream import Record, Stream

pytestmark = pytest.mark.anyio


async def test_a_node_that_starts_has_all_entries_of_the_stream(redis_url: str, desk: Desk) -> None:
    published = await desk.publish(5)
    async with following(redis_url, desk) as node:
        assert [element.item for element in reversed(node.backlog.current(Filter(), 10, 0)[0])] == published
        assert node.rebuilds == 1 and not node.stale


async def test_published_items_arrive_in_order_and_once(desk: Desk, node: CountingNode) -> None:
    client = Client(node)
    published = await desk.publish(20)
    await until(lambda: len(client.live()) >= 20)
    assert client.live() == [element.uri for element in published]
    assert client.kinds() == ["snapshot", *["item"] * 20] and node.rebuilds == 1


async def test_items_that_were_published_together_are_one_write_per_client(desk: Desk, node: CountingNode) -> None:
    client = Client(node)
    await desk.publish()
    await until(lambda: len(client.live()) == 1)
    writes, epoch = client.writes, await desk.raw.hget(desk.keys.meta, "epoch")
    # One packet, so that one turn of the server takes all of it.
    script = desk.raw.pipeline(transaction=False)
    for seq in range(2, 10):
        body = seal(encode_item(item(uri=f"urn:flashwire:{seq:026d}")), desk.keyring)
        script.xadd(desk.keys.items, {"epoch": epoch, "seq": seq, "body": body})
    await script.execute()
    await until(lambda: len(client.live()) == 9)
    assert client.writes == writes + 1


@pytest.mark.deep
async def test_a_burst_of_two_thousand_arrives_in_order(desk: Desk, node: CountingNode) -> None:
    client = Client(node)
    items = [item(uri=f"urn:flashwire:{number:026d}") for number in range(2000)]
    for start in range(0, 2000, 50):
        part = items[start : start + 50]
        await asyncio.gather(*(desk.store.publish(element, element.uri, "f") for element in part))
    records = await desk.raw.xrange(desk.keys.items)
    await until(lambda: len(client.live()) >= 2000)
    places = [element["cursor"].split(".")[1] for element in client.heard_of if element["type"] == "item"]
    assert places == [fields[b"seq"].decode() for _, fields in records] and len(places) == 2000
    assert sorted(client.live()) == [element.uri for element in items] and node.rebuilds == 1


@pytest.mark.deep
async def test_poison_is_skipped_and_counted_by_reason_and_other_entries_arrive(desk: Desk, node: CountingNode) -> None:
    client = Client(node)
    await desk.publish()
    signed = seal(encode_item(item()), desk.keyring)
    stranger = seal(encode_item(item()), Keyring("k1", {"k1": b"x" * 32}, desk.keys.brand))
    bodies = {
        "oversize": b"x" * 1_000_000,
        "malformed": b"\xff\xfe nonsense",
        "schema": b"fw9" + signed[3:],
        "key": signed.replace(b".k1.", b".k9.", 1),
        "signature": stranger,
    }
    for body in bodies.values():
        await desk.raw.xadd(desk.keys.items, {"epoch": "e", "seq": "2", "body": body})
    await desk.raw.xadd(desk.keys.items, {"epoch": "e", "seq": "2", "body": seal(b'{"uri":"\xff"}', desk.keyring)})
    await desk.raw.xadd(desk.keys.items, {"headline": "no body"})
    await desk.publish()
    await until(lambda: len(client.live()) >= 2)
    assert node.poisoned() == {"oversize": 1, "malformed": 2, "schema": 2, "key": 1, "signature": 1}
    assert client.kinds() == ["snapshot", "item", "item"] and node.rebuilds == 1


async def test_a_hole_is_reported_to_all_clients(desk: Desk, node: CountingNode) -> None:
    client = Client(node)
    first = await desk.publish()
    await until(lambda: len(client.live()) == 1)
    await desk.raw.hincrby(desk.keys.meta, "seq", 1)
    third = await desk.publish()
    await until(lambda: len(client.snapshots()) == 2)
    assert client.snapshots()[1] == (False, [third[0].uri, first[0].uri])
    await desk.publish()
    await until(lambda: len(client.live()) == 2)
    assert client.kinds() == ["snapshot", "item", "snapshot", "item"]


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records each reading of the whole stream found."""
    counts: list[int] = []
    read_all = Stream.records

    async def counted(self: Stream) -> list[Record]:
        records = await read_all(self)
        counts.append(len(records))
        return records

    monkeypatch.setattr(Stream, "records", counted)
    return counts


async def after_a_hole(desk: Desk, node: CountingNode) -> list[Item]:
    """A number is given whose entry is nowhere, and then another one."""
    await desk.raw.hincrby(desk.keys.meta, "seq", 1)
    rebuilds = node.rebuilds
    lines = await desk.publish()
    await until(lambda: node.rebuilds > rebuilds and node.backlog.item(lines[0].uri) is not None)
    return lines


@pytest.mark.deep
async def test_after_a_hole_only_later_records_are_read(redis_url: str, desk: Desk, readings: list[int]) -> None:
    published = await desk.publish(3)
    async with following(redis_url, desk) as node:
        assert readings == [3]
        client = Client(node)
        # The second time the place is one that no entry has.
        for _ in range(2):
            published += await after_a_hole(desk, node)
        await desk.raw.hincrby(desk.keys.meta, "seq", 1)
        await until(lambda: node.position()[1] == 8)
        published += await after_a_hole(desk, node)
        assert node.rebuilds == 5 and readings == [3]
        current, _ = node.backlog.current(Filter(), 10, time.time())
        assert {listed.item.uri for listed in current} == {item.uri for item in published}
        await until(lambda: client.kinds().count("snapshot") == 5)
        assert [complete for complete, _ in client.snapshots()] == [True, False, False, False, False]


@pytest.mark.deep
async def test_a_withdrawal_in_a_hole_is_found_in_its_ledger(redis_url: str, desk: Desk, readings: list[int]) -> None:
    first, second = await desk.publish(2)
    async with following(redis_url, desk) as node:
        client = Client(node)
        withdrawn = msgspec.structs.replace(first, version=2, act="withdraw", pub_status="canceled")
        await desk.raw.rpush(desk.keys.ledger(first.uri), seal(encode_item(withdrawn), desk.keyring))
        (third,) = await after_a_hole(desk, node)
        await until(lambda: len(client.snapshots()) == 2)
        assert client.snapshots()[-1] == (False, [third.uri, second.uri]) and readings == [2]
        # The next hole, too, finds it as it is.
        (fourth,) = await after_a_hole(desk, node)
        assert [element.item for element in node.backlog.current(Filter(), 10, 0)[0]] == [fourth, third, second]
        assert readings == [2] and not node.backlog.hidden


async def nothing(_desk: Desk) -> None: ...


async def garbage(desk: Desk) -> None:
    await desk.raw.xadd(desk.keys.items, {"body": "garbage"})


async def a_version_that_nobody_can_read(desk: Desk) -> None:
    await desk.raw.rpush(desk.keys.ledger(f"urn:flashwire:{1:026d}"), "garbage")


async def the_last_entry_gone(desk: Desk) -> None:
    await desk.raw.xdel(desk.keys.items, (await desk.raw.xrevrange(desk.keys.items, count=1))[0][0])


async def another_epoch(desk: Desk) -> None:
    await desk.raw.hset(desk.keys.meta, "epoch", "0123abcd")


# Garbage stays in the stream. The ledger reports an unreadable version at the first reading after the hole.
@pytest.mark.deep
@pytest.mark.parametrize(
    ("harm", "minimum"),
    [
        (nothing, 1),
        (garbage, 3),
        (a_version_that_nobody_can_read, 2),
        (the_last_entry_gone, 2),
        (another_epoch, 2),
    ],
)
async def test_everything_is_read_again_if_known_entries_may_be_invalid(
    redis_url: str, desk: Desk, readings: list[int], harm: Callable[[Desk], Awaitable[None]], minimum: int
) -> None:
    await desk.publish(3)
    async with following(redis_url, desk) as node:
        await harm(desk)
        for _ in range(2):
            await after_a_hole(desk, node)
        assert len(readings) >= minimum and (harm is not nothing or readings == [3])
        assert (f"urn:flashwire:{1:026d}" in node.backlog.hidden) is (harm is a_version_that_nobody_can_read)


async def test_an_entry_with_a_bad_signature_and_a_published_number_is_a_hole(desk: Desk, node: CountingNode) -> None:
    client = Client(node)
    await desk.publish()
    await until(lambda: len(client.live()) == 1)
    epoch = await desk.raw.hget(desk.keys.meta, "epoch")
    await desk.raw.hincrby(desk.keys.meta, "seq", 1)
    await desk.raw.xadd(desk.keys.items, {"epoch": epoch, "seq": "2", "body": b"fw1.k1.bad.{}"})
    await desk.publish()
    await until(lambda: len(client.snapshots()) == 2)
    assert not client.snapshots()[1][0] and len(client.snapshots()[1][1]) == 2


async def test_a_canary_reaches_only_clients_that_ask_for_it(desk: Desk, node: CountingNode) -> None:
    news, birds = Client(node), Client(node, Filter(editions=frozenset({"canary"})))
    await desk.store.publish_canary(item(edition="canary"))
    await until(lambda: len(birds.live()) == 1)
    await desk.publish()
    await until(lambda: len(news.live()) == 1)
    assert birds.kinds() == news.kinds() == ["snapshot", "item"]
    assert len(node.backlog) == 1
    late = Client(node, Filter(editions=frozenset({"canary"})))
    assert late.snapshots() == [(True, [])]


async def test_a_reader_ends_although_a_library_swallows_its_cancellation(
    desk: Desk, node: CountingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    # asyncio.wait_for before Python 3.12 does that to a cancellation that meets a finished write.
    waiting = asyncio.Event()

    async def follow(*_arguments: object, **_options: object) -> tuple[list[Record], list[Record]]:
        waiting.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return [], []

    stream = Stream(desk.raw, desk.keys.brand)
    monkeypatch.setattr(stream, "follow", follow)
    task = asyncio.create_task(Reader(stream, desk.keyring, node).run())
    await waiting.wait()
    task.cancel()
    finished, _ = await asyncio.wait([task], timeout=5)
    assert task in finished and task.cancelled()
