"""Each rule of publish.lua broken on purpose: if one of these tests fails, the tests of that rule prove nothing."""

import hashlib
from typing import Any

import pytest

import publisher.stream.store
from publisher.stream.redis_calls import Script
from publisher.stream.store import Store
from tests.support.sample_items import URI, an_item
from ticker.stream.redis_stream import Keys, StreamAwayError

pytestmark = pytest.mark.anyio


def mutate(monkeypatch: pytest.MonkeyPatch, original: str, changed: str) -> None:
    text = publisher.stream.store._PUBLISH.text
    assert text.count(original) == 1
    text = text.replace(original, changed)
    sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(publisher.stream.store, "_PUBLISH", Script(text, sha))


async def test_a_public_write_that_comes_first_is_doubled_by_a_repeat(
    store: Store, raw: Any, brand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = 'redis.call("XADD", items, "*", "epoch", epoch, "seq", next_seq, "body", body)\n'
    mutate(monkeypatch, "-- First a write that needs memory:", first + "-- First a write that needs memory:")
    # A later write that fails.
    mutate(monkeypatch, "write(held and", 'write(nil, "HSET", meta .. "?")\nwrite(held and')
    for repeats in (1, 2):
        with pytest.raises(StreamAwayError):
            await store.publish(an_item(), "d", "f")
        assert await raw.xlen(Keys(brand).items) == repeats


async def test_a_failing_write_that_undoes_nothing_leaves_a_version_behind(
    store: Store, raw: Any, brand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch, "for place = #undos, 1, -1 do", "for place = 1, 0 do")
    mutate(monkeypatch, "write(held and", 'write(nil, "HSET", meta .. "?")\nwrite(held and')
    with pytest.raises(StreamAwayError):
        await store.publish(an_item(), "d", "f")
    assert await raw.llen(Keys(brand).ledger(URI)) == 1


async def test_a_ledger_with_an_expiry_can_be_evicted_before_its_item(
    store: Store, raw: Any, brand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch, '"PERSIST", ledger)\nend', '"PEXPIRE", ledger, "1")\nend')
    await store.publish(an_item(), "1", "f")
    await store.publish(an_item(version=2), "2", "f")
    while await raw.exists(Keys(brand).ledger(URI)):
        pass
    assert await raw.xlen(Keys(brand).items) == 2


async def test_a_ping_is_answered_even_if_publishing_is_impossible(store: Store, raw: Any, brand: str) -> None:
    await raw.hset(Keys(brand).meta, mapping={"epoch": "e-1", "seq": "1"})
    assert await raw.ping()
    with pytest.raises(StreamAwayError, match="REFUSED"):
        await store.probe()
