"""The stored versions of one item: the newest, the newest that can be read, and what the next one must carry.

1. The ledger has one body for each version, so its length is the number of the newest version. Where the ledger is lost
   or short, the newest version in the stream counts.
2. A body that no signing key verifies is unreadable: it counts as a version, and none of its content is used.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

import msgspec

from publisher.stream.redis_calls import BUDGET_SECONDS, RedisCalls, Script, load_script
from ticker.contract.entry import Keyring, PoisonError, named_uri, open_body
from ticker.contract.facets import EVERYTHING, Facets, earlier_facets
from ticker.contract.item import Item, decode_item
from ticker.stream.redis_stream import Keys, translated

# Bodies read from the end of the ledger; all of them only if none of these can be read.
_TAIL: Final = 8
# As MAX_PADDING of publish.lua.
_MAX_AHEAD: Final = 5000
RECORD: Final[Script] = load_script("record.lua")


class ItemRecord(msgspec.Struct, frozen=True):
    """What is stored of one item."""

    uri: str
    version: int
    """The number of the newest version, readable or not."""
    item: Item | None
    """The newest version that can be read, or None where there is none."""
    earlier: tuple[Facets, ...]
    """The facets that the next version carries, so that every filter that matched the item matches it."""
    missing_body: bytes = b""
    """The body of the newest version if the ledger lacks it."""

    @property
    def readable(self) -> bool:
        """Whether the newest version can be read."""
        return self.item is not None and self.item.version == self.version


class Version(msgspec.Struct, frozen=True):
    """One readable version with the facets of earlier ones, and the body that it was read from."""

    item: Item
    item_json: bytes
    earlier: tuple[Facets, ...]
    key_id: str
    body: bytes


def read_version(body: bytes, keyring: Keyring) -> Version:
    """The version in `body`; raises `PoisonError`."""
    opened = open_body(body, keyring)
    try:
        return Version(decode_item(opened.item_json), opened.item_json, opened.earlier, opened.key_id, body)
    except msgspec.DecodeError:
        raise PoisonError("schema") from None


def is_verified(body: bytes, keyring: Keyring) -> bool:
    """Whether a key of `keyring` signed `body`; its content does not matter."""
    try:
        open_body(body, keyring)
    except PoisonError as error:
        return error.reason not in ("key", "signature")
    return True


def newest_version(bodies: Iterable[bytes], uri: str, keyring: Keyring) -> Version | None:
    """The readable version of `uri` with the highest number in `bodies`, or None."""
    best: Version | None = None
    for body in bodies:
        try:
            version = read_version(body, keyring)
        except PoisonError:
            continue
        if version.item.uri == uri and (best is None or version.item.version > best.item.version):
            best = version
    return best


async def read_record(calls: RedisCalls, keys: Keys, keyring: Keyring, uri: str) -> ItemRecord | None:
    """What is stored of `uri`, or None where there is no such item; raises `StreamAwayError`."""
    async with translated(), asyncio.timeout(BUDGET_SECONDS):
        return await _read_record(calls, keys, keyring, uri)


async def _read_record(calls: RedisCalls, keys: Keys, keyring: Keyring, uri: str) -> ItemRecord | None:
    arguments = (3, keys.items, keys.newest, keys.ledger(uri), uri)
    count, bodies, indexed, entry_body = await calls.script(RECORD, (*arguments, _TAIL))
    best = newest_version([*bodies, entry_body], uri, keyring)
    if indexed - count > _MAX_AHEAD and (best is None or best.item.version != indexed):
        # The index is not signed. A number so far ahead counts only if a signed version confirms it.
        indexed = 0
    number = max(count, indexed)
    if count > _TAIL and best is None:
        _, bodies, _, _ = await calls.script(RECORD, (*arguments, 0))
        best = newest_version(bodies, uri, keyring)
    if best is None or best.item.version < number or not indexed:
        # The item is not indexed, or its newest version is not readable where it should be: search the stream.
        best = newest_version([*await _bodies_in_stream(calls, keys, uri), best.body if best else b""], uri, keyring)
    if best is None:
        if not number:
            return None
        return ItemRecord(uri, number, None, (EVERYTHING,), entry_body if indexed > count else b"")
    number = max(number, best.item.version)
    # An unreadable version may have matched any filter, so every reader must get the next one.
    earlier = earlier_facets(best.item, best.earlier) if best.item.version == number else (EVERYTHING,)
    missing_body = b""
    if number > count:
        missing_body = best.body if best.item.version == number else entry_body
    return ItemRecord(uri, number, best.item, earlier, missing_body)


async def read_versions(calls: RedisCalls, keys: Keys, keyring: Keyring, uri: str) -> list[tuple[int, Item | None]]:
    """Every stored version of `uri` with its number, the oldest first; None for one that cannot be read.

    Raises `StreamAwayError`. What the ledger lacks is read from the stream.
    """
    async with translated(), asyncio.timeout(BUDGET_SECONDS):
        count, bodies, indexed, entry_body = await calls.script(
            RECORD, (3, keys.items, keys.newest, keys.ledger(uri), uri, 0)
        )
        if count < indexed:
            bodies = [*await _bodies_in_stream(calls, keys, uri), *bodies, entry_body]
    versions: dict[int, Item | None] = dict.fromkeys(range(1, count + 1))
    for body in bodies:
        try:
            item = read_version(body, keyring).item
        except PoisonError:
            continue
        if item.uri == uri:
            versions[item.version] = item
    return sorted(versions.items())


async def resigned_version(calls: RedisCalls, keys: Keys, keyring: Keyring, body: bytes) -> Version | None:
    """The version in an unreadable `body`, if its item's ledger has the same content under a key of `keyring`."""
    uri = named_uri(body)
    if uri is None:
        return None
    _, bodies, _, _ = await calls.script(RECORD, (3, keys.items, keys.newest, keys.ledger(uri), uri, 0))
    for ledger_body in bodies:
        try:
            version = read_version(ledger_body, keyring)
        except PoisonError:
            continue
        if body.endswith(b"." + version.item_json):
            return version
    return None


async def _bodies_in_stream(calls: RedisCalls, keys: Keys, uri: str) -> list[bytes]:
    """Every body in the stream that contains `uri`, whichever key signed it."""
    name = uri.encode()
    return [
        body
        async for page in calls.pages_backwards(keys.items)
        for _, fields in page
        if name in (body := fields.get(b"body", b""))
    ]
