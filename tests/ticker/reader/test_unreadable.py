"""Unreadable entries: a node reports them, and never shows an older version of their items."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.support.items import item
from tests.support.waiting import until_async as until
from tests.ticker.reader.conftest import Client, CountingNode, Desk, following
from ticker.contract.entry import Keyring, seal
from ticker.contract.item import Item, Text, encode_item
from ticker.core.filter import Filter

pytestmark = pytest.mark.anyio

SECONDS = 5.0


def other_key(brand: str) -> Keyring:
    """The key of a desk that was changed before the nodes."""
    return Keyring("k2", {"k2": b"x" * 32, "k1": b"k" * 32}, brand)


def shown_uris(node: CountingNode) -> list[str]:
    return [entry.item.uri for entry in node.backlog.current(Filter(), 100, time.time())[0]]


async def published_by_hand(desk: Desk, *bodies: bytes, epoch: bytes | None = None) -> None:
    """Puts bodies into the stream in one step with the next numbers, as a desk of another release might."""
    current_epoch, seq = await desk.raw.hmget(desk.keys.meta, ["epoch", "seq"])
    pipe = desk.raw.pipeline(transaction=True)
    pipe.hincrby(desk.keys.meta, "seq", len(bodies))
    for number, body in enumerate(bodies, int(seq) + 1):
        pipe.xadd(desk.keys.items, {"epoch": epoch or current_epoch, "seq": number, "body": body})
    await pipe.execute()


async def test_a_node_whose_desk_signs_with_another_key_reports_it_within_five_seconds(
    desk: Desk, node: CountingNode
) -> None:
    client = Client(node)
    lines = await desk.publish(2)
    await until(lambda: len(client.live()) == 2)
    await desk.act(lines[0], "withdraw", other_key(desk.keys.brand))
    with desk.signing_with(other_key(desk.keys.brand)):
        await desk.publish(3)
    await until(lambda: node.stale and len(client.snapshots()) > 1, seconds=SECONDS)
    assert node.lost is not None and "(key)" in node.lost and "FLASHWIRE_SIGNING_KEYS" in node.lost
    assert client.snapshots()[-1][0] is False
    assert client.heard_of[-1]["stale"] is True
    # The withdrawn line is not shown either, although its withdrawal is unreadable.
    fresh = Client(node)
    assert fresh.snapshots() == [(False, [lines[1].uri])] and fresh.heard_of[0]["stale"] is True
    await until(lambda: node.backlog.newest.seq == 6)
    rebuilds, checks = node.rebuilds, node.checks
    await until(lambda: node.checks > checks + 2)
    assert node.rebuilds == rebuilds, "it reads everything again though nothing changed"
    # With the next entry that it can read it follows again; what it cannot read is missing from its list all the same.
    new = (await desk.publish())[0]
    await until(lambda: not node.stale, seconds=SECONDS)
    assert shown_uris(node) == [new.uri, lines[1].uri] and Client(node).snapshots()[0][0] is False
    assert len(node.backlog.hidden) == 4


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["key", "signature", "schema", "malformed", "oversize", "stream", "epoch"])
async def test_the_node_is_not_ready_for_every_reason_of_a_skip(desk: Desk, node: CountingNode, kind: str) -> None:
    await desk.publish()
    await until(lambda: len(node.backlog) == 1)
    line = encode_item(item(uri="urn:flashwire:" + "9" * 26))
    canary = encode_item(item(uri="urn:flashwire:" + "9" * 26, edition="canary"))
    bodies: dict[str, Callable[[], bytes]] = {
        "key": lambda: seal(line, other_key(desk.keys.brand)),
        "signature": lambda: seal(line, Keyring("k1", {"k1": b"x" * 32}, desk.keys.brand)),
        "schema": lambda: seal(b'{"uri":"urn:flashwire:1"}', desk.keyring),
        "malformed": lambda: b"nonsense",
        "oversize": lambda: b"x" * 40_000,
        "stream": lambda: seal(canary, desk.keyring),
        "epoch": lambda: seal(line, desk.keyring),
    }
    await published_by_hand(desk, bodies[kind](), epoch=b"no.epoch" if kind == "epoch" else None)
    await until(lambda: node.stale, seconds=SECONDS)
    assert f"({'malformed' if kind == 'epoch' else kind})" in str(node.lost)


async def test_an_entry_without_a_number_is_unreadable(desk: Desk, node: CountingNode) -> None:
    await desk.publish()
    await until(lambda: len(node.backlog) == 1)
    epoch = await desk.raw.hget(desk.keys.meta, "epoch")
    await desk.raw.hincrby(desk.keys.meta, "seq", 1)
    await desk.raw.xadd(desk.keys.items, {"epoch": epoch, "number": 2, "body": seal(encode_item(item()), desk.keyring)})
    await until(lambda: node.stale, seconds=SECONDS)
    assert "(malformed)" in str(node.lost) and Client(node).snapshots()[0][0] is False
    await desk.publish()
    await until(lambda: not node.stale, seconds=SECONDS)


MIDDLE: dict[str, Callable[[Item, Keyring], bytes]] = {
    "a refused key": lambda new, keyring: seal(encode_item(new), other_key(keyring.brand)),
    "the next schema, which names its item elsewhere": lambda new, _: (
        b'fw9.k1.sig.{"about":{"item":"%b"}}' % (new.uri.encode())
    ),
    "the next schema, which is not JSON": lambda new, _: b"fw9\x00\x01\x02",
    "garbage": lambda new, _: b"nonsense",
}


@pytest.mark.deep
@pytest.mark.parametrize("kind", MIDDLE)
@pytest.mark.parametrize("together", [False, True])
async def test_an_unreadable_entry_in_the_middle_hides_its_item_and_makes_snapshots_incomplete(
    redis_url: str, desk: Desk, node: CountingNode, kind: str, together: bool
) -> None:
    client = Client(node)
    lines = await desk.publish(3)
    await until(lambda: len(client.live()) == 3)
    body, last = MIDDLE[kind](_withdrawn(lines[0]), desk.keyring), item(uri="urn:flashwire:" + "9" * 26)
    await desk.raw.rpush(desk.keys.ledger(lines[0].uri), body)
    await desk.raw.rpush(desk.keys.ledger(last.uri), seal(encode_item(last), desk.keyring))
    if together:
        # So that the node never stands behind the unreadable entry.
        await published_by_hand(desk, body, seal(encode_item(last), desk.keyring))
    else:
        await published_by_hand(desk, body)
        await until(lambda: node.stale, seconds=SECONDS)
        assert node.lost is not None and Client(node).snapshots()[0] == (False, [lines[2].uri, lines[1].uri])
        await published_by_hand(desk, seal(encode_item(last), desk.keyring))
    await until(lambda: not node.stale and node.backlog.newest.seq == 5, seconds=SECONDS)
    # The others are confirmed by their ledgers; the one that the entry may have withdrawn is not.
    assert sorted(shown_uris(node)) == sorted([last.uri, lines[2].uri, lines[1].uri])
    await until(lambda: client.snapshots()[-1][0] is False)
    assert not node.backlog.is_confirmed(lines[0].uri)
    assert Client(node).snapshots()[0][0] is False
    async with following(redis_url, desk) as fresh:
        assert not fresh.stale and shown_uris(fresh) == shown_uris(node) and Client(fresh).snapshots()[0][0] is False


@pytest.mark.parametrize("kind", MIDDLE)
async def test_an_unreadable_new_item_is_hidden_as_long_as_its_entry_is_in_the_stream(
    redis_url: str, desk: Desk, kind: str
) -> None:
    await desk.publish(2)
    new = item(uri="urn:flashwire:" + "7" * 26)
    body = MIDDLE[kind](new, desk.keyring)
    await desk.raw.rpush(desk.keys.ledger(new.uri), body)
    await published_by_hand(desk, body)
    await desk.publish()
    async with following(redis_url, desk, length=4) as node:
        assert not node.stale and len(shown_uris(node)) == 3 and Client(node).snapshots()[0][0] is False
        # It leaves with the entries before it.
        await desk.publish(4)
        await until(lambda: node.backlog.newest.seq == 8)
        assert Client(node).snapshots()[0][0] is True


async def test_an_item_is_hidden_as_long_as_its_unreadable_version_is_in_the_stream(redis_url: str, desk: Desk) -> None:
    async with following(redis_url, desk, length=4) as node:
        lost = (await desk.publish(2))[0]
        await until(lambda: len(node.backlog) == 2)
        await desk.act(lost, "correction", other_key(desk.keys.brand))
        await desk.publish(2)
        await until(lambda: node.backlog.newest.seq == 5 and not node.stale, seconds=SECONDS)
        assert node.backlog.hidden == {lost.uri}
        await desk.publish(1)
        await until(lambda: node.backlog.newest.seq == 6)
        # The backlog holds 2, 4, 5 and 6: the first version has left it, and the unreadable third entry has not.
        assert node.backlog.item(lost.uri) is None
        assert node.backlog.hidden == {lost.uri} and Client(node).snapshots()[0][0] is False
        await desk.publish(2)
        await until(lambda: node.backlog.newest.seq == 8 and not node.backlog.hidden)
        assert Client(node).snapshots()[0][0] is True


@pytest.mark.deep
async def test_garbage_without_a_published_number_never_makes_a_node_stale(redis_url: str, desk: Desk) -> None:
    await desk.publish(3)
    async with following(redis_url, desk) as node:
        client = Client(node)
        pipe = desk.raw.pipeline(transaction=False)
        for number in range(2000):
            pipe.xadd(desk.keys.items, {"epoch": "e", "seq": str(number % 7), "body": "nonsense"})
        await pipe.execute()
        await until(lambda: sum(node.poisoned().values()) >= 2000)
        turns = node.turns
        await until(lambda: node.turns >= turns + 3)
        assert not node.stale and node.rebuilds == 1 and client.kinds() == ["snapshot"]
        await desk.publish()
        await until(lambda: len(client.live()) == 1)
    async with following(redis_url, desk) as node:
        assert not node.stale and len(shown_uris(node)) == 4 and Client(node).snapshots()[0][0] is True


@pytest.mark.deep
async def test_a_record_of_another_epoch_has_no_published_number(redis_url: str, desk: Desk) -> None:
    await desk.publish(3)
    # The counter says 3, and nothing that can be read has that number.
    await desk.raw.xdel(desk.keys.items, (await desk.raw.xrange(desk.keys.items))[-1][0])
    epoch = await desk.raw.hget(desk.keys.meta, "epoch")
    garbage: list[dict[str, object]] = [{"epoch": "e", "body": "nonsense"}, {"epoch": "e", "body": "", "seq": 3}]
    for record in garbage:
        await desk.raw.xadd(desk.keys.items, record)
    async with following(redis_url, desk) as node:
        assert not node.stale and len(shown_uris(node)) == 2
        for record in garbage:
            await desk.raw.xadd(desk.keys.items, record)
        await until(lambda: sum(node.poisoned().values()) == 4)
        checks = node.checks
        await until(lambda: node.checks > checks)
        assert (node.stale, node.rebuilds) == (False, 1)
        # A record of this epoch is one.
        await desk.raw.xadd(desk.keys.items, {"epoch": epoch, "body": "nonsense", "seq": 3})
        await until(lambda: node.stale, seconds=SECONDS)


@pytest.mark.parametrize("earlier", [0, 2])
async def test_an_unreadable_item_of_an_earlier_epoch_is_hidden_as_long_as_its_entry_is_in_the_stream(
    redis_url: str, desk: Desk, earlier: int
) -> None:
    await desk.publish(earlier)
    with desk.signing_with(other_key(desk.keys.brand)):
        [lost] = await desk.publish()
    await desk.raw.delete(desk.keys.meta)
    await desk.publish(2)
    async with following(redis_url, desk, length=4) as node:
        assert not node.stale and Client(node).snapshots()[0][0] is False and node.backlog.hidden == {lost.uri}
        await desk.publish(2)
        await until(lambda: node.backlog.newest.seq == 4)
        assert Client(node).snapshots()[0][0] is False
        # It leaves with the entries before it.
        await desk.publish(1)
        await until(lambda: node.backlog.newest.seq == 5)
        assert not node.backlog.hidden and Client(node).snapshots()[0][0] is True


@pytest.mark.deep
@pytest.mark.parametrize(
    ("field", "value"), [("epoch", "no epoch"), ("epoch", "x" * 41), ("epoch", ""), ("seq", "+9"), ("seq", "many")]
)
async def test_a_counter_that_was_tampered_with_is_detected_until_it_is_restored(
    desk: Desk, node: CountingNode, field: str, value: str
) -> None:
    await desk.publish(2)
    await until(lambda: len(node.backlog) == 2)
    previous = await desk.raw.hget(desk.keys.meta, field)
    await desk.raw.hset(desk.keys.meta, field, value)
    await until(lambda: node.stale, seconds=SECONDS)
    assert "epoch and number" in str(node.lost)
    await desk.raw.hset(desk.keys.meta, field, previous)
    await until(lambda: not node.stale, seconds=SECONDS)
    assert node.rebuilds == 1


@pytest.mark.deep
@pytest.mark.parametrize("field", ["epoch", "seq"])
async def test_a_withdrawal_after_a_damaged_position_reaches_clients(
    desk: Desk, node: CountingNode, field: str
) -> None:
    client = Client(node)
    lines = await desk.publish(2)
    await until(lambda: len(client.live()) == 2)
    await desk.raw.hdel(desk.keys.meta, field)
    await until(lambda: node.stale, seconds=SECONDS)
    await desk.act(lines[0], "withdraw")
    await until(lambda: not node.stale, seconds=SECONDS)
    await until(lambda: client.snapshots()[-1] == (False, [lines[1].uri]))
    assert shown_uris(node) == [lines[1].uri]
    last = (await desk.publish())[0]
    await until(lambda: client.live()[-1] == last.uri)
    assert Client(node).snapshots() == [(True, [last.uri, lines[1].uri])]


async def test_a_withdrawal_that_is_deleted_from_the_stream_counts_for_a_node_that_starts(
    redis_url: str, desk: Desk
) -> None:
    lines = await desk.publish(3)
    for line, act in zip(lines, ("withdraw", "correction", "hold"), strict=True):
        await desk.act(line, act, sections=("sport",))
    records = await desk.raw.xrange(desk.keys.items)
    await desk.raw.xdel(desk.keys.items, *[entry_id for entry_id, _ in records[3:]])
    async with following(redis_url, desk) as node:
        assert not node.stale and shown_uris(node) == [lines[1].uri]
        versions = {line.uri: node.backlog.item(line.uri) for line in lines}
        assert [(stored.item.version, stored.item.act) for stored in versions.values() if stored] == [
            (2, "withdraw"),
            (2, "correction"),
            (2, "hold"),
        ]


async def test_versions_signed_with_a_removed_key_do_not_make_older_ones_current(redis_url: str, desk: Desk) -> None:
    lines = await desk.publish(4)
    for line, act in zip(lines, ("withdraw", "correction", "hold"), strict=False):
        await desk.act(line, act, other_key(desk.keys.brand))
    last = await desk.publish()
    async with following(redis_url, desk) as node:
        assert not node.stale and shown_uris(node) == [last[0].uri, lines[3].uri]
        assert len(node.backlog.hidden) == 3 and not node.backlog.is_confirmed(lines[0].uri)
        # A version that can be read settles it: here what a chief withdraws and what is corrected once more.
        await desk.act(_as(lines[0], 2), "withdraw")
        await desk.act(_as(lines[1], 2), "correction")
        await until(lambda: len(node.backlog.hidden) == 1)
        assert lines[1].uri in shown_uris(node) and lines[0].uri not in shown_uris(node)


async def test_an_item_whose_ledger_is_lost_is_not_current_after_a_hole(redis_url: str, desk: Desk) -> None:
    lines = await desk.publish(2)
    await desk.act(lines[0], "withdraw")
    records = await desk.raw.xrange(desk.keys.items)
    await desk.raw.xdel(desk.keys.items, records[-1][0])
    await desk.raw.delete(desk.keys.ledger(lines[0].uri))
    async with following(redis_url, desk) as node:
        assert shown_uris(node) == [lines[1].uri] and node.backlog.hidden == {lines[0].uri}


async def test_a_running_node_asks_the_ledger_about_a_hole_too(desk: Desk, node: CountingNode) -> None:
    client = Client(node)
    lines = await desk.publish(2)
    await until(lambda: len(client.live()) == 2)
    # In one step, so that the node never sees the withdrawal.
    body = seal(encode_item(_withdrawn(lines[0])), desk.keyring)
    pipe = desk.raw.pipeline(transaction=True)
    pipe.hincrby(desk.keys.meta, "seq", 1)
    pipe.rpush(desk.keys.ledger(lines[0].uri), body)
    await pipe.execute()
    await until(lambda: len(client.snapshots()) == 2, seconds=SECONDS)
    assert client.snapshots()[1] == (False, [lines[1].uri]) and not node.stale
    new = await desk.publish()
    await until(lambda: client.live()[-1] == new[0].uri)
    assert len(client.snapshots()) == 2


async def test_a_version_that_is_signed_again_keeps_its_item_and_reaches_no_client(
    desk: Desk, node: CountingNode
) -> None:
    client = Client(node)
    lines = await desk.publish(3)
    await published_by_hand(desk, seal(encode_item(lines[0]), desk.keyring))
    await until(lambda: len(node.backlog) == 4)
    last = (await desk.publish())[0]
    await until(lambda: client.live()[-1] == last.uri)
    assert client.live() == [line.uri for line in [*lines, last]]
    assert shown_uris(node) == [line.uri for line in [last, *reversed(lines)]] and node.rebuilds == 1


async def test_a_copied_old_body_reaches_no_client(desk: Desk, node: CountingNode) -> None:
    lines = await desk.publish(2)
    await desk.act(lines[0], "withdraw")
    await until(lambda: len(node.backlog) == 3)
    # It joined after the withdrawal, and so it does not know that a newer version is known.
    client = Client(node)
    await published_by_hand(desk, seal(encode_item(lines[0]), desk.keyring))
    last = (await desk.publish())[0]
    await until(lambda: client.live()[-1:] == [last.uri])
    assert client.live() == [last.uri] and shown_uris(node) == [last.uri, lines[1].uri] and node.rebuilds == 1


async def test_a_copied_old_body_does_not_restore_an_item_whose_withdrawal_is_deleted(
    redis_url: str, desk: Desk
) -> None:
    lines = await desk.publish(2)
    await desk.act(lines[0], "withdraw")
    records = await desk.raw.xrange(desk.keys.items)
    await desk.raw.xdel(desk.keys.items, records[-1][0])
    await published_by_hand(desk, seal(encode_item(lines[0]), desk.keyring))
    async with following(redis_url, desk) as node:
        assert shown_uris(node) == [lines[1].uri] and not node.backlog.hidden


@pytest.mark.deep
@pytest.mark.parametrize("act", ["withdraw", "hold", "correction"])
async def test_a_version_lost_in_a_failover_or_backup_does_not_make_the_earlier_one_current(
    redis_url: str, desk: Desk, node: CountingNode, act: str
) -> None:
    client = Client(node)
    lines = await desk.publish(2)
    names = [desk.keys.items, desk.keys.meta, desk.keys.newest, desk.keys.ledger(lines[0].uri)]
    aside = [await desk.raw.dump(name) for name in names]
    await desk.act(lines[0], act)
    await until(lambda: len(client.live()) == 3)
    for _ in range(2):
        start = node.rebuilds
        for name, dump in zip(names, aside, strict=True):
            await desk.raw.restore(name, 0, dump, replace=True)
        await desk.raw.hincrby(desk.keys.meta, "seq", 5 * start)
        await until(partial(lambda previous: node.rebuilds > previous, start), seconds=SECONDS)
        # Clients get their lists one after the other, a moment later.
        await until(lambda: client.snapshots()[-1] == (False, [lines[1].uri]) and not node.stale, seconds=SECONDS)
        assert node.backlog.hidden == {lines[0].uri} and Client(node).snapshots()[0] == (False, [lines[1].uri])
    # The desk knows the version before; what it says next is shown.
    again = await desk.act(lines[0], "update", headline=Text("again", "en", "ltr"))
    await until(lambda: not node.backlog.hidden)
    assert shown_uris(node) == [lines[1].uri, again.uri] and client.live()[-1] == again.uri
    assert Client(node).snapshots()[0][0] is True


async def test_an_unreadable_item_is_hidden_until_a_version_can_be_read(redis_url: str, desk: Desk) -> None:
    other = other_key(desk.keys.brand)
    with desk.signing_with(other):
        lines = await desk.publish(2)
    [readable] = await desk.publish()
    # This item was not published: it has no ledger.
    await published_by_hand(desk, seal(encode_item(item(uri="urn:flashwire:" + "8" * 26)), other))
    await desk.publish()
    async with following(redis_url, desk) as node:
        assert node.backlog.hidden == {line.uri for line in lines} and readable.uri in shown_uris(node)
        assert not node.stale and Client(node).snapshots()[0][0] is False
        for line in lines:
            await desk.act(line, "withdraw")
        await until(lambda: not node.backlog.hidden)
        assert Client(node).snapshots()[0][0] is True


async def test_a_ledger_of_the_wrong_type_hides_its_item_and_does_not_stop_a_node(redis_url: str, desk: Desk) -> None:
    lines = await desk.publish(3)
    records = await desk.raw.xrange(desk.keys.items)
    await desk.raw.xdel(desk.keys.items, records[-1][0])
    await desk.raw.delete(desk.keys.ledger(lines[0].uri))
    await desk.raw.set(desk.keys.ledger(lines[0].uri), "no list")
    async with following(redis_url, desk) as node:
        assert shown_uris(node) == [lines[1].uri] and node.backlog.hidden == {lines[0].uri}


@pytest.mark.deep
async def test_a_flood_of_unordered_entries_does_not_make_a_node_read_everything_repeatedly(
    desk: Desk, node: CountingNode
) -> None:
    [line] = await desk.publish()
    await until(lambda: len(node.backlog) == 1)
    body, other = seal(encode_item(line), desk.keyring), other_key(desk.keys.brand)
    start, previous = time.monotonic(), node.rebuilds
    while time.monotonic() - start < 2.5:
        # Each is passed by the counter, every other one cannot be read.
        await published_by_hand(desk, seal(encode_item(line), other))
        await published_by_hand(desk, body)
    assert 1 <= node.rebuilds - previous <= 4
    last = (await desk.publish())[0]
    await until(lambda: last.uri in shown_uris(node) and not node.stale, seconds=SECONDS)


def _as(old: Item, version: int) -> Item:
    return item(uri=old.uri, version=version)


def _withdrawn(old: Item) -> Item:
    return item(uri=old.uri, version=old.version + 1, act="withdraw", pub_status="canceled")
