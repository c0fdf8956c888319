"""What the doctor finds in the store: unreadable versions by reason, evicting servers, missing rights."""

import asyncio
import json
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from flashwire.cli.checks import check_side
from ticker.contract.entry import Keyring, seal
from ticker.contract.item import InfoSource, Item, Text, encode_item
from ticker.stream.redis_stream import Keys

Command = Callable[..., "subprocess.CompletedProcess[str]"]
SECRET = b"k" * 32


def an_item(number: int) -> Item:
    moment = "2026-05-01T09:30:00.000Z"
    sources = (InfoSource(Text("Civil Defence", "en", "ltr"), "official"),)
    headline = Text("Bridge closed", "en", "ltr")
    return Item(f"urn:flashwire:{number:026d}", 1, "publish", "usable", 4, headline, sources, "en", (), (), None, None,
                moment, moment, None, None, None)  # fmt: skip


@pytest.fixture
def raw(redis_url: str) -> Iterator[Any]:  # Any: redis-py has one type for replies as text and as bytes
    with redis.Redis.from_url(redis_url, legacy_responses=False) as client:
        yield client


def steps(answer: "subprocess.CompletedProcess[str]") -> dict[str, list[dict[str, Any]]]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for step in json.loads(answer.stdout)["steps"]:
        by_name.setdefault(step["step"], []).append(step)
    return by_name


@pytest.mark.deep
def test_unreadable_versions_are_counted_by_reason_in_stream_and_ledgers(
    flashwire: Command, redis_url: str, brand: str, raw: Any
) -> None:
    ours, theirs = Keyring("k1", {"k1": SECRET}, brand), Keyring("k9", {"k9": b"9" * 32}, brand)
    keys = Keys(brand)
    for number, keyring in enumerate((ours, theirs, theirs), 1):
        body = seal(encode_item(an_item(number)), keyring)
        raw.xadd(keys.items, {"epoch": "e1", "seq": number, "body": body})
        raw.rpush(keys.ledger(an_item(number).uri), b"", body)
    raw.hset(keys.meta, mapping={"epoch": "e1", "seq": 3})
    raw.rpush(keys.ledger(an_item(1).uri), b"garbage")
    there = {
        "REDIS_URL": redis_url,
        "FLASHWIRE_BRAND": brand,
        "FLASHWIRE_SIGNING_KEYS": f"k1:{b64encode(SECRET).decode()}",
    }
    stream, ledgers = steps(flashwire("doctor", "--json", **there))["readable"]
    assert not stream["ok"] and "of 3 entries: 2 (key)" in stream["found"] and "flashwire rekey" in stream["fix"]
    assert not ledgers["ok"] and "of 3 ledgers: 2 (key), 1 (malformed)" in ledgers["found"]
    raw.delete(*raw.scan_iter(f"flashwire:{{{brand}}}:*", count=10_000))
    assert all(step["ok"] for step in steps(flashwire("doctor", "--json", **there))["readable"])


@pytest.mark.deep
def test_a_server_that_evicts_is_named(flashwire: Command, redis_url: str, brand: str, raw: Any) -> None:
    there = {"REDIS_URL": redis_url, "FLASHWIRE_SIGNING_KEYS": f"k1:{b64encode(SECRET).decode()}"}
    raw.config_set("maxmemory-policy", "volatile-lru")
    try:
        [step] = steps(flashwire("doctor", "--json", FLASHWIRE_BRAND=brand, **there))["eviction"]
    finally:
        raw.config_set("maxmemory-policy", "noeviction")
    assert not step["ok"] and "volatile-lru" in step["found"] and "noeviction" in step["fix"]


@pytest.mark.deep
@pytest.mark.parametrize("right", ["hmget", "xrevrange", "xrange", "lrange", "scan", "info"])
def test_a_missing_right_is_named(flashwire: Command, redis_url: str, brand: str, raw: Any, right: str) -> None:
    raw.rpush(Keys(brand).ledger("u"), b"")
    raw.execute_command("ACL", "SETUSER", brand, "reset", "on", "nopass", "~*", "+@all", f"-{right}")
    try:
        there = {"REDIS_URL": redis_url.replace("unix://", f"unix://{brand}:x@"), "FLASHWIRE_BRAND": brand}
        keys = f"k1:{b64encode(SECRET).decode()}"
        answer = flashwire("doctor", "--json", FLASHWIRE_SIGNING_KEYS=keys, **there)
    finally:
        raw.execute_command("ACL", "DELUSER", brand)
    broken = [step for step in json.loads(answer.stdout)["steps"] if not step["ok"]]
    assert any(right in step["found"].lower() and "Rights" in step["fix"] for step in broken), broken


@pytest.mark.deep
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "sentences"),
    [
        (b'{"ready":true,"hidden":2,"hiddenItems":["urn:flashwire:a"]}', ["2 items are not shown: urn:flashwire:a"]),
        (b'{"ready":true,"hidden":2}', ["2 items are not shown"]),
        (b'{"ready":true,"hidden":0}', []),
        (b'{"ready":true}', []),
        (b"<h1>ok</h1>", []),
    ],
)
async def test_hidden_items_of_a_node_are_named_with_what_to_do(body: bytes, sentences: list[str]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        findings = await check_side("ticker", f"http://127.0.0.1:{port}")
    hidden = [finding for finding in findings if finding.step == "hidden"]
    assert [finding.description for finding in hidden] == sentences
    assert all(not finding.ok and "Items are hidden" in finding.fix for finding in hidden)
