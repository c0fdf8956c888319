"""The store with a real server: once, whole, numbered without holes, and an error where the outcome is unknown."""

import asyncio
from pathlib import Path
from typing import cast

import pytest
import redis.asyncio

from publisher.stream.outcome import MismatchError, Published, StaleError
from publisher.stream.redis_calls import ATTEMPT_SECONDS, read_reply
from publisher.stream.store import Store
from tests.support.lossy_proxy import lossy
from tests.support.sample_items import URI, a_uri, an_item
from ticker.contract.entry import Keyring, read_entry
from ticker.contract.facets import EVERYTHING, facets_of
from ticker.contract.item import Item
from ticker.stream.redis_stream import Keys, StreamAwayError, connect

pytestmark = pytest.mark.anyio


async def stored_entries(raw: redis.asyncio.Redis, key: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """A stream's entries as Redis holds them."""
    return cast(list[tuple[bytes, dict[bytes, bytes]]], await raw.xrange(key))


async def published(store: Store, number: int) -> Published:
    return await store.publish(an_item(a_uri()), f"digest {number}", "print")


async def test_a_published_item_can_be_read_as_a_signed_entry(
    store: Store, raw: redis.asyncio.Redis, keyring: Keyring, brand: str
) -> None:
    stored = await store.publish(an_item(), "d", "f")
    [(entry_id, fields)] = await stored_entries(raw, Keys(brand).items)
    entry = read_entry(entry_id, fields, keyring)
    assert (entry.item, entry.cursor, entry.item_json) == (an_item(), stored.cursor, stored.item_json)
    assert not stored.is_repeat
    assert await raw.lrange(Keys(brand).ledger(URI), 0, -1) == [fields[b"body"]]


async def test_concurrent_publications_are_numbered_without_holes(
    redis_url: str, keyring: Keyring, raw: redis.asyncio.Redis, brand: str
) -> None:
    stores = [Store(connect(redis_url, timeout=1.2), keyring) for _ in range(3)]
    await asyncio.gather(*(published(stores[number % 3], number) for number in range(90)))
    entries = [fields for _, fields in await stored_entries(raw, Keys(brand).items)]
    assert [int(fields[b"seq"]) for fields in entries] == list(range(1, 91))
    for store in stores:
        await store.aclose()


async def test_the_epoch_is_created_once_and_stays(
    redis_url: str, keyring: Keyring, raw: redis.asyncio.Redis, brand: str
) -> None:
    stores = [Store(connect(redis_url, timeout=1.2), keyring) for _ in range(5)]
    stored = await asyncio.gather(*(published(store, number) for number, store in enumerate(stores)))
    assert len({result.cursor.epoch for result in stored}) == 1
    assert await raw.hget(Keys(brand).meta, "epoch") == stored[0].cursor.epoch.encode()
    for store in stores:
        await store.aclose()


async def test_fifty_posts_at_once_with_one_key_give_one_entry_and_one_answer(
    store: Store, raw: redis.asyncio.Redis, brand: str
) -> None:
    # Each has another uri, as repeated requests of one client have.
    answers = await asyncio.gather(*(store.publish(an_item(a_uri()), "d", "f") for _ in range(50)))
    assert await raw.xlen(Keys(brand).items) == 1
    assert len({(answer.item_json, str(answer.cursor)) for answer in answers}) == 1
    assert sum(not answer.is_repeat for answer in answers) == 1


async def test_a_connection_that_timed_out_is_lost_and_not_an_answer() -> None:
    # With a time limit redis-py returns None here, and keeps the connection.
    class TimedOut:
        open = True

        async def read_response(self, **how: float) -> None:
            return None

        async def disconnect(self, nowait: bool) -> None:
            self.open = False

    connection = TimedOut()
    with pytest.raises(redis.exceptions.ConnectionError):
        await read_reply(connection)
    assert not connection.open


async def test_a_key_used_for_another_request_is_a_mismatch_and_publishes_nothing(
    store: Store, raw: redis.asyncio.Redis, brand: str
) -> None:
    await store.publish(an_item(), "d", "f")
    with pytest.raises(MismatchError):
        await store.publish(an_item(a_uri()), "d", "other")
    with pytest.raises(MismatchError):
        await store.earlier_answer("d", "other")
    assert await raw.xlen(Keys(brand).items) == 1


async def test_an_answer_can_be_repeated_until_it_expires(
    redis_url: str, keyring: Keyring, raw: redis.asyncio.Redis, brand: str
) -> None:
    store = Store(connect(redis_url, timeout=1.2), keyring, answer_ms=60_000)
    assert await store.earlier_answer("d", "f") is None
    first = await store.publish(an_item(), "d", "f")
    lives = await raw.pttl(Keys(brand).answer("d"))
    again = await store.earlier_answer("d", "f")
    assert again and again.is_repeat and again.cursor == first.cursor and again.item == first.item
    # A repeat must not extend or remove its expiry.
    assert 0 < await raw.pttl(Keys(brand).answer("d")) <= lives <= 60_000
    await store.aclose()


async def test_only_the_version_after_the_current_one_is_accepted(
    store: Store, raw: redis.asyncio.Redis, brand: str
) -> None:
    await store.publish(an_item(), "1", "f")
    await store.publish(an_item(version=2, act="update"), "2", "f")
    for version, digest in ((2, "3"), (4, "4"), (1, "5")):
        with pytest.raises(StaleError) as stale:
            await store.publish(an_item(version=version, act="update"), digest, "f")
        assert stale.value.current == 2
    assert await raw.xlen(Keys(brand).items) == 2 == await raw.llen(Keys(brand).ledger(URI))
    assert await raw.hget(Keys(brand).meta, "seq") == b"2"


async def test_of_two_acts_on_one_version_only_one_succeeds(store: Store) -> None:
    await store.publish(an_item(), "1", "f")
    acts = [store.publish(an_item(version=2, act="update", urgency=n), f"a{n}", "f") for n in range(1, 9)]
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    assert sum(isinstance(outcome, Published) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, StaleError) for outcome in outcomes) == 7


async def test_the_stream_is_trimmed_to_its_length_and_numbers_go_on(
    redis_url: str, keyring: Keyring, raw: redis.asyncio.Redis, brand: str
) -> None:
    store = Store(connect(redis_url, timeout=1.2), keyring, length=100)
    await asyncio.gather(*(published(store, number) for number in range(450)))
    assert await raw.xlen(Keys(brand).items) == 100
    assert (await published(store, 451)).cursor.seq == 451
    await store.aclose()


async def test_the_newest_version_is_found_and_an_unknown_item_is_none(store: Store) -> None:
    await store.publish(an_item(), "1", "f")
    await store.publish(an_item(version=2, act="hold", pub_status="withheld"), "2", "f")
    newest = await store.record(URI)
    assert newest and newest.item and (newest.version, newest.item.pub_status) == (2, "withheld")
    assert await store.record("urn:flashwire:nobody") is None


async def test_the_list_shows_each_item_once_in_its_newest_version_the_latest_first(store: Store) -> None:
    def numbered(number: int, **changes: object) -> Item:
        moment = f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}.000Z"
        return an_item(f"urn:flashwire:{number:026d}", first_created=moment, **changes)

    for number in range(450):
        await store.publish(numbered(number), f"{number}", "f")
    await store.publish(numbered(0, version=2, act="update", urgency=1), "u", "f")
    items = [item for item, _ in await store.newest(500, is_wanted=lambda item, _: True)]
    assert [item.uri[-3:] for item in items] == [f"{number:03d}" for number in reversed(range(1, 450))] + ["000"]
    assert items[-1].version == 2
    assert len(await store.newest(7, is_wanted=lambda item, _: True)) == 7
    assert [item.urgency for item, _ in await store.newest(7, is_wanted=lambda item, _: item.urgency == 1)] == [1]


async def test_the_list_skips_items_that_no_key_verifies(store: Store, raw: redis.asyncio.Redis, brand: str) -> None:
    await store.publish(an_item(), "1", "f")
    await raw.xadd(Keys(brand).items, {"epoch": "e", "seq": 2, "body": b"fw1.k1.wrong.{}"})
    await raw.xadd(Keys(brand).items, {"poison": b"\xff"})
    assert [item.uri for item, _ in await store.newest(10, is_wanted=lambda item, _: True)] == [URI]


async def test_a_version_signed_with_an_unknown_key_counts_and_shows_no_text(
    store: Store, raw: redis.asyncio.Redis, brand: str
) -> None:
    await raw.rpush(Keys(brand).ledger(URI), b"fw1.k1.wrong.{}")
    record = await store.record(URI)
    assert record and (record.item, record.version, record.earlier) == (None, 1, (EVERYTHING,))


async def test_a_key_of_the_wrong_kind_stops_the_script_before_its_first_write(
    store: Store, raw: redis.asyncio.Redis, brand: str
) -> None:
    await raw.set(Keys(brand).items, "not a stream")
    with pytest.raises(StreamAwayError, match="WRONGTYPE"):
        await store.publish(an_item(), "d", "f")
    assert not await raw.exists(Keys(brand).meta, Keys(brand).ledger(URI), Keys(brand).answer("d"))


async def test_the_script_is_loaded_again_after_the_server_lost_it(store: Store, raw: redis.asyncio.Redis) -> None:
    await published(store, 1)
    await raw.script_flush()
    assert (await published(store, 2)).cursor.seq == 2


async def test_a_call_with_a_lost_reply_is_repeated_and_gives_one_entry(
    redis_url: str, keyring: Keyring, raw: redis.asyncio.Redis, brand: str, tmp_path: Path
) -> None:
    async with lossy(redis_url, tmp_path, b"EVAL") as (address, proxy):
        store = Store(connect(address, timeout=1.2), keyring)
        await published(store, 1)
        proxy.losses = 2
        stored = await published(store, 2)
        assert proxy.lost == 2
        # This call itself stored it, so it is no repeat.
        assert not stored.is_repeat and stored.cursor.seq == 2
        assert await raw.xlen(Keys(brand).items) == 2
        await store.aclose()


async def test_a_repeat_whose_reply_is_lost_still_gets_the_earlier_answer(
    redis_url: str, keyring: Keyring, tmp_path: Path
) -> None:
    async with lossy(redis_url, tmp_path, b"EVAL") as (address, proxy):
        store = Store(connect(address, timeout=1.2), keyring)
        first = await store.publish(an_item(), "d", "f")
        proxy.losses = 1
        repeat = await store.publish(an_item(a_uri()), "d", "f")
        assert proxy.lost == 1
        assert repeat.is_repeat and repeat.cursor == first.cursor and repeat.item.uri == URI
        await store.aclose()


async def test_a_publication_does_not_wait_for_a_stuck_call(
    redis_url: str, keyring: Keyring, raw: redis.asyncio.Redis, brand: str, tmp_path: Path
) -> None:
    async with lossy(redis_url, tmp_path, b"EVAL") as (address, proxy):
        store = Store(connect(address, timeout=ATTEMPT_SECONDS), keyring)
        await published(store, 1)
        proxy.silences = 1
        # Less than the first attempt of the stuck line.
        async with asyncio.timeout(ATTEMPT_SECONDS):
            stuck = asyncio.create_task(published(store, 2))
            await proxy.silenced.wait()
            others = await asyncio.gather(*(published(store, number) for number in range(3, 9)))
        assert not stuck.done()
        assert sorted(stored.cursor.seq for stored in others) == list(range(2, 8))
        assert (await stuck).cursor.seq == 8 and await raw.xlen(Keys(brand).items) == 8
        await store.aclose()


async def test_a_reply_that_stays_lost_is_an_error_and_the_same_key_finds_the_one_entry(
    redis_url: str, keyring: Keyring, raw: redis.asyncio.Redis, brand: str, tmp_path: Path
) -> None:
    async with lossy(redis_url, tmp_path, b"EVAL") as (address, proxy):
        store = Store(connect(address, timeout=1.2), keyring)
        proxy.losses = 3
        with pytest.raises(StreamAwayError):
            await store.publish(an_item(), "d", "f")
        assert (await store.publish(an_item(a_uri()), "d", "f")).item.uri == URI
        assert await raw.xlen(Keys(brand).items) == 1
        await store.aclose()


async def test_the_mutant_a_plain_xadd_with_redis_py_defaults_doubles_a_lost_reply(
    redis_url: str, raw: redis.asyncio.Redis, brand: str, tmp_path: Path
) -> None:
    # Why the script exists. If this fails, redis-py has changed, and a plain XADD may be considered again.
    async with lossy(redis_url, tmp_path, b"XADD") as (address, proxy):
        # The class retries by default; its `from_url` does not, which redis-py may fix at any time.
        client = redis.asyncio.Redis(unix_socket_path=address.removeprefix("unix://"), legacy_responses=False)
        proxy.losses = 1
        await client.xadd(Keys(brand).items, {"body": b"one line"})
        assert proxy.lost == 1
        assert await raw.xlen(Keys(brand).items) > 1
        await client.aclose()


async def test_too_few_replicas_are_an_error_each_time_until_there_are_enough(
    redis_url: str, keyring: Keyring, raw: redis.asyncio.Redis, brand: str
) -> None:
    careful = Store(connect(redis_url, timeout=1.2), keyring, replicas=1)
    for _ in range(2):
        with pytest.raises(StreamAwayError, match="0 of 1 replicas"):
            await careful.publish(an_item(), "d", "f")
    assert await raw.xlen(Keys(brand).items) == 1
    without = Store(connect(redis_url, timeout=1.2), keyring)
    assert (await without.publish(an_item(), "d", "f")).is_repeat
    await careful.aclose()
    await without.aclose()


async def test_a_canary_is_stored_next_to_the_items(
    store: Store, raw: redis.asyncio.Redis, keyring: Keyring, brand: str
) -> None:
    cursor = await store.publish_canary(an_item(edition="canary"))
    [(entry_id, fields)] = await stored_entries(raw, Keys(brand).canary)
    assert read_entry(entry_id, fields, keyring).cursor == cursor
    assert not await raw.exists(Keys(brand).items)


async def test_a_version_carries_the_facets_of_earlier_versions(
    store: Store, raw: redis.asyncio.Redis, keyring: Keyring, brand: str
) -> None:
    versions = [an_item(sections=("sport",)), an_item(version=2, sections=("local",)), an_item(version=3, urgency=1)]
    for item in versions:
        record = await store.record(URI)
        await store.publish(item, f"{item.version}", "f", record.earlier if record else ())
    carried = [read_entry(*record, keyring).earlier for record in await stored_entries(raw, Keys(brand).items)]
    facets = [facets_of(item) for item in versions]
    assert carried == [(), (facets[0],), (facets[0], facets[1])]
    assert await raw.lrange(Keys(brand).ledger(URI), 0, -1) == [
        fields[b"body"] for _, fields in await stored_entries(raw, Keys(brand).items)
    ]
    again = await store.publish(an_item(version=2), "2", "f")
    assert again.is_repeat and again.item == versions[1]
