"""Reads the stream from a moment on: the recent versions, and then each new one, also those of other desks."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final

from publisher.stream.redis_calls import PAGE, RedisCalls
from publisher.stream.versions import read_version
from ticker.contract.entry import Keyring, PoisonError
from ticker.contract.item import Item
from ticker.stream.redis_stream import Keys

# Reading one body takes 40 µs; after this many, other requests are served.
_AT_ONCE: Final = 25


async def recent_versions(
    calls: RedisCalls, keys: Keys, keyring: Keyring, *, since: float, limit: int
) -> tuple[list[Item], bytes]:
    """Up to `limit` readable versions that were stored after `since` (seconds since 1970), oldest first.

    Also returns the id of the newest entry of the stream. Raises `StreamAwayError`.
    """
    items: list[Item] = []
    newest = b"0"
    async for page in calls.pages_backwards(keys.items):
        newest = page[0][0] if newest == b"0" and page else newest
        recent = [fields for entry_id, fields in page if int(entry_id.split(b"-")[0]) >= since * 1000]
        items += [item async for item in _items(recent, keyring)]
        if len(recent) < len(page) or len(items) >= limit:
            break
    items.reverse()
    return items[-limit:], newest


async def bodies_after(calls: RedisCalls, keys: Keys, entry_id: bytes, limit: int = PAGE) -> tuple[list[bytes], bytes]:
    """The bodies of the entries after `entry_id`, at most `limit`, and the id of the last one of them.

    Raises `StreamAwayError`.
    """
    read = partial(calls.client.xrange, keys.items, min=f"({entry_id.decode()}", count=limit)
    page: Any = await calls.command(read)  # Any: redis-py's stream replies have no type of their own
    bodies = [fields.get(b"body", b"") for _, fields in page if fields is not None]
    return bodies, page[-1][0] if page else entry_id


def item_of(body: bytes, keyring: Keyring) -> Item | None:
    """The version in the body of an entry; None if it cannot be read."""
    try:
        return read_version(body, keyring).item
    except PoisonError:
        return None


async def _items(entries: list[dict[bytes, bytes]], keyring: Keyring) -> AsyncIterator[Item]:
    for number, fields in enumerate(entries, 1):
        if (item := item_of(fields.get(b"body", b""), keyring)) is not None:
            yield item
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
