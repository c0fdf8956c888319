"""Finds the newest items of the stream, each in its newest readable version."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from publisher.stream.redis_calls import BUDGET_SECONDS, RedisCalls, load_script
from publisher.stream.versions import read_record, read_version
from ticker.contract.entry import Keyring, PoisonError
from ticker.contract.item import Item
from ticker.stream.redis_stream import Keys, translated

_COUNTS: Final = load_script("counts.lua")


async def newest_items(
    calls: RedisCalls, keys: Keys, keyring: Keyring, limit: int, is_wanted: Callable[[Item, bool], bool]
) -> list[tuple[Item, int]]:
    """Up to `limit` items and the number of each one's newest version, the latest first published first.

    An item comes in the newest version that can be read. `is_wanted` gets the item, and whether that version is its
    newest one. Raises `StreamAwayError`.
    """
    items: dict[str, tuple[Item, int]] = {}
    visited: set[str] = set()
    async with translated(), asyncio.timeout(BUDGET_SECONDS):
        async for page in calls.pages_backwards(keys.items):
            # Backwards, so the first version of an item is its newest in the stream; its ledger may have a newer one.
            candidates: list[Item] = []
            for _, fields in page:
                item = _read_item(fields, keyring)
                if item and item.uri not in visited:
                    visited.add(item.uri)
                    candidates.append(item)
            for item, count in zip(candidates, await _version_counts(calls, keys, candidates), strict=True):
                newest = count
                if count > item.version:
                    record = await read_record(calls, keys, keyring, item.uri)
                    item, newest = (record.item, record.version) if record and record.item else (item, count)
                if is_wanted(item, item.version >= newest):
                    items[item.uri] = (item, max(newest, item.version))
                if len(items) == limit:
                    break
            if len(items) == limit:
                break
    return sorted(items.values(), key=lambda pair: (pair[0].first_created, pair[0].uri), reverse=True)


async def _version_counts(calls: RedisCalls, keys: Keys, items: Sequence[Item]) -> list[int]:
    """How many versions the ledger of each item has."""
    if not items:
        return []
    ledgers = [keys.ledger(item.uri) for item in items]
    return list(await calls.script(_COUNTS, (len(ledgers), *ledgers)))


def _read_item(fields: dict[bytes, bytes], keyring: Keyring) -> Item | None:
    try:
        return read_version(fields.get(b"body", b""), keyring).item
    except PoisonError:
        return None
