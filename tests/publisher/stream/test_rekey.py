"""`flashwire rekey`: afterwards nothing needs the old key; it can be interrupted, repeated and raced."""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flashwire.cli.main import app
from publisher.stream.rekey import RekeyResult, rekey
from publisher.stream.store import Store
from tests.support.sample_items import a_uri, an_item
from ticker.contract.entry import Keyring, PoisonError, open_body, read_entry
from ticker.contract.item import Text
from ticker.stream.redis_stream import Keys, StreamAwayError, connect

pytestmark = pytest.mark.anyio
SECRETS = {name: name.encode() * 16 for name in ("k1", "k2", "k3")}


@pytest.fixture
async def store_with(redis_url: str, brand: str) -> AsyncIterator[Callable[..., Store]]:
    """Opens a store with the keys of the given names, the first of which signs."""
    opened: list[Store] = []

    def store(*names: str, length: int = 100) -> Store:
        keyring = Keyring(names[0], {name: SECRETS[name] for name in names}, brand)
        opened.append(Store(connect(redis_url, timeout=1.2), keyring, length=length))
        return opened[-1]

    yield store
    for entry_version in opened:
        await entry_version.aclose()


async def add(store: Store, name: str, versions: int = 1) -> str:
    for version in range(1, versions + 1):
        record = await store.record(name)
        item = an_item(name, version=version, headline=Text(f"version {version}", "en", "ltr"), urgency=version)
        await store.publish(item, secrets.token_hex(8), "f", record.earlier if record else ())
    return name


async def bodies(raw: Any, brand: str) -> dict[str, list[bytes]]:
    keys = Keys(brand)
    report = {
        key.decode().removeprefix(keys.ledger("")): key async for key in raw.scan_iter(keys.ledger("*"), count=10_000)
    }
    return {name: await raw.lrange(key, 0, -1) for name, key in report.items()}


def counts(result: RekeyResult) -> tuple[int, int]:
    return result.bodies, len(result.signed)


async def test_after_rekey_the_old_key_is_not_needed_and_no_item_has_changed(
    store_with: Callable[..., Store], raw: Any, brand: str
) -> None:
    old = store_with("k1", length=6)
    names = [await add(old, a_uri(), versions) for versions in (1, 3, 2, 1)]
    # The entry of the first item has left the stream.
    entries_before = await bodies(raw, brand)
    both_keys = store_with("k2", "k1", length=100)
    result = await rekey(both_keys)
    assert (result.items, counts(result), result.unreadable_items) == (4, (4, 3), [])
    new = store_with("k2").keyring
    entries_after = await bodies(raw, brand)
    for name in names:
        assert [open_body(body, new).item_json for body in entries_after[name]] == [
            open_body(body, both_keys.keyring).item_json for body in entries_before[name]
        ]
        assert [open_body(body, new).earlier for body in entries_after[name]] == [
            open_body(body, both_keys.keyring).earlier for body in entries_before[name]
        ]
    entries = await raw.xrange(Keys(brand).items)
    assert [int(fields[b"seq"]) for _, fields in entries] == list(range(2, 11))
    newest = {}
    for entry_id, fields in entries[-3:]:
        entry = read_entry(entry_id, fields, new)
        newest[entry.item.uri] = entry.item.version
        assert fields[b"body"] == entries_after[entry.item.uri][-1]
    assert newest == dict(zip(names[1:], (3, 2, 1), strict=True))
    again = await rekey(both_keys)
    assert counts(again) == (0, 0) and await raw.xlen(Keys(brand).items) == len(entries)


async def test_a_dry_run_counts_and_changes_nothing(store_with: Callable[..., Store], raw: Any, brand: str) -> None:
    await add(store_with("k1"), a_uri(), 2)
    entries_before = await bodies(raw, brand), await raw.xrange(Keys(brand).items)
    assert counts(await rekey(store_with("k2", "k1"), dry_run=True)) == (1, 1)
    assert (await bodies(raw, brand), await raw.xrange(Keys(brand).items)) == entries_before


@pytest.mark.parametrize("calls", range(1, 9))
async def test_an_interrupted_run_is_finished_by_the_next(
    store_with: Callable[..., Store], raw: Any, brand: str, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = store_with("k1")
    names = [await add(old, a_uri(), 3) for _ in range(2)]
    both_keys = store_with("k2", "k1")
    scripts, remaining = both_keys.calls.scripts, calls

    async def interrupted(*arguments: Any) -> Any:
        nonlocal remaining
        remaining -= 1
        if remaining == 0:
            raise StreamAwayError("cut")
        return await scripts(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(both_keys.calls, "scripts", interrupted)
        with pytest.raises(StreamAwayError):
            await rekey(both_keys)
    await rekey(both_keys)
    new = store_with("k2").keyring
    for name, report in (await bodies(raw, brand)).items():
        assert name in names and len(report) == 3
        assert [open_body(body, new).key_id for body in report] == ["k2"] * 3
    renewed = [fields for _, fields in await raw.xrange(Keys(brand).items) if fields[b"body"].startswith(b"fw1.k2.")]
    assert len(renewed) == 2


async def test_an_act_at_the_same_time_wins_and_is_not_overwritten(
    store_with: Callable[..., Store], raw: Any, brand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await add(store_with("k1"), a_uri(), 1)
    both_keys = store_with("k2", "k1")
    renew = both_keys.renew

    async def raced(*arguments: Any) -> bool:
        await both_keys.publish(an_item(name, version=2, act="withdraw", pub_status="canceled"), "w", "f")
        return await renew(*arguments)

    monkeypatch.setattr(both_keys, "renew", raced)
    assert (await rekey(both_keys)).changed_meanwhile == 1
    record = await both_keys.record(name)
    assert record and record.item and (record.version, record.item.pub_status) == (2, "canceled")
    monkeypatch.undo()
    assert counts(await rekey(both_keys)) == (1, 0)


async def test_no_older_version_is_restored_if_the_newest_cannot_be_read(
    store_with: Callable[..., Store], raw: Any, brand: str
) -> None:
    name = await add(store_with("k1"), a_uri(), 1)
    stolen = store_with("k3", "k1")
    await stolen.publish(an_item(name, version=2, act="withdraw", pub_status="canceled"), "w", "f")
    both_keys = store_with("k2", "k1")
    result = await rekey(both_keys)
    assert result.unreadable_items == [name] and result.signed == []
    assert dict(result.unreadable) == {"stream, key": 1, "ledger, key": 1}
    assert await raw.xlen(Keys(brand).items) == 2
    record = await store_with("k2").record(name)
    assert record and record.item and (record.version, record.item.version) == (2, 1)


@pytest.mark.parametrize("lost", ["ledger", "ledger and hash"])
async def test_an_item_whose_ledger_is_lost_is_signed_from_the_stream(
    store_with: Callable[..., Store], raw: Any, brand: str, lost: str
) -> None:
    name, keys = await add(store_with("k1"), a_uri(), 3), Keys(brand)
    await raw.delete(keys.ledger(name), *([keys.newest] if lost == "ledger and hash" else []))
    result = await rekey(store_with("k2", "k1"))
    assert counts(result) == (0, 1)
    record = await store_with("k2").record(name)
    assert record and record.readable and record.version == 3 == await raw.llen(keys.ledger(name))


async def test_a_key_may_return_within_the_day(store_with: Callable[..., Store], raw: Any, brand: str) -> None:
    name = await add(store_with("k1"), a_uri(), 1)
    for first, second in (("k2", "k1"), ("k1", "k2"), ("k2", "k1")):
        assert counts(await rekey(store_with(first, second))) == (0, 1)
        with pytest.raises(PoisonError):
            open_body((await bodies(raw, brand))[name][0], store_with(second).keyring)


def test_the_command_reports_signed_and_unreadable_bodies(redis_url: str, brand: str, tmp_path: Path) -> None:
    keys = {name: f"{name}:{b64encode(secret).decode()}" for name, secret in SECRETS.items()}

    def run(*arguments: str, signing: str, url: str | None = redis_url) -> Any:
        environment = {"REDIS_URL": url, "FLASHWIRE_BRAND": brand, "FLASHWIRE_SIGNING_KEYS": signing}
        return CliRunner().invoke(app, ["rekey", "--data", str(tmp_path / "none"), *arguments], env=environment)

    async def published() -> None:
        for name in ("k1", "k3"):
            store = Store(connect(redis_url, timeout=1.2), Keyring(name, {name: SECRETS[name]}, brand))
            await add(store, a_uri(), 2)
            await store.aclose()

    asyncio.run(published())
    both_keys = f"{keys['k2']},{keys['k1']}"
    dry_run = run("--dry-run", signing=both_keys)
    assert dry_run.exit_code == 1 and "to sign with k2: 1 bodies in ledgers, 1 entries" in dry_run.stdout
    assert "2 usable: Civil Defence: version 2" in dry_run.stdout
    outcome = run(signing=both_keys)
    assert outcome.exit_code == 1 and "2 items; signed with k2: 1 bodies in ledgers, 1 entries." in outcome.stdout
    assert "cannot be read: 1." in outcome.stdout and "4 (" not in outcome.stdout
    assert "2 (ledger, key)" in outcome.stdout
    assert "signed with k2: 0 bodies in ledgers, 0 entries" in run(signing=both_keys).stdout
    assert run(signing="nonsense").exit_code == 1
    assert run(signing=both_keys, url=None).exit_code == 1
    assert not (tmp_path / "none").exists()
