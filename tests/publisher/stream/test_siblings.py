"""Siblings are published together: all or none, once, each with its own ledger and the next numbers of the stream."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.stream.outcome import MismatchError
from publisher.stream.store import Store
from tests.support.redis_servers import Machines, machines
from tests.support.sample_items import a_uri, an_item
from ticker.contract.entry import Keyring, read_entry
from ticker.stream.redis_stream import Keys, StreamAwayError, connect

pytestmark = pytest.mark.anyio


def family() -> list[Any]:
    first = an_item(a_uri())
    return [first, *(an_item(a_uri(), edition=edition, translation_of=first.uri) for edition in ("ar", "es"))]


async def test_siblings_are_consecutive_entries_with_ledgers_of_their_own(
    store: Store, raw: Any, keyring: Keyring, brand: str
) -> None:
    items = family()
    published = await store.publish(items[0], "d", "f", siblings=items[1:])
    entries = [read_entry(entry_id, fields, keyring) for entry_id, fields in await raw.xrange(Keys(brand).items)]
    assert [entry.item for entry in entries] == items
    assert [entry.cursor for entry in entries] == [
        published.cursor,
        *(publication.cursor for publication in published.siblings),
    ]
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert await raw.hget(Keys(brand).meta, "seq") == b"3"
    for item in items:
        record = await store.record(item.uri)
        assert record is not None and (record.version, record.item) == (1, item)


async def test_a_repeat_gets_the_same_siblings_and_publishes_nothing(store: Store, raw: Any, brand: str) -> None:
    items, others = family(), family()
    first = await store.publish(items[0], "d", "f", siblings=items[1:])
    again = await store.publish(others[0], "d", "f", siblings=others[1:])
    looked = await store.earlier_answer("d", "f")
    for answer in (again, looked):
        assert answer is not None and answer.is_repeat and all(publication.is_repeat for publication in answer.siblings)
        assert [publication.item for publication in (answer, *answer.siblings)] == items
        assert [publication.cursor for publication in answer.siblings] == [
            publication.cursor for publication in first.siblings
        ]
    assert await raw.xlen(Keys(brand).items) == 3
    with pytest.raises(MismatchError):
        await store.publish(others[0], "d", "g", siblings=others[1:])


@pytest.mark.parametrize("place", [0, 1])
async def test_if_one_sibling_cannot_be_stored_none_is(store: Store, raw: Any, brand: str, place: int) -> None:
    items = family()
    await store.publish(items[1 + place], "earlier", "f")
    with pytest.raises(StreamAwayError, match="is there already"):
        await store.publish(items[0], "d", "f", siblings=items[1:])
    assert await raw.xlen(Keys(brand).items) == 1
    assert await store.record(items[0].uri) is None and await store.record(items[2 - place].uri) is None
    assert await store.earlier_answer("d", "f") is None


async def test_a_write_that_fails_among_the_siblings_leaves_nothing(
    store: Store, raw: Any, brand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.publisher.stream.test_mutants import mutate

    last = 'write({"HDEL", newest, sibling.uri}'
    mutate(monkeypatch, last, f'if _ == 2 then write(nil, "HSET", meta .. "?") end {last}')
    items = family()
    for _ in range(2):
        with pytest.raises(StreamAwayError):
            await store.publish(items[0], "d", "f", siblings=items[1:])
    assert await raw.xlen(Keys(brand).items) == 0 and await raw.hlen(Keys(brand).newest) == 0
    for item in items:
        assert await raw.exists(Keys(brand).ledger(item.uri)) == 0


async def test_siblings_that_trim_the_stream_leave_its_length(raw: Any, redis_url: str, keyring: Keyring) -> None:
    store = Store(connect(redis_url, timeout=1.2), keyring, length=4)
    try:
        old = [an_item(a_uri()) for _ in range(4)]
        for number, item in enumerate(old):
            await store.publish(item, str(number), "f")
        items = family()
        await store.publish(items[0], "d", "f", siblings=items[1:])
        keys = Keys(keyring.brand)
        assert await raw.xlen(keys.items) == 4
        assert [await raw.pttl(keys.ledger(item.uri)) > 0 for item in (*old, *items)] == [True] * 3 + [False] * 4
    finally:
        await store.aclose()


async def test_publications_with_and_without_siblings_are_numbered_without_holes(
    store: Store, raw: Any, brand: str
) -> None:
    import asyncio

    async def publish(number: int) -> None:
        items = family()
        await store.publish(items[0], str(number), "f", siblings=items[1 : number % 3 + 1])

    await asyncio.gather(*(publish(number) for number in range(30)))
    entries = await raw.xrange(Keys(brand).items)
    assert [int(fields[b"seq"]) for _, fields in entries] == list(range(1, 61))


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Machines]:
    with machines(tmp_path) as started:
        yield started


async def test_siblings_are_published_together_on_every_shard_of_a_cluster(servers: Machines) -> None:
    nodes = servers.cluster(shards=3, replicas=0)
    address = f"redis+cluster://127.0.0.1:{nodes[0].port}"
    used = set()
    # One brand in each third of the slots.
    for brand in ("news", "desk", "city"):
        store = Store(connect(address, timeout=1.2), Keyring("k", {"k": b"s" * 32}, brand))
        try:
            items = family()
            for is_repeat in (False, True):
                published = await store.publish(items[0], "d", "f", siblings=items[1:])
                answers = (published, *published.siblings)
                assert [answer.item for answer in answers] == items
                assert [answer.cursor.seq for answer in answers] == [1, 2, 3]
                assert [answer.is_repeat for answer in answers] == [is_repeat] * 3
            assert [record.item for record in await store.family(items[0].uri)] == items, "one order"
        finally:
            await store.aclose()
        [owner] = [node.port for node in nodes if node.ask.keys(f"*{{{brand}}}*")]
        used.add(owner)
    assert len(used) == 3
