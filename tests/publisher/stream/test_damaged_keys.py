"""A damaged key stops publishing until an operator repairs it; it never stops a chief from withdrawing a line."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from publisher.api.parts import Parts
from publisher.stream.backfill import backfill
from publisher.stream.store import Store
from tests.publisher.stream.test_mutants import mutate
from tests.support.desk_requests import act, post, published
from tests.support.sample_items import URI, an_item
from ticker.contract.entry import read_entry
from ticker.stream.redis_stream import Keys, StreamAwayError

pytestmark = pytest.mark.anyio

Damage = Callable[[Any, Keys], Awaitable[object]]
DAMAGES: dict[str, Damage] = {
    "no epoch": lambda raw, keys: raw.hdel(keys.meta, "epoch"),
    "no number": lambda raw, keys: raw.hdel(keys.meta, "seq"),
    "an empty epoch": lambda raw, keys: raw.hset(keys.meta, "epoch", ""),
    "another epoch": lambda raw, keys: raw.hset(keys.meta, "epoch", "no.epoch"),
    "another number": lambda raw, keys: raw.hset(keys.meta, "seq", "+7"),
    "the last number": lambda raw, keys: raw.hset(keys.meta, "seq", str(2**53 - 1)),
    "meta of another type": lambda raw, keys: replaced(raw, keys.meta),
    "hash of another type": lambda raw, keys: replaced(raw, keys.newest),
}


async def replaced(raw: Any, key: str) -> None:
    await raw.delete(key)
    await raw.set(key, "x")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("last", ["withdraw", "hold"])
async def test_a_chief_can_withdraw_a_line_whichever_stream_key_is_damaged(
    chief: httpx2.AsyncClient, parts: Parts, raw: Any, damage: str, last: str
) -> None:
    keys = parts.store.keys
    uri, other = await published(chief), await published(chief)
    await DAMAGES[damage](raw, keys)
    # Other acts are refused: an operator must see the damage.
    assert (await post(chief)).status_code == 503
    assert (await act(chief, uri, "update", urgency=2)).status_code == 503
    with pytest.raises(StreamAwayError):
        await parts.store.probe()
    withdrawal = await act(chief, uri, last, key="k", note="It was another bridge.")
    assert withdrawal.status_code == 200, withdrawal.text
    # A repeat is the same act and writes nothing.
    assert (await act(chief, uri, last, key="k", note="It was another bridge.")).json() == withdrawal.json()
    records = await raw.xrange(keys.items)
    entries = [read_entry(entry_id, fields, parts.store.keyring) for entry_id, fields in records]
    assert [(entry.item.uri, entry.item.version) for entry in entries] == [(uri, 1), (other, 1), (uri, 2)]
    if damage != "hash of another type":
        # The new epoch makes nodes read the whole stream again.
        assert entries[2].seq == 1 and entries[2].cursor.epoch != entries[1].cursor.epoch
    assert await parts.store.probe() or await backfill(parts.store) == 2
    assert await parts.store.probe()
    assert (await post(chief)).status_code == 201
    assert (await act(chief, other, "withdraw", note="It was another bridge.")).status_code == 200


async def test_a_line_that_leaves_the_stream_does_not_stop_a_withdrawal_without_the_hash(
    store: Store, raw: Any, brand: str
) -> None:
    store._limits = (2, *store._limits[1:])
    for number in range(2):
        await store.publish(an_item(f"{URI}{number}"), f"d{number}", "f")
    await replaced(raw, Keys(brand).newest)
    withdrawal = an_item(f"{URI}1", version=2, act="withdraw", pub_status="canceled")
    await store.publish(withdrawal, "gone", "f")
    assert await raw.xlen(Keys(brand).items) == 2


@pytest.mark.parametrize("damage", ["no epoch", "no number", "another epoch"])
async def test_a_failure_after_replacing_a_damaged_position_restores_the_damage(
    store: Store, raw: Any, brand: str, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    keys = Keys(brand)
    await store.publish(an_item(), "d", "f")
    await DAMAGES[damage](raw, keys)
    content_before = {name: value for name, value in (await raw.hgetall(keys.meta)).items() if value}
    # The last write fails.
    mutate(monkeypatch, '\nwrite(nil, "XADD", items,', '\nwrite(nil, "XADD", ledger,')
    with pytest.raises(StreamAwayError):
        await store.publish(an_item(version=2, act="withdraw", pub_status="canceled"), "e", "f")
    assert {name: value for name, value in (await raw.hgetall(keys.meta)).items() if value} == content_before
    assert await raw.llen(keys.ledger(URI)) == 1 and await raw.xlen(keys.items) == 1
    with pytest.raises(StreamAwayError, match="REFUSED"):
        await store.publish(an_item(version=2), "g", "f")
