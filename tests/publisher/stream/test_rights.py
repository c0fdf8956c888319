"""The two users in docs/deploy.md have exactly the rights that desk and nodes need."""

import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from publisher.stream.backfill import backfill
from publisher.stream.checks import eviction_policy
from publisher.stream.rekey import rekey
from publisher.stream.store import Store
from tests.publisher.stream.test_publish_script import RIGHTS, RIGHTS_OF_ACTS
from tests.support.sample_items import URI, an_item
from ticker.contract.entry import Keyring
from ticker.stream.redis_stream import Keys, Stream, StreamAwayError, connect

pytestmark = pytest.mark.anyio
_PAGE = (Path(__file__).parents[3] / "docs" / "deploy.md").read_text("utf-8")
LINES = {
    name: rights.split() for name, rights in re.findall(r"^ACL SETUSER (desk|node) on >PASSWORD (.*)$", _PAGE, re.M)
}


@pytest.fixture
async def user(raw: Any, redis_url: str, brand: str) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Creates the user of a line without some of its rights; returns its address."""
    names: list[str] = []

    async def make(kind: str, *without: str) -> str:
        names.append(f"{kind}{secrets.token_hex(4)}")
        rights = [removed.replace("{news}", f"{{{brand}}}") for removed in LINES[kind] if removed not in without]
        await raw.execute_command("ACL", "SETUSER", names[-1], "on", "nopass", *rights)
        return redis_url.replace("unix://", f"unix://{names[-1]}:x@")

    yield make
    for name in names:
        await raw.execute_command("ACL", "DELUSER", name)


async def test_the_desks_rights_allow_all_its_commands(user: Callable[..., Awaitable[str]], brand: str) -> None:
    client = connect(await user("desk"), timeout=1.2)
    keys = {"k1": b"k" * 32, "k2": b"2" * 32}
    store = Store(client, Keyring("k1", keys, brand), length=2)
    assert await store.probe() and await backfill(store) == 0
    for number in range(4):
        await store.publish(an_item(f"urn:flashwire:{number:026d}"), f"{number}", "f")
    await store.publish(an_item(), "d", "f")
    assert (await store.publish(an_item(), "d", "f")).is_repeat and await store.earlier_answer("d", "f")
    assert await store.record(URI) and len(await store.newest(10, is_wanted=lambda item, _: True)) == 2
    await store.publish_canary(an_item(edition="canary"))
    assert await eviction_policy(store.calls) == "noeviction"
    assert len((await rekey(Store(client, Keyring("k2", keys, brand)))).signed) == 2
    waiting = Store(client, Keyring("k1", keys, brand), replicas=1)
    with pytest.raises(StreamAwayError, match="0 of 1 replicas"):
        await waiting.probe()
    await store.aclose()


async def test_nothing_is_written_by_a_desk_that_may_not_wait_for_its_replicas(
    user: Callable[..., Awaitable[str]], raw: Any, brand: str
) -> None:
    keyring = Keyring("k1", {"k1": b"k" * 32}, brand)
    store = Store(connect(await user("desk", "+wait"), timeout=1.2), keyring, replicas=1)
    # From now on the server has the script.
    await Store(store.calls.client, keyring).publish(an_item(f"{URI}2"), "c", "f")
    for _ in range(2):
        with pytest.raises(StreamAwayError, match=r"(?i)wait"):
            await store.publish(an_item(), "d", "f")
    assert await raw.xlen(Keys(brand).items) == 1
    await store.aclose()


async def test_the_nodes_rights_allow_all_its_reads_and_no_write_but_its_reports(
    user: Callable[..., Awaitable[str]], redis_url: str, raw: Any, brand: str
) -> None:
    desk = Store(connect(redis_url, timeout=1.2), Keyring("k1", {"k1": b"k" * 32}, brand))
    await desk.publish(an_item(), "d", "f")
    await desk.publish_canary(an_item(edition="canary"))
    address = await user("node")
    stream = Stream(connect(address, timeout=1.2), brand)
    assert (await stream.position()).seq == 1
    [(entry_id, _)] = await stream.records()
    assert await stream.newest() and await stream.exists(entry_id) and await stream.last_canary() != b"0"
    assert [len(reply) for reply in await stream.follow(b"0", b"0", block=0.01, count=10)] == [1, 1]
    assert len(await stream.ledger(URI)) == 1
    await stream.server()
    await stream.report(b"a report")
    assert await raw.xlen(Keys(brand).receipts) == 1
    # Its one write is to that key alone.
    async with redis.asyncio.Redis.from_url(address) as plain:
        for key in (Keys(brand).items, Keys(brand).canary, f"{Keys(brand).receipts}x", Keys(brand).ledger("u")):
            with pytest.raises(redis.exceptions.NoPermissionError):
                await plain.xadd(key, {"report": b"x"})
    node = Store(connect(address, timeout=1.2), Keyring("k1", {"k1": b"k" * 32}, brand))
    for attempt in (node.probe(), node.publish(an_item(version=2), "e", "f"), node.publish_canary(an_item())):
        with pytest.raises(StreamAwayError, match="permission"):
            await attempt
    for single in (desk, node):
        await single.aclose()
    await stream.aclose()


async def test_neither_user_reaches_another_brand(user: Callable[..., Awaitable[str]], brand: str) -> None:
    store = Store(connect(await user("desk"), timeout=1.2), Keyring("k1", {"k1": b"k" * 32}, f"{brand}x"))
    with pytest.raises(StreamAwayError, match=r"(?i)permission|access"):
        await store.publish(an_item(), "d", "f")
    await store.aclose()


def test_the_page_names_every_right_that_the_script_needs() -> None:
    assert {f"+{right}" for right in RIGHTS + RIGHTS_OF_ACTS} <= set(LINES["desk"])


@pytest.mark.parametrize("right", [right for right in LINES["desk"] if right[1:] in RIGHTS + RIGHTS_OF_ACTS])
async def test_the_script_needs_every_documented_right(
    user: Callable[..., Awaitable[str]], raw: Any, brand: str, right: str
) -> None:
    if right == "+eval":
        await raw.script_flush()
    store = Store(connect(await user("desk", right), timeout=1.2), Keyring("k1", {"k1": b"k" * 32}, brand))
    with pytest.raises(StreamAwayError, match=r"(?i)permission") as refused:
        await store.probe()
    assert right[1:].split("|")[0] in str(refused.value).lower()
    await store.aclose()
