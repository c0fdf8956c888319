"""Checks of the server and of the stream that find faults before an editor meets them; nothing is written."""

from typing import Any, Final

from publisher.stream.redis_calls import RedisCalls
from publisher.stream.versions import is_verified
from ticker.contract.entry import Keyring
from ticker.stream.redis_stream import Keys, StreamAwayError

_PAGES: Final = 50


async def eviction_policy(calls: RedisCalls) -> str | None:
    """The server's `maxmemory-policy`, or None where the desk's user may not read it."""
    try:
        memory: Any = await calls.command(lambda: calls.client.info("memory"))  # Any: a reply
    except StreamAwayError:
        return None
    return str(memory["maxmemory_policy"]) if "maxmemory_policy" in memory else None


async def unverified_entries(calls: RedisCalls, keys: Keys, keyring: Keyring) -> int:
    """How many of the newest 10,000 entries no key of `keyring` verifies; raises `StreamAwayError`."""
    unverified = pages = 0
    async for page in calls.pages_backwards(keys.items):
        unverified += sum(not is_verified(fields.get(b"body", b""), keyring) for _, fields in page)
        pages += 1
        if pages == _PAGES:
            break
    return unverified
