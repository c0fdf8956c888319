"""A desk whose signing keys are not those of the stream logs it once at its start, and publishes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from publisher.api.metrics import Metrics
from publisher.api.watch import Watch
from publisher.records.database import open_database
from publisher.records.holders import Holders
from publisher.records.sessions import Sessions
from publisher.records.tokens import Tokens
from publisher.stream.store import Store
from tests.support.sample_items import a_uri, an_item
from ticker.contract.entry import Keyring
from ticker.stream.redis_stream import connect

pytestmark = pytest.mark.anyio
OLD, NEW = b"o" * 32, b"n" * 32
EVENT = "entries that no signing key verifies"


@asynccontextmanager
async def opened(redis_url: str, brand: str, **keys: bytes) -> AsyncIterator[Store]:
    store = Store(connect(redis_url, timeout=1.2), Keyring(next(iter(keys)), keys, brand))
    try:
        yield store
    finally:
        await store.aclose()


@pytest.fixture
def warnings_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "WarningsOf":
    """What the desk's watch logs about the keys of a store in its first three probes."""

    async def watch_three_probes(store: Store) -> list[EventDict]:
        probes = 0
        third = asyncio.Event()
        probe = store.probe

        async def counted_probe() -> bool:
            nonlocal probes
            probes += 1
            if probes == 3:
                third.set()
            return await probe()

        monkeypatch.setattr(store, "probe", counted_probe)
        with closing(open_database(tmp_path)) as database, capture_logs() as logs:
            watch = Watch(store, Metrics(), database, Holders(database, Tokens(database), Sessions(database)))
            task = asyncio.create_task(watch.run())
            async with asyncio.timeout(20):
                await third.wait()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert watch.reason is None
        return [line for line in logs if line["event"] == EVENT]

    return watch_three_probes


WarningsOf = Callable[[Store], Awaitable[list[EventDict]]]


async def test_an_unknown_signing_key_is_logged_once_and_the_desk_publishes(
    redis_url: str, brand: str, warnings_of: WarningsOf
) -> None:
    async with opened(redis_url, brand, k1=OLD) as previous:
        for _ in range(3):
            await previous.publish(an_item(name := a_uri()), name, "f")
    # Another id, and the same id with other bytes.
    for number, keys in ((3, {"k2": NEW}), (4, {"k1": b"x" * 32})):
        async with opened(redis_url, brand, **keys) as store:
            [line] = await warnings_of(store)
            assert line["log_level"] == "warning" and line["entries"] == number
            assert "FLASHWIRE_SIGNING_KEYS" in str(line["fix"]) and "flashwire rekey" in str(line["fix"])
            await store.publish(an_item(name := a_uri()), name, "f")


@pytest.mark.parametrize("keys", [{"k1": OLD}, {"k2": NEW, "k1": OLD}, {"k1": OLD, "k2": NEW}])
async def test_a_key_rotation_logs_no_warning(
    redis_url: str, brand: str, keys: dict[str, bytes], warnings_of: WarningsOf
) -> None:
    async with opened(redis_url, brand, k1=OLD) as previous:
        await previous.publish(an_item(name := a_uri()), name, "f")
        await previous.calls.client.xadd(previous.keys.items, {"garbage": "x"})
    async with opened(redis_url, brand, **keys) as store:
        assert await warnings_of(store) == []


async def test_an_empty_stream_logs_no_warning(redis_url: str, brand: str, warnings_of: WarningsOf) -> None:
    async with opened(redis_url, brand, k2=NEW) as store:
        assert await warnings_of(store) == []
