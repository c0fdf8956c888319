"""A server that evicts keys with an expiry (`volatile-lru`) evicts nothing that a withdrawal needs."""

import tempfile
from pathlib import Path

import pytest
import redis.asyncio

from publisher.stream.backfill import backfill
from publisher.stream.checks import eviction_policy
from publisher.stream.store import Store
from tests.publisher.api.test_ready import start
from tests.support.sample_items import a_uri, an_item
from ticker.contract.entry import Keyring, seal
from ticker.contract.item import encode_item
from ticker.stream.redis_stream import Keys, connect

pytestmark = pytest.mark.anyio
KEYRING = Keyring("k1", {"k1": b"k" * 32}, "news")


async def test_ledgers_of_visible_items_outlive_a_full_memory(tmp_path: Path) -> None:
    keys = Keys("news")
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        process, port = start(Path(folder), "--maxmemory-policy", "volatile-lru")
        raw = redis.asyncio.Redis(port=port, legacy_responses=False)
        store = Store(connect(f"redis://127.0.0.1:{port}", timeout=1.2), KEYRING)
        try:
            # Half of them as an earlier release wrote them: each ledger with an expiry.
            names = [a_uri() for _ in range(20)]
            for seq, name in enumerate(names[:10], 1):
                body = seal(encode_item(an_item(name)), KEYRING)
                await raw.xadd(keys.items, {"epoch": "e1", "seq": seq, "body": body})
                await raw.hset(keys.meta, mapping={"epoch": "e1", "seq": seq})
                await raw.rpush(keys.ledger(name), body)
                await raw.pexpire(keys.ledger(name), 400 * 86_400_000)
            await backfill(store)
            for name in names[10:]:
                await store.publish(an_item(name), name, "f")
            used = (await raw.info("memory"))["used_memory"]
            await raw.config_set("maxmemory", used + 200_000)
            for number in range(2000):
                await raw.set(f"filling:{number}", b"x" * 1000, ex=86_400)
            assert (await raw.info("stats"))["evicted_keys"] > 1000
            for name in names:
                record = await store.record(name)
                assert record and record.readable
                item = an_item(name, version=2, act="withdraw", pub_status="canceled")
                await store.publish(item, f"w{name}", "f", record.earlier, record.missing_body)
            assert await eviction_policy(store.calls) == "volatile-lru"
        finally:
            await store.aclose()
            await raw.aclose()
            process.kill()
            process.wait()
