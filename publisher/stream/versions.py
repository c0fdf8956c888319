"""The stored versions of one item: which is the newest, which of them can be read, what the next one carries.

1. The ledger has one body for each version, so that its length is the newest version's number. Where it was lost or is
   short, the stream's newest version counts.
2. A body that no key of ours verifies is unreadable: it counts as a version, and none of its words are used.
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

_TAIL: Final = 8
# As MAX_PADDING of publish.lua.
_MOST_AHEAD: Final = 5000
RECORD: Final[Script] = load_script("record.lua")


class ItemRecord(msgspec.Struct, frozen=True):
    """What the store holds of one item."""

    uri: str
    version: int
    """The number of the newest version, readable or not."""
    item: Item | None
    """The newest version that can be read, or None where there is none."""
    earlier: tuple[Facets, ...]
    """What the next version carries for filters."""
    before: bytes = b""
    """The body of the newest version where the ledger lacks it."""

    @property
    def readable(self) -> bool:
        """Whether the newest version can be read."""
        return self.item is not None and self.item.version == self.version


class Version(msgspec.Struct, frozen=True):
    """One readable version, its facets included, and the body that it was read from."""

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
    """Whether a key of ours signed `body`, whatever is in it."""
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
    """What the store holds of `uri`, or None where it knows no such item; raises `StreamAwayError`."""
    async with translated(), asyncio.timeout(BUDGET_SECONDS):
        return await _read_record(calls, keys, keyring, uri)


async def _read_record(calls: RedisCalls, keys: Keys, keyring: Keyring, uri: str) -> ItemRecord | None:
    words = (3, keys.items, keys.newest, keys.ledger(uri), uri)
    count, bodies, held, entry_body = await calls.script(RECORD, (*words, _TAIL))
    best = newest_version([*bodies, entry_body], uri, keyring)
    if held - count > _MOST_AHEAD and (best is None or best.item.version != held):
        # Nobody signs the hash: so far ahead, and not confirmed by a version, its number is somebody else's.
        held = 0
    number = max(count, held)
    if count > _TAIL and best is None:
        _, bodies, _, _ = await calls.script(RECORD, (*words, 0))
        best = newest_version(bodies, uri, keyring)
    if best is None or best.item.version < number or not held:
        # Not in the hash, or not readable where it should be: the stream may hold a newer version, or a readable one.
        best = newest_version([*await _bodies_in_stream(calls, keys, uri), best.body if best else b""], uri, keyring)
    if best is None:
        return ItemRecord(uri, number, None, (EVERYTHING,), entry_body if held > count else b"") if number else None
    number = max(number, best.item.version)
    # Words that cannot be read may have matched any filter: every reader must be told of the next version.
    earlier = earlier_facets(best.item, best.earlier) if best.item.version == number else (EVERYTHING,)
    before = b""
    if number > count:
        before = best.body if best.item.version == number else entry_body
    return ItemRecord(uri, number, best.item, earlier, before)


async def signed_anew(calls: RedisCalls, keys: Keys, keyring: Keyring, body: bytes) -> Version | None:
    """The version in an unreadable `body`, where its item's ledger has the same words under a key of ours."""
    uri = named_uri(body)
    if uri is None:
        return None
    _, bodies, _, _ = await calls.script(RECORD, (3, keys.items, keys.newest, keys.ledger(uri), uri, 0))
    for other in bodies:
        try:
            version = read_version(other, keyring)
        except PoisonError:
            continue
        if body.endswith(b"." + version.item_json):
            return version
    return None


async def _bodies_in_stream(calls: RedisCalls, keys: Keys, uri: str) -> list[bytes]:
    """Every body in the stream that may be of `uri`, whoever signed it."""
    name = uri.encode()
    return [
        body
        async for page in calls.pages_backwards(keys.items)
        for _, fields in page
        if name in (body := fields.get(b"body", b""))
    ]
