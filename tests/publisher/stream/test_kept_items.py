"""An item that readers see can be withdrawn: with ledger or index lost, and for items of an earlier release."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from publisher.api.parts import Parts
from publisher.stream.backfill import backfill
from publisher.stream.store import Store
from tests.support.desk_requests import act, published
from tests.support.sample_items import URI, a_uri, an_item
from ticker.contract.entry import Keyring, PoisonError, read_entry, seal
from ticker.contract.item import Item, encode_item
from ticker.stream.redis_stream import Keys, connect

pytestmark = pytest.mark.anyio
LEDGER_MS = 400 * 86_400_000


@pytest.fixture
async def store(redis_url: str, keyring: Keyring) -> AsyncIterator[Store]:
    opened = Store(connect(redis_url, timeout=1.2), keyring, length=3)
    yield opened
    await opened.aclose()


async def visible(raw: Any, keyring: Keyring) -> dict[str, Item]:
    """The items that a node shows if it starts now, from the stream alone."""
    newest: dict[str, Item] = {}
    for entry_id, fields in await raw.xrange(Keys(keyring.brand).items):
        try:
            item = read_entry(entry_id, fields, keyring).item
        except PoisonError:
            continue
        if item.uri not in newest or item.version > newest[item.uri].version:
            newest[item.uri] = item
    return {name: item for name, item in newest.items() if item.pub_status == "usable"}


async def expired(raw: Any, keys: Keys, name: str) -> None:
    await raw.pexpire(keys.ledger(name), 1)
    while await raw.exists(keys.ledger(name)):
        pass


async def deleted(raw: Any, keys: Keys, name: str) -> None:
    await raw.delete(keys.ledger(name))


async def shortened_at_the_end(raw: Any, keys: Keys, name: str) -> None:
    await raw.rpop(keys.ledger(name))


async def shortened_at_the_start(raw: Any, keys: Keys, name: str) -> None:
    await raw.lpop(keys.ledger(name))


async def unchanged(raw: Any, keys: Keys, name: str) -> None:
    return None


async def no_hash(raw: Any, keys: Keys, name: str) -> None:
    await raw.delete(keys.newest)


async def no_hash_field(raw: Any, keys: Keys, name: str) -> None:
    await raw.hdel(keys.newest, name)


LEDGERS = [unchanged, expired, deleted, shortened_at_the_end, shortened_at_the_start]
HASHES = [unchanged, no_hash, no_hash_field]


@pytest.mark.parametrize("prepared", ["never", "before", "after"])
@pytest.mark.parametrize(("ledger", "newest"), list(itertools.product(LEDGERS, HASHES)))
async def test_a_visible_item_can_be_withdrawn_whichever_other_key_is_lost(
    chief: httpx2.AsyncClient, parts: Parts, raw: Any, ledger: Any, newest: Any, prepared: str
) -> None:
    keys = parts.store.keys
    names = [await published(chief), await published(chief)]
    await act(chief, names[0], "update", urgency=1)
    await act(chief, names[0], "correction", seen=2, note="It was Monday.")
    if prepared == "before":
        await backfill(parts.store)
    for name in names:
        await ledger(raw, keys, name)
        await newest(raw, keys, name)
    if prepared == "after":
        await backfill(parts.store)
    listed = await visible(raw, parts.store.keyring)
    assert set(listed) == set(names)
    for name, item in listed.items():
        record = await chief.get(f"/v1/items/{name}")
        assert (record.status_code, record.headers["etag"]) == (200, f'"{item.version}"')
        assert record.json()["headline"]["value"] == item.headline.value
        reply = await act(chief, name, "withdraw", seen=item.version, note="It was another bridge.")
        assert reply.status_code == 200, reply.text
        assert await raw.llen(keys.ledger(name)) == item.version + 1
        assert (await chief.get(f"/v1/items/{name}")).json()["pubStatus"] == "canceled"
    assert await visible(raw, parts.store.keyring) == {}
    assert [fields[b"seq"] for _, fields in await raw.xrange(keys.items)] == [b"%d" % seq for seq in range(1, 7)]


@pytest.mark.parametrize("lost", [unchanged, deleted])
@pytest.mark.parametrize("index", [b"0-1", None])
@pytest.mark.parametrize("number", ["1003", "4999", "5002", "9007199254740993", "9" * 400, "-5", "x"])
async def test_a_forged_number_in_the_hash_keeps_no_item_visible(
    chief: httpx2.AsyncClient, parts: Parts, raw: Any, number: str, index: bytes | None, lost: Any
) -> None:
    keys, name = parts.store.keys, await published(chief)
    entry_id = index or (await raw.xrevrange(keys.items, count=1))[0][0]
    await lost(raw, keys, name)
    await raw.hset(keys.newest, name, entry_id + b" " + number.encode())
    record = await chief.get(f"/v1/items/{name}")
    assert record.status_code == 200, record.text
    reply = await act(
        chief, name, "withdraw", seen=int(record.headers["etag"].strip('"')), note="It was another bridge."
    )
    assert reply.status_code == 200, reply.text
    assert await visible(raw, parts.store.keyring) == {}
    assert await raw.llen(keys.ledger(name)) == reply.json()["item"]["version"] <= 5001
    assert (await act(chief, name, "withdraw", note="Again.")).status_code in (409, 412)


async def test_an_item_of_many_versions_whose_ledger_is_lost_can_be_withdrawn(
    chief: httpx2.AsyncClient, parts: Parts, raw: Any
) -> None:
    keys, name = parts.store.keys, a_uri()
    body = seal(encode_item(an_item(name, version=2500, act="update")), parts.store.keyring)
    entry_id = await raw.xadd(keys.items, {"epoch": "e1", "seq": 1, "body": body})
    await raw.hset(keys.meta, mapping={"epoch": "e1", "seq": 1})
    await raw.hset(keys.newest, name, entry_id + b" 2500")
    reply = await act(chief, name, "withdraw", seen=2500, note="It was another bridge.")
    assert reply.status_code == 200, reply.text
    assert await visible(raw, parts.store.keyring) == {}
    assert await raw.llen(keys.ledger(name)) == 2501
    assert await raw.lindex(keys.ledger(name), -2) == body


async def test_a_ledger_gets_its_lifetime_when_its_item_leaves_the_stream_and_loses_it_with_the_next_act(
    store: Store, raw: Any, brand: str
) -> None:
    keys, names = Keys(brand), [a_uri() for _ in range(5)]
    await store.publish(an_item(names[0]), "0", "f")
    await store.publish(an_item(names[1]), "1", "f")
    await store.publish(an_item(names[0], version=2, act="update"), "2", "f")
    assert [await raw.pttl(keys.ledger(name)) for name in names[:2]] == [-1, -1]
    await store.publish(an_item(names[2]), "3", "f")
    # The first entry has left the stream; a newer one of its item is still there.
    assert await raw.xlen(keys.items) == 3 and await raw.pttl(keys.ledger(names[0])) == -1
    await store.publish(an_item(names[3]), "4", "f")
    assert 0 < await raw.pttl(keys.ledger(names[1])) <= LEDGER_MS
    assert sorted(await raw.hkeys(keys.newest)) == sorted(name.encode() for name in (names[0], names[2], names[3]))
    await store.publish(an_item(names[1], version=2, act="withdraw", pub_status="canceled"), "5", "f")
    assert await raw.pttl(keys.ledger(names[1])) == -1
    assert await raw.pttl(keys.ledger(names[0])) > 0


async def test_a_stream_that_is_much_too_long_is_trimmed_in_limited_steps(
    redis_url: str, keyring: Keyring, raw: Any, brand: str
) -> None:
    keys = Keys(brand)
    wide = Store(connect(redis_url, timeout=1.2), keyring, length=1000)
    for number in range(260):
        await wide.publish(an_item(a_uri()), f"{number}", "f")
    narrow = Store(wide.calls.client, keyring, length=5)
    lengths = []
    for number in range(4):
        await narrow.publish(an_item(a_uri()), f"n{number}", "f")
        lengths.append(await raw.xlen(keys.items))
    assert lengths == [161, 62, 5, 5]
    assert await raw.hlen(keys.newest) == 5
    lifetimes = [await raw.pttl(key) async for key in raw.scan_iter(keys.ledger("*"), count=10_000)]
    assert sorted(lifetime == -1 for lifetime in lifetimes) == [False] * 259 + [True] * 5
    await wide.aclose()


async def add_as_an_earlier_release_did(raw: Any, keyring: Keyring, item: Item, seq: int) -> None:
    keys, body = Keys(keyring.brand), seal(encode_item(item), keyring)
    await raw.xadd(keys.items, {"epoch": "e1", "seq": seq, "body": body})
    await raw.hset(keys.meta, mapping={"epoch": "e1", "seq": seq})
    await raw.rpush(keys.ledger(item.uri), body)
    await raw.pexpire(keys.ledger(item.uri), 60_000)


async def test_items_of_an_earlier_release_are_prepared_once_and_again_without_harm(
    store: Store, raw: Any, keyring: Keyring, brand: str
) -> None:
    keys, names = Keys(brand), [a_uri() for _ in range(4)]
    for seq, name in enumerate(names[:3], 1):
        await add_as_an_earlier_release_did(raw, keyring, an_item(name), seq)
    await add_as_an_earlier_release_did(raw, keyring, an_item(names[0], version=2, act="update"), 4)
    # Its entry left the stream while the index was lost, so its ledger got no expiry.
    await raw.rpush(keys.ledger(names[3]), seal(encode_item(an_item(names[3])), keyring))
    assert not await store.probe()
    for _ in range(2):
        assert await backfill(store) == 3
        assert await store.probe()
        assert [await raw.pttl(keys.ledger(name)) for name in names[:3]] == [-1, -1, -1]
        assert 0 < await raw.pttl(keys.ledger(names[3])) <= LEDGER_MS
        entries = await raw.xrange(keys.items)
        indexed = {
            name.decode(): value for name, value in (await raw.hgetall(keys.newest)).items() if name != b"prepared"
        }
        assert indexed == {
            names[0]: entries[3][0] + b" 2",
            names[1]: entries[1][0] + b" 1",
            names[2]: entries[2][0] + b" 1",
        }


async def test_a_backfill_neither_undoes_nor_misses_items_published_during_it(
    store: Store, raw: Any, keyring: Keyring, brand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, names = Keys(brand), [a_uri() for _ in range(3)]
    for seq, name in enumerate(names, 1):
        await add_as_an_earlier_release_did(raw, keyring, an_item(name), seq)
    script, published_between = store.calls.script, False

    async def between(*arguments: Any) -> Any:
        nonlocal published_between
        if not published_between:
            published_between = True
            # Trims the entry of the first item and overtakes that of the second.
            await store.publish(an_item(names[1], version=2, act="update"), "d", "f")
        return await script(*arguments)

    monkeypatch.setattr(store.calls, "script", between)
    await backfill(store)
    assert await raw.pttl(keys.ledger(names[0])) > 0 and not await raw.hexists(keys.newest, names[0])
    [(newest, _)] = (await raw.xrange(keys.items))[-1:]
    assert await raw.hget(keys.newest, names[1]) == newest + b" 2"
    assert await raw.pttl(keys.ledger(names[1])) == -1 == await raw.pttl(keys.ledger(names[2]))


async def test_garbage_that_names_an_item_does_not_stop_its_withdrawal(
    chief: httpx2.AsyncClient, parts: Parts, raw: Any
) -> None:
    name, keys = await published(chief), parts.store.keys
    body = b'fw1.k1.wrong.{"uri":"%b","version":900}' % name.encode()
    await raw.xadd(keys.items, {"epoch": "e", "seq": 900, "body": body})
    await raw.delete(keys.newest)
    await backfill(parts.store)
    assert (await chief.get(f"/v1/items/{name}")).headers["etag"] == '"1"'
    assert [item["uri"] for item in (await chief.get("/v1/items")).json()["items"]] == [name]
    assert (await act(chief, name, "withdraw", note="n")).status_code == 200


async def test_an_empty_stream_needs_no_preparation(store: Store, raw: Any, brand: str) -> None:
    assert await store.probe()
    keys = [key async for key in raw.scan_iter(f"flashwire:{{{brand}}}:*", count=10_000)]
    await store.probe()
    assert [key async for key in raw.scan_iter(f"flashwire:{{{brand}}}:*", count=10_000)] == keys
    await store.publish(an_item(), "1", "f")
    assert await store.probe() and await raw.hlen(Keys(brand).newest) == 2


@pytest.mark.parametrize(("ledger", "length"), [(deleted, 3), (expired, 3), (shortened_at_the_end, 3), (unchanged, 3)])
async def test_a_preparation_restores_a_ledger_from_the_stream(
    store: Store, raw: Any, keyring: Keyring, brand: str, ledger: Any, length: int
) -> None:
    keys = Keys(brand)
    for version in (1, 2, 3):
        await store.publish(an_item(version=version), f"{version}", "f")
    content_before = await raw.lrange(keys.ledger(URI), 0, -1)
    await ledger(raw, keys, URI)
    await raw.delete(keys.newest)
    for _ in range(2):
        await backfill(store)
        bodies = await raw.lrange(keys.ledger(URI), 0, -1)
        assert len(bodies) == length and bodies[-1] == content_before[-1]
        assert all(body in (b"", content_before[number]) for number, body in enumerate(bodies))
        assert await raw.pttl(keys.ledger(URI)) == -1


@pytest.mark.parametrize("hidden", ["deleted", "unreadable"])
async def test_a_ledger_is_not_restored_from_a_version_that_may_not_be_the_newest(
    store: Store, raw: Any, keyring: Keyring, brand: str, hidden: str
) -> None:
    keys = Keys(brand)
    await store.publish(an_item(), "1", "f")
    await store.publish(an_item(version=2, act="withdraw", pub_status="canceled"), "2", "f")
    await raw.delete(keys.ledger(URI), keys.newest)
    if hidden == "deleted":
        await raw.xdel(keys.items, (await raw.xrange(keys.items))[-1][0])
    else:
        store = Store(store.calls.client, Keyring("k2", {"k2": b"2" * 32}, brand), length=3)
    await store.publish(an_item(a_uri()), "3", "f")
    await backfill(store)
    assert not await raw.exists(keys.ledger(URI))
