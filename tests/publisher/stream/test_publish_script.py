"""publish.lua is all or nothing: a missing right, a damaged key or a large number never leaves half a publication."""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import publisher.stream.store
from publisher.stream.redis_calls import Script
from publisher.stream.store import Store
from tests.support.sample_items import URI, an_item
from ticker.contract.entry import Keyring, read_entry
from ticker.stream.redis_stream import Keys, StreamAwayError, connect

pytestmark = pytest.mark.anyio

# Every right of the desk's user that the script needs; tests/docs hold docs/deploy.md against the same list.
RIGHTS = "get set rpush ltrim persist pexpire hset hdel llen hmget xinfo|stream xrange time xadd evalsha eval".split()
# The probe needs these, too: acts read before they publish.
RIGHTS_OF_ACTS = ["lrange", "xrevrange"]
KEYS = ("items", "meta", "newest", "ledger:*", "answer:*")
OLD = (
    "local redis = {call = redis.call, pcall = redis.pcall, error_reply = redis.error_reply}\n"
    + publisher.stream.store._PUBLISH.text
)


def script_of(text: str) -> Script:
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


@pytest.fixture(params=["asks for rights", "cannot ask for rights"])
def script(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script as it is, and as on Redis 6.2, which has no `redis.acl_check_cmd`."""
    if request.param != "asks for rights":
        monkeypatch.setattr(publisher.stream.store, "_PUBLISH", script_of(OLD))


@pytest.fixture
async def allow(raw: Any, redis_url: str, keyring: Keyring, brand: str) -> AsyncIterator[Callable[..., Any]]:
    """Gives this test's user rights and key patterns; returns its store."""
    stores: list[Store] = []

    async def user(rights: list[str], keys: list[str]) -> Store:
        patterns = [f"~flashwire:{{{brand}}}:{key}" for key in keys]
        await raw.execute_command("ACL", "SETUSER", brand, "reset", "on", "nopass", *patterns, *rights)
        stores.append(Store(connect(redis_url.replace("unix://", f"unix://{brand}:x@"), timeout=1.2), keyring))
        return stores[-1]

    yield user
    for store in stores:
        await store.aclose()
    await raw.execute_command("ACL", "DELUSER", brand)


async def contents(raw: Any, brand: str) -> dict[bytes, Any]:
    """The content of all keys of the brand, except the probe's key and answers that were undone."""
    content: dict[bytes, Any] = {}
    async for key in raw.scan_iter(f"flashwire:{{{brand}}}:*", count=10_000):
        kind = await raw.type(key)
        if kind == b"none" or (kind == b"string" and await raw.get(key) in (b"", None)):
            continue
        if kind == b"list":
            value = await raw.lrange(key, 0, -1)
        elif kind == b"hash":
            value = await raw.hgetall(key)
        else:
            value = await (raw.xrange(key) if kind == b"stream" else raw.get(key))
        content[key] = (value, await raw.pttl(key) if kind != b"string" else 0)
    return content


def granted(*without: str) -> list[str]:
    return [f"+{right}" for right in RIGHTS if right not in without]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("missing", RIGHTS)
async def test_without_one_right_nothing_changes_and_with_it_the_same_request_publishes_once(
    script: None,
    monkeypatch: pytest.MonkeyPatch,
    raw: Any,
    allow: Callable[..., Any],
    brand: str,
    missing: str,
    version: int,
) -> None:
    # Unique to this test: other desks load their script again with every probe.
    own = f"{publisher.stream.store._PUBLISH.text}\n-- {brand}"
    monkeypatch.setattr(publisher.stream.store, "_PUBLISH", script_of(own))
    full = await allow(granted(), list(KEYS))
    for number in range(1, version):
        await full.publish(an_item(version=number), f"before {number}", "f")
    content_before = await contents(raw, brand)
    store = await allow(granted(missing), list(KEYS))
    if missing == "eval":
        await raw.script_flush()
    for _ in range(3):
        with pytest.raises(StreamAwayError, match=r"(?i)permission|NOPERM"):
            await store.publish(an_item(version=version), "d", "f")
        assert await contents(raw, brand) == content_before
    with pytest.raises(StreamAwayError):
        await store.probe()
    assert await contents(raw, brand) == content_before
    store = await allow(granted(), list(KEYS))
    published = [await store.publish(an_item(version=version), "d", "f") for _ in range(2)]
    assert [result.is_repeat for result in published] == [False, True] and published[0].cursor == published[1].cursor
    assert await raw.xlen(Keys(brand).items) == version == await raw.llen(Keys(brand).ledger(URI))


@pytest.mark.parametrize("missing", KEYS)
async def test_without_one_key_nothing_changes_and_with_it_the_same_request_publishes_once(
    script: None, raw: Any, allow: Callable[..., Any], brand: str, missing: str
) -> None:
    store = await allow(granted(), [key for key in KEYS if key != missing])
    for _ in range(2):
        with pytest.raises(StreamAwayError, match=r"(?i)NOPERM|permission"):
            await store.publish(an_item(), "d", "f")
    with pytest.raises(StreamAwayError):
        await store.probe()
    assert await contents(raw, brand) == {}
    store = await allow(granted(), list(KEYS))
    assert not (await store.publish(an_item(), "d", "f")).is_repeat
    assert await raw.xlen(Keys(brand).items) == 1


@pytest.mark.parametrize("key", ["items", "meta", "newest", "answer"])
async def test_a_key_of_another_type_stops_the_script_before_its_first_write(
    script: None, raw: Any, allow: Callable[..., Any], brand: str, key: str
) -> None:
    keys = Keys(brand)
    name = keys.answer("d") if key == "answer" else getattr(keys, key)
    await raw.execute_command("SADD", name, "not what the script expects")
    store = await allow(granted(), list(KEYS))
    with pytest.raises(StreamAwayError, match="WRONGTYPE"):
        await store.publish(an_item(), "d", "f")
    remaining = [keys_found async for keys_found in raw.scan_iter(f"flashwire:{{{brand}}}:*", count=10_000)]
    assert remaining == [name.encode()]
    if key in ("items", "meta", "newest"):
        with pytest.raises(StreamAwayError, match="WRONGTYPE"):
            await store.probe()
    await raw.delete(name)
    assert not (await store.publish(an_item(), "d", "f")).is_repeat


async def test_the_next_version_replaces_a_ledger_of_another_type(
    script: None, raw: Any, allow: Callable[..., Any], brand: str
) -> None:
    ledger = Keys(brand).ledger(URI)
    store = await allow(granted(), list(KEYS))
    await store.publish(an_item(), "d", "f")
    await raw.delete(ledger)
    await raw.execute_command("SADD", ledger, "not what the script expects")
    await store.publish(an_item(version=2), "e", "f")
    assert [len(body) > 0 for body in await raw.lrange(ledger, 0, -1)] == [False, True] and await raw.ttl(ledger) == -1


@pytest.mark.parametrize(
    ("epoch", "seq"),
    [
        ("e-1", "1"),
        ("e" * 41, "1"),
        ("", "1"),
        ("é", "1"),
        ("e 1", "1"),
        ("none", "1"),
        ("e1", "x"),
        ("e1", "-1"),
        ("e1", "1.5"),
        ("e1", "1e3"),
        ("e1", " 7"),
        ("e1", "0x10"),
        ("e1", ""),
        ("e1", "007"),
        ("e1", "9007199254740991"),
        ("e1", "99999999999999999999"),
        (None, "1"),
        ("e1", None),
    ],
)
async def test_an_epoch_or_number_that_no_node_accepts_is_refused_before_any_write(
    raw: Any, allow: Callable[..., Any], brand: str, epoch: str | None, seq: str | None
) -> None:
    fields = {name: value for name, value in (("epoch", epoch), ("seq", seq)) if value is not None}
    await raw.hset(Keys(brand).meta, mapping=fields)
    content_before = await contents(raw, brand)
    store = await allow(granted(), list(KEYS))
    for attempt in (store.publish(an_item(), "d", "f"), store.probe()):
        with pytest.raises(StreamAwayError, match="REFUSED"):
            await attempt
    assert await contents(raw, brand) == content_before
    await raw.hset(Keys(brand).meta, mapping={"epoch": "e1", "seq": "9007199254740989"})
    assert (await store.publish(an_item(), "d", "f")).cursor.seq == 9007199254740990


@pytest.mark.parametrize(
    ("last", "following"),
    [
        ("99999999999999-7", "99999999999999-8"),
        ("99999999999999-9", "99999999999999-10"),
        ("99999999999999-1999", "99999999999999-2000"),
        ("99999999999999-18446744073709551615", "100000000000000-0"),
        ("18446744073709551614-18446744073709551615", "18446744073709551615-0"),
        ("18446744073709551615-18446744073709551614", "18446744073709551615-18446744073709551615"),
        ("18446744073709551615-18446744073709551615", None),
    ],
)
@pytest.mark.parametrize("deleted", [False, True])
async def test_the_entry_id_is_above_the_last_one_at_any_clock(
    raw: Any,
    allow: Callable[..., Any],
    brand: str,
    keyring: Keyring,
    last: str,
    following: str | None,
    deleted: bool,
) -> None:
    await raw.xadd(Keys(brand).items, {"garbage": "x"}, id=last)
    if deleted:
        await raw.xdel(Keys(brand).items, last)
    store = await allow(granted(), list(KEYS))
    if following is None:
        with pytest.raises(StreamAwayError, match="no entry id left"):
            await store.probe()
        with pytest.raises(StreamAwayError, match="no entry id left"):
            await store.publish(an_item(), "d", "f")
        assert not await raw.exists(Keys(brand).meta, Keys(brand).ledger(URI), Keys(brand).answer("d"))
        return
    published = await store.publish(an_item(), "d", "f")
    [(entry_id, fields)] = (await raw.xrange(Keys(brand).items))[-1:]
    assert entry_id.decode() == following
    assert read_entry(entry_id, fields, keyring).cursor == published.cursor
    assert (await store.publish(an_item(), "d", "f")).cursor == published.cursor


async def test_an_error_of_the_public_write_undoes_every_write_before_it(
    monkeypatch: pytest.MonkeyPatch, raw: Any, allow: Callable[..., Any], brand: str
) -> None:
    store = await allow(granted(), list(KEYS))
    short = Store(store.calls.client, store.keyring, length=1)
    await short.publish(an_item("urn:flashwire:a"), "1", "f")
    await short.publish(an_item(), "2", "f")
    content_before = await contents(raw, brand)
    # A stream id that is too small stands for an unexpected error.
    text = publisher.stream.store._PUBLISH.text.replace("trimmed, id,", "trimmed, '0-0',")
    assert text != publisher.stream.store._PUBLISH.text
    with monkeypatch.context() as patched:
        patched.setattr(publisher.stream.store, "_PUBLISH", Script(text, "0" * 40))
        for item in (an_item(version=2), an_item("urn:flashwire:b")):
            with pytest.raises(StreamAwayError, match="0-0"):
                await short.publish(item, "d", "f")
            content_after = await contents(raw, brand)
            assert {key: value for key, (value, _) in content_after.items()} == {
                key: value for key, (value, _) in content_before.items()
            }
    assert (await short.publish(an_item(version=2), "d", "f")).cursor.seq == 3


async def test_a_probe_changes_nothing_for_readers_and_adds_one_key(
    script: None, raw: Any, allow: Callable[..., Any], brand: str
) -> None:
    store = await allow([*granted(), *(f"+{right}" for right in RIGHTS_OF_ACTS)], list(KEYS))
    await store.publish(an_item(), "1", "f")
    content_before = await contents(raw, brand)
    for _ in range(3):
        await store.probe()
        assert await contents(raw, brand) == content_before
    assert (
        len([key async for key in raw.scan_iter(f"flashwire:{{{brand}}}:*", count=10_000)]) == len(content_before) + 1
    )


def test_a_public_write_before_the_others_is_caught_by_the_tests_above() -> None:
    text = publisher.stream.store._PUBLISH.text
    assert text.rindex('write(nil, "XADD", items') > max(
        text.rindex(command) for command in ('"RPUSH", ledger', '"HSET", meta, "epoch"')
    )
