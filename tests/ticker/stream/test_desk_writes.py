"""The desk's scripts on a real cluster and behind a real Sentinel: every key of a brand is in one slot."""

import secrets
from collections.abc import AsyncIterator

import pytest

from publisher.stream.backfill import backfill
from publisher.stream.checks import eviction_policy
from publisher.stream.rekey import rekey
from publisher.stream.store import Store
from tests.support.sample_items import URI, an_item
from tests.support.waiting import free_port
from tests.ticker.stream import test_sentinel_and_cluster as servers
from ticker.contract.entry import Keyring
from ticker.stream.redis_stream import Client, Keys, connect

pytestmark = pytest.mark.anyio
start = servers.start
sentinel = servers.sentinel
SECRETS = {"k1": b"k" * 32, "k2": b"2" * 32}


@pytest.fixture
async def cluster(start: servers.Start) -> AsyncIterator[Client]:  # the fixture of that module
    port = start("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    node = connect(f"redis://127.0.0.1:{port}", timeout=2)
    await node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)

    async def formed() -> bool:
        return b"cluster_state:ok" in bytes(await node.execute_command("CLUSTER", "INFO"))

    await servers.until(formed)
    client = connect(f"redis+cluster://127.0.0.1:{port}", timeout=6)
    yield client
    await node.aclose()


async def whole_life(client: Client, brand: str, replicas: int = 0) -> None:
    store = Store(client, Keyring("k1", SECRETS, brand), length=3, replicas=replicas)
    keys = Keys(brand)
    assert await store.probe() and await backfill(store) == 0
    names = [f"urn:flashwire:{secrets.token_hex(13)}" for _ in range(5)]
    for name in names:
        await store.publish(an_item(name), name, "f")
    # Trimming touches the ledgers of other items, which the script's caller did not name.
    assert await client.xlen(keys.items) == 3 and await client.pttl(keys.ledger(names[0])) > 0
    assert await client.pttl(keys.ledger(names[4])) == -1
    await store.publish(an_item(), "d", "f")
    assert (await store.publish(an_item(), "d", "f")).is_repeat
    record = await store.record(URI)
    assert record and record.readable and record.version == 1
    await client.delete(keys.ledger(URI), keys.newest)
    record = await store.record(URI)
    assert record and record.item
    item = an_item(version=2, act="withdraw", pub_status="canceled")
    await store.publish(item, "w", "f", record.earlier, record.missing_body)
    assert await client.llen(keys.ledger(URI)) == 2
    usable = await store.newest(10, is_wanted=lambda item, _: item.pub_status == "usable")
    assert {item.uri for item, _ in usable} == set(names[4:])
    assert await backfill(store) == 2 and await store.probe()
    signed = await rekey(Store(client, Keyring("k2", SECRETS, brand), length=100, replicas=replicas))
    assert len(signed.signed) == 2 and signed.unreadable_items == []
    assert await eviction_policy(store.calls) in (None, "noeviction")
    await store.aclose()


async def test_a_cluster_takes_everything_that_the_desk_writes(cluster: Client, brand: str) -> None:
    await whole_life(cluster, brand)


async def test_an_item_published_through_sentinel_is_on_the_replica(
    sentinel: tuple[int, int],
    brand: str,  # the fixture of that module
) -> None:
    watcher, _ = sentinel
    await whole_life(connect(f"redis+sentinel://:word@127.0.0.1:{watcher}/news", timeout=2), brand, replicas=1)
