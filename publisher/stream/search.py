"""Looks through the stream and then through the ledgers, a bounded piece for each call.

1. The stream is read backwards, so that the newest items come first; then every ledger that is left, in no order.
2. A call reads at most `_PAGES` pages and says where the next one goes on. An item may come twice, in two calls.
3. Verifying and comparing a page takes some 5 ms, and so it runs in a thread.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any, Final, cast

import msgspec

from publisher.core.search import Search, matches_rest, matches_words
from publisher.stream.redis_calls import PAGE, RedisCalls
from publisher.stream.versions import read_record, read_version
from ticker.contract.entry import Keyring, PoisonError
from ticker.contract.item import Item
from ticker.stream.redis_stream import Keys

_PAGES: Final = 5
_LEDGER_COUNT: Final = 200


class Found(msgspec.Struct, frozen=True):
    """The items of one call in their newest versions, and where the next call goes on; None at the end."""

    items: list[Item]
    next: str | None


async def find(calls: RedisCalls, keys: Keys, keyring: Keyring, search: Search, limit: int, cursor: str) -> Found:
    """Up to about `limit` items that match, from the position `after` on ("" at the start). Raises `StreamAwayError`.

    A position is `s` and the id of an entry, or `l` and the cursor of a scan.
    """
    items: dict[str, Item] = {}
    visited: set[str] = set()
    position = cursor or "s+"
    for _ in range(_PAGES):
        bodies, following = await _piece(calls, keys, position)
        matching = await asyncio.to_thread(_matching, bodies, keyring, search)
        for version in matching:
            if version.uri in visited:
                continue
            visited.add(version.uri)
            record = await read_record(calls, keys, keyring, version.uri)
            if record and record.item and record.readable and matches_rest(record.item, search):
                items[version.uri] = record.item
        if following is None or len(items) >= limit:
            return Found(list(items.values()), following)
        position = following
    return Found(list(items.values()), position)


async def _piece(calls: RedisCalls, keys: Keys, position: str) -> tuple[list[bytes], str | None]:
    """The bodies of one page, and the position after it."""
    if position.startswith("s"):
        end = position[1:] if position == "s+" else f"({position[1:]}"
        read = partial(calls.client.xrevrange, keys.items, max=end, count=PAGE)
        page: Any = await calls.command(read)  # Any: redis-py's stream replies have no type of their own
        bodies = [fields.get(b"body", b"") for _, fields in page if fields is not None]
        return bodies, f"s{page[-1][0].decode()}" if len(page) == PAGE else "l0"
    scan = partial(calls.client.scan, int(position[1:]), match=f"{keys.ledger('')}*", count=_LEDGER_COUNT)
    cursor, names = cast(tuple[int, list[bytes]], await calls.command(scan))
    bodies = []
    for name in names:
        read_ledger = partial(calls.client.lrange, name.decode("utf-8", "replace"), 0, -1)
        bodies += cast(list[bytes], await calls.command(read_ledger))
    return bodies, f"l{cursor}" if cursor else None


def _matching(bodies: Iterable[bytes], keyring: Keyring, search: Search) -> list[Item]:
    """The versions whose words match."""
    versions = []
    for body in bodies:
        try:
            item = read_version(body, keyring).item
        except PoisonError:
            continue
        # Time and edition never change, so most items need no look-up of their newest version.
        if matches_words(item, search) and _may_match(item, search):
            versions.append(item)
    return versions


def _may_match(item: Item, search: Search) -> bool:
    """Whether the newest version can match, by what no version changes."""
    fixed = Search(editions=search.editions, since=search.since, until=search.until)
    return matches_rest(item, fixed)
