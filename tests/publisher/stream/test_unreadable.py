"""Unreadable versions count, none of their content is used, and a chief can always withdraw the item."""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from publisher.api.app import create_app
from publisher.api.parts import Parts, open_parts
from publisher.core.roles import Role
from publisher.core.ulid import ulid, ulid_seconds
from publisher.core.unreadable import withdrawable
from publisher.settings import DeskSettings
from publisher.stream.rekey import rekey
from tests.support.desk_requests import act, post, published
from tests.support.sample_items import NOW, URI, an_item
from ticker.contract.entry import read_entry, seal
from ticker.contract.facets import EVERYTHING
from ticker.contract.item import encode_item, moment
from ticker.contract.site import load_site
from ticker.stream.redis_stream import Keys

pytestmark = pytest.mark.anyio
KEYS = {name: f"{name}:{b64encode(name.encode() * 16).decode()}" for name in ("k1", "k2", "k3")}
NOTE = "It was another bridge."


class Opened:
    """A desk with some of the signing keys, and a client of each role."""

    def __init__(self, parts: Parts, stack: AsyncExitStack) -> None:
        self.desk = parts
        self._app = create_app(parts)
        self._stack = stack

    async def client(self, role: Role, token: str = "") -> httpx2.AsyncClient:
        name = f"{role} {len(self.desk.tokens.all())}"
        headers = {"Authorization": token or f"Bearer {self.desk.tokens.create(name, role)}"}
        transport = httpx2.ASGITransport(self._app)
        client = httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers)
        return await self._stack.enter_async_context(client)


@pytest.fixture
async def desk_with(settings: DeskSettings) -> AsyncIterator[Callable[..., Opened]]:
    """Opens a desk with the keys of the given names, the first of which signs."""
    async with AsyncExitStack() as stack:

        def opened(*names: str) -> Opened:
            keys = ",".join(KEYS[name] for name in names)
            parts = open_parts(settings.model_copy(update={"signing_keys": keys}))
            stack.push_async_callback(parts.store.aclose)
            stack.push_async_callback(parts.audit.aclose)
            return Opened(parts, stack)

        yield opened


async def listed(client: httpx2.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/items{query}")
    return list(answer.json()["items"])


async def test_after_a_stolen_key_is_dropped_no_older_version_counts_and_a_chief_can_withdraw(
    desk_with: Callable[..., Opened], raw: Any, brand: str
) -> None:
    chief = await desk_with("k1").client("chief")
    names = [await published(chief) for _ in range(4)]
    chief = await desk_with("k2", "k1").client("chief")
    for name, second in zip(names, ("withdraw", "correction", "hold"), strict=False):
        assert (await act(chief, name, second, note=NOTE)).status_code == 200
    last = desk_with("k3", "k1")
    chief, editor = await last.client("chief"), await last.client("editor")

    assert [item["uri"] for item in await listed(chief)] == [names[3]]
    unreadable = await listed(chief, "?status=unreadable")
    assert sorted(item["uri"] for item in unreadable) == sorted(names[:3])
    assert all(item["unreadable"] is True and (item["version"], item["newestVersion"]) == (1, 2) for item in unreadable)
    for name in names[:3]:
        record = await chief.get(f"/v1/items/{name}")
        assert (record.status_code, record.headers["etag"]) == (200, '"2"')
        assert (record.json()["version"], record.json()["newestVersion"], record.json()["unreadable"]) == (1, 2, True)
        for other in ("update", "hold", "release", "correction", "refile"):
            refused = await act(chief, name, other, seen=2, note=NOTE, urgency=1)
            assert (refused.status_code, refused.headers["etag"]) == (409, '"2"'), other
            assert refused.json()["type"].endswith("unreadable") and "version 2" in refused.json()["detail"].lower()
        assert (await act(editor, name, "withdraw", seen=2, note=NOTE)).status_code == 403
        late = await act(chief, name, "withdraw", seen=1, note=NOTE)
        assert (late.status_code, late.headers["etag"]) == (412, '"2"')
        dry_run = await act(chief, name, "withdraw", seen=2, note=NOTE, dryRun=True)
        assert dry_run.json()["item"]["version"] == 3
        reply = await act(chief, name, "withdraw", seen=2, note=NOTE, key=name)
        assert (reply.status_code, reply.headers["etag"]) == (200, '"3"')
        assert (reply.json()["item"]["pubStatus"], reply.json()["item"]["version"]) == ("canceled", 3)
        assert (await act(chief, name, "withdraw", seen=2, note=NOTE, key=name)).content == reply.content
        assert (await chief.get(f"/v1/items/{name}")).json()["pubStatus"] == "canceled"
        assert await raw.llen(Keys(brand).ledger(name)) == 3
        entry_id, fields = (await raw.xrange(Keys(brand).items))[-1]
        # An unreadable version may have matched any filter.
        assert read_entry(entry_id, fields, last.desk.store.keyring).earlier == (EVERYTHING,)
    assert await listed(chief, "?status=unreadable") == []


@pytest.mark.deep
async def test_an_item_without_a_readable_version_is_withdrawn_with_a_neutral_text(
    desk_with: Callable[..., Opened], raw: Any, brand: str
) -> None:
    chief = await desk_with("k1").client("chief")
    name = await published(chief, edition="ar", language="en", text="Civil Defence: Words that nobody verified")
    chief = await desk_with("k3").client("chief")
    record = await chief.get(f"/v1/items/{name}")
    assert (record.status_code, record.headers["etag"]) == (409, '"1"') and record.json()["type"].endswith("unreadable")
    assert (await act(chief, name, "update", urgency=1)).status_code == 409
    reply = await act(chief, name, "withdraw", note=NOTE)
    assert (reply.status_code, reply.headers["etag"]) == (200, '"2"')
    item = reply.json()["item"]
    assert (item["pubStatus"], item["note"]["value"], item["headline"]["value"]) == ("canceled", NOTE, "Withdrawn")
    assert "verified" not in reply.text and "Civil" not in reply.text
    assert await raw.llen(Keys(brand).ledger(name)) == 2


@pytest.mark.deep
async def test_a_withdrawal_that_left_the_stream_counts_from_the_ledger(
    desk_with: Callable[..., Opened], raw: Any, brand: str
) -> None:
    chief = await desk_with("k1").client("chief")
    name = await published(chief)
    await act(chief, name, "withdraw", note=NOTE)
    entry_id, _ = (await raw.xrange(Keys(brand).items))[-1]
    await raw.xdel(Keys(brand).items, entry_id)
    assert await listed(chief) == [] == await listed(chief, "?status=unreadable")
    assert [item["version"] for item in await listed(chief, "?status=canceled")] == [2]
    assert (await chief.get(f"/v1/items/{name}")).json()["pubStatus"] == "canceled"


@pytest.mark.deep
@pytest.mark.parametrize("damage", [b"", b"\xff", b"fw1.k1.wrong.{}", b"fw9999.k1.x.{}", b"x" * 40_000])
async def test_a_damaged_ledger_is_read_from_the_stream(
    desk_with: Callable[..., Opened], raw: Any, brand: str, damage: bytes
) -> None:
    chief = await desk_with("k1").client("chief")
    name = await published(chief)
    await act(chief, name, "update", urgency=1)
    await raw.lset(Keys(brand).ledger(name), -1, damage)
    record = await chief.get(f"/v1/items/{name}")
    assert record.headers["etag"] == '"2"' and record.json()["urgency"] == 1 and "unreadable" not in record.json()
    assert (await act(chief, name, "withdraw", seen=2, note=NOTE)).status_code == 200


@pytest.mark.deep
async def test_an_item_whose_ledger_is_no_list_can_be_withdrawn(
    desk_with: Callable[..., Opened], raw: Any, brand: str
) -> None:
    chief = await desk_with("k1").client("chief")
    name = await published(chief)
    await act(chief, name, "update", urgency=1)
    await raw.delete(Keys(brand).ledger(name))
    await raw.set(Keys(brand).ledger(name), "no list")
    assert [item["version"] for item in await listed(chief)] == [2]
    assert (await chief.get(f"/v1/items/{name}")).headers["etag"] == '"2"'
    assert (await act(chief, name, "withdraw", seen=2, note=NOTE)).status_code == 200
    assert await raw.llen(Keys(brand).ledger(name)) == 3


async def test_the_newest_readable_version_is_found_behind_many_unreadable_ones(
    desk_with: Callable[..., Opened], raw: Any, brand: str
) -> None:
    chief = await desk_with("k1").client("chief")
    name = await published(chief)
    for number in range(20):
        await raw.rpush(Keys(brand).ledger(name), b"fw1.k9.x.{%d}" % number)
    record = await chief.get(f"/v1/items/{name}")
    assert (record.headers["etag"], record.json()["version"]) == ('"21"', 1)
    assert (await act(chief, name, "withdraw", seen=21, note=NOTE)).status_code == 200


async def test_an_unreadable_version_over_a_withdrawal_can_be_withdrawn_again(
    desk_with: Callable[..., Opened], raw: Any, brand: str
) -> None:
    chief = await desk_with("k1").client("chief")
    name = await published(chief)
    await act(chief, name, "withdraw", note=NOTE)
    await raw.rpush(Keys(brand).ledger(name), b"fw1.stolen.x.{}")
    assert (await act(chief, name, "withdraw", seen=3, note=NOTE)).status_code == 200
    assert (await act(chief, name, "withdraw", seen=4, note=NOTE)).status_code == 409


@pytest.mark.deep
async def test_an_answer_under_a_dropped_key_is_repeated_if_the_ledger_was_signed_again(
    desk_with: Callable[..., Opened], brand: str
) -> None:
    chief = await desk_with("k1").client("chief")
    first = await post(chief, key="one")
    name = first.json()["item"]["uri"]
    second = await act(chief, name, "update", urgency=1, key="two")
    await rekey(desk_with("k2", "k1").desk.store)
    chief = await desk_with("k2").client("chief", chief.headers["Authorization"])
    for again, count_before in (
        (await post(chief, key="one"), first),
        (await act(chief, name, "update", urgency=1, key="two"), second),
    ):
        assert (again.status_code, again.content) == (count_before.status_code, count_before.content)


@pytest.mark.deep
async def test_an_answer_that_no_key_verifies_is_a_decided_error_that_names_the_item(
    desk_with: Callable[..., Opened], raw: Any, brand: str
) -> None:
    chief = await desk_with("k1").client("chief")
    name = (await post(chief, key="one")).json()["item"]["uri"]
    await act(chief, name, "withdraw", note=NOTE, key="two")
    chief = await desk_with("k3").client("chief", chief.headers["Authorization"])
    for again in (await post(chief, key="one"), await act(chief, name, "withdraw", note=NOTE, key="two")):
        assert again.status_code == 409 and again.json()["type"].endswith("answer-unreadable")
        assert name in again.json()["detail"]
    assert await raw.xlen(Keys(brand).items) == 2
    # A body of another item, or with other content, does not confirm it either.
    ledger = Keys(brand).ledger(name)
    await raw.lset(ledger, 0, seal(encode_item(an_item(name)), desk_with("k3").desk.store.keyring))
    assert (await post(chief, key="one")).status_code == 409


def test_a_neutral_withdrawal_takes_its_time_from_the_uri() -> None:
    site = load_site(None)
    name = f"urn:flashwire:{ulid(NOW - 500, bytes(10))}"
    assert withdrawable(name, 3, None, site, now=NOW).first_created == moment(NOW - 500)
    for strange in ("urn:flashwire:x", "urn:flashwire:" + "Z" * 26, "urn:flashwire:" + "u" * 26):
        assert withdrawable(strange, 3, None, site, now=NOW).first_created == moment(NOW)
    remaining = withdrawable(URI, 3, an_item(pub_status="canceled"), site, now=NOW)
    assert (remaining.version, remaining.pub_status, remaining.headline) == (3, "usable", an_item().headline)


def test_the_time_of_an_id_is_read_back() -> None:
    assert ulid_seconds(ulid(1469918176.385, bytes(10))) == 1469918176.385
    assert ulid_seconds("01aryz6s41" + "0" * 16) == 1469918176.385
    assert ulid_seconds("") is None and ulid_seconds("7" + "Z" * 25) is None
