"""A stream that is wiped, restored, frozen or killed: the reader detects it, reports it, and follows it again."""

import signal

import pytest

from tests.support.items import item
from tests.support.waiting import until_async as until
from tests.ticker.reader.conftest import Client, CountingNode, Desk, Server, following
from ticker.contract.entry import seal
from ticker.contract.item import encode_item
from ticker.reader.reader import BLOCK_SECONDS

pytestmark = pytest.mark.anyio

# A turn that was under way, a quiet one, and the question after it.
QUIET = 2 * BLOCK_SECONDS + 0.5


async def publish_and_check(client: Client, node: CountingNode, desk: Desk, count: int) -> list[str]:
    """Publishes, and waits until the client has it."""
    whole = len(client.live()) + count
    published = await desk.publish(count)
    await until(lambda: len(client.live()) == whole)
    return [message.uri for message in published]


async def after_quiet_turns(node: CountingNode) -> None:
    """Waits until the reader has asked again where the stream stands, twice."""
    turns = node.turns
    await until(lambda: node.turns >= turns + 3)


async def test_a_wiped_stream_is_detected_within_a_quiet_step_and_followed_again(
    server: Server, own_desk: Desk
) -> None:
    async with following(server.url, own_desk) as node:
        client = Client(node)
        await publish_and_check(client, node, own_desk, 3)
        await own_desk.raw.flushall()
        await until(lambda: len(client.snapshots()) == 2, seconds=QUIET)
        assert client.snapshots()[1] == (False, [])
        await publish_and_check(client, node, own_desk, 2)
        assert client.kinds()[-3:] == ["snapshot", "item", "item"] and node.rebuilds == 2


@pytest.mark.deep
async def test_a_deleted_stream_is_detected_and_its_numbers_continue(desk: Desk, node: CountingNode) -> None:
    client = Client(node)
    await publish_and_check(client, node, desk, 3)
    await desk.raw.delete(desk.keys.items)
    await until(lambda: len(client.snapshots()) == 2, seconds=QUIET)
    assert client.snapshots()[1] == (False, [])
    await publish_and_check(client, node, desk, 1)
    await after_quiet_turns(node)
    assert len(client.snapshots()) == 2 and node.rebuilds == 2


@pytest.mark.deep
async def test_a_stream_that_lost_its_counter_is_read_again_once(desk: Desk, node: CountingNode) -> None:
    client = Client(node)
    await publish_and_check(client, node, desk, 3)
    await desk.raw.delete(desk.keys.meta)
    await until(lambda: node.rebuilds == 2, seconds=QUIET)
    await after_quiet_turns(node)
    assert node.rebuilds == 2 and len(client.snapshots()) == 1
    published = await desk.publish()
    await until(lambda: len(client.snapshots()) == 2)
    complete, uris = client.snapshots()[1]
    assert not complete and uris[0] == published[0].uri and len(uris) == 4


@pytest.mark.deep
@pytest.mark.parametrize("start", [0, 3])
async def test_an_older_backup_is_detected_within_a_quiet_step(redis_url: str, desk: Desk, start: int) -> None:
    # With 3: it is also exactly where this node had read everything, which once passed for settled.
    await desk.publish(start)
    async with following(redis_url, desk) as node:
        client = Client(node)
        await publish_and_check(client, node, desk, 3 - start)
        names = [desk.keys.items, desk.keys.meta]
        aside = [await desk.raw.dump(name) for name in names]
        await publish_and_check(client, node, desk, 2)
        for name, dump in zip(names, aside, strict=True):
            await desk.raw.restore(name, 0, dump, replace=True)
        await until(lambda: len(client.snapshots()) == 2, seconds=QUIET)
        assert not client.snapshots()[1][0] and len(client.snapshots()[1][1]) == 3
        again = await publish_and_check(client, node, desk, 2)
        assert client.live()[-2:] == again and client.kinds()[-3:] == ["snapshot", "item", "item"]


async def test_numbers_that_are_used_again_after_a_rollback_are_detected_within_a_quiet_step(
    desk: Desk, node: CountingNode
) -> None:
    client = Client(node)
    await publish_and_check(client, node, desk, 4)
    records = await desk.raw.xrange(desk.keys.items)
    # Nothing new may reach the reader before the quiet turn: that alone would give it away.
    async with desk.raw.pipeline(transaction=True) as pipe:
        pipe.xdel(desk.keys.items, *[entry_id for entry_id, _ in records[2:]])
        pipe.hset(desk.keys.meta, "seq", 2)
        await pipe.execute()
    await until(lambda: len(client.snapshots()) == 2, seconds=QUIET)
    assert client.snapshots()[1][0] is False and len(client.snapshots()[1][1]) == 2
    new = await publish_and_check(client, node, desk, 3)
    assert client.live()[-3:] == new and node.rebuilds == 2


@pytest.mark.deep
@pytest.mark.parametrize("goes_on", [False, True])
async def test_unread_entries_that_garbage_pushed_out_are_reported(
    redis_url: str, desk: Desk, node: CountingNode, goes_on: bool
) -> None:
    client = Client(node)
    await publish_and_check(client, node, desk, 3)
    cursor = client.heard_of[-1]["cursor"]
    epoch, seq = await desk.raw.hmget(desk.keys.meta, ["epoch", "seq"])
    body = seal(encode_item(item(uri="urn:flashwire:" + "9" * 26)), desk.keyring)
    async with desk.raw.pipeline(transaction=True) as pipe:
        pipe.hincrby(desk.keys.meta, "seq", 1)
        pipe.xadd(desk.keys.items, {"epoch": epoch, "seq": int(seq) + 1, "body": body})
        for _ in range(300):
            pipe.xadd(desk.keys.items, {"garbage": "x"})
        # As the next publication does where the stream is short.
        pipe.xtrim(desk.keys.items, maxlen=100, approximate=False)
        await pipe.execute()
    if goes_on:
        await desk.publish()
    await until(lambda: len(client.snapshots()) == 2, seconds=QUIET)
    assert not client.snapshots()[1][0]
    async with following(redis_url, desk) as started_later:
        returned = Client(started_later, cursor=cursor)
        assert [complete for complete, _ in returned.snapshots()] == [False]


@pytest.mark.alone
@pytest.mark.deep
async def test_a_frozen_server_is_reported_within_five_seconds_and_nothing_is_lost(
    server: Server, own_desk: Desk
) -> None:
    async with following(server.url, own_desk) as node:
        client = Client(node)
        first = await publish_and_check(client, node, own_desk, 2)
        server.signal(signal.SIGSTOP)
        try:
            await until(lambda: node.stale, seconds=5)
            assert client.heard_of[-1]["stale"] is True
        finally:
            server.signal(signal.SIGCONT)
        await until(lambda: not node.stale)
        second = await publish_and_check(client, node, own_desk, 2)
        assert client.live() == first + second and len(client.snapshots()) == 1 and node.rebuilds == 1


async def test_a_killed_server_restarts_from_its_files_and_no_entry_is_lost_or_repeated(
    server: Server, own_desk: Desk
) -> None:
    async with following(server.url, own_desk) as node:
        client = Client(node)
        first = await publish_and_check(client, node, own_desk, 5)
        server.kill()
        await until(lambda: node.stale, seconds=5)
        server.start()
        second = await own_desk.publish(5)
        await until(lambda: not node.stale and len(client.live()) == 10)
        assert client.live() == first + [message.uri for message in second]
        assert len(client.snapshots()) == 1 and node.rebuilds == 1
        assert [message["stale"] for message in client.heard_of if message["type"] == "heartbeat"] == [True, False]
