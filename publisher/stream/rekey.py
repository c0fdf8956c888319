"""Signs every body of an older key again with the signer's key, so that the older key can be removed.

1. The bodies of a ledger are replaced in place. The newest version of an item in the stream is appended once more (same
   version, next number), together with its ledger, in one call of publish.lua.
2. A body that the signer's key has signed stays as it is: a second run changes nothing, and an interrupted run can be
   repeated.
3. A body that no key verifies is counted and stays as it is; so does the schema of a newer release. If it is an item's
   newest version, no older version is appended, because readers would take it for news.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from publisher.stream.backfill import ledgers
from publisher.stream.redis_calls import load_script
from publisher.stream.store import Store
from publisher.stream.versions import RECORD, Version, read_version
from ticker.contract.entry import SCHEMA, PoisonError, seal
from ticker.contract.item import Item

_RESIGN: Final = load_script("resign.lua")


class RekeyResult(msgspec.Struct):
    """What was done, or would be done without the dry run; `unreadable` counts bodies by reason."""

    items: int = 0
    bodies: int = 0
    changed_meanwhile: int = 0
    """Items that an editor changed during the run; another run signs them."""
    unreadable: Counter[str] = msgspec.field(default_factory=Counter)
    unreadable_items: list[str] = msgspec.field(default_factory=list)
    """The uri of each item whose newest version cannot be read."""
    signed: list[Item] = msgspec.field(default_factory=list)
    """The items whose newest entry is signed again."""


async def rekey(
    store: Store, *, dry_run: bool = False, progress: Callable[[int, int], None] = lambda count, total: None
) -> RekeyResult:
    """Signs every item again; calls `progress(items done, items in all)`. Raises `StreamAwayError`."""
    result = RekeyResult()
    newest = await _newest_in_stream(store, result)
    uris = sorted({*newest, *await ledgers(store)})
    for count, uri in enumerate(uris, 1):
        await _rekey_item(store, uri, newest.get(uri), dry_run, result)
        progress(count, len(uris))
    return result


async def _newest_in_stream(store: Store, result: RekeyResult) -> dict[str, Version]:
    newest: dict[str, Version] = {}
    async for page in store.calls.pages_backwards(store.keys.items):
        for _, fields in page:
            try:
                version = read_version(fields.get(b"body", b""), store.keyring)
            except PoisonError as error:
                result.unreadable[f"stream, {error.reason}"] += 1
                continue
            other = newest.get(version.item.uri)
            if other is None or version.item.version > other.item.version:
                newest[version.item.uri] = version
    return newest


async def _rekey_item(store: Store, uri: str, in_stream: Version | None, dry_run: bool, result: RekeyResult) -> None:
    arguments = (3, store.keys.items, store.keys.newest, store.keys.ledger(uri), uri, 0)
    count, bodies, indexed, _ = await store.calls.script(RECORD, arguments)
    result.items += 1
    number = max(count, indexed, in_stream.item.version if in_stream else 0)
    last: Version | None = in_stream if in_stream and in_stream.item.version == number else None
    for index, body in enumerate(bodies):
        try:
            version = read_version(body, store.keyring)
        except PoisonError as error:
            # An empty body stands for a version that was lost.
            if body:
                result.unreadable[f"ledger, {error.reason}"] += 1
            continue
        is_last = version.item.version == number and index + 1 == count
        last = version if is_last else last
        # The last body is replaced together with its entry, if the stream has one that needs it.
        if _is_old(version, store) and not (is_last and in_stream and _is_old(in_stream, store)):
            result.bodies += 1
            if not dry_run:
                ledger = store.keys.ledger(uri)
                await store.calls.script(_RESIGN, (1, ledger, index, body, _resigned_body(version, store)))
    if last is None:
        result.unreadable_items.append(uri)
    elif in_stream and _is_old(in_stream, store):
        result.signed.append(last.item)
        current = bodies[-1] if count == number else last.body
        if not dry_run and not await store.renew(last, _resigned_body(last, store), current):
            result.changed_meanwhile += 1


def _resigned_body(version: Version, store: Store) -> bytes:
    """The same item under the signer's key; equal input gives an equal body, so a repeat finds its answer."""
    return seal(version.item_json, store.keyring, version.earlier)


def _is_old(version: Version, store: Store) -> bool:
    """Whether another key than the signer's has signed it, in the schema of this release."""
    return version.key_id != store.keyring.signer and version.body.startswith(SCHEMA + b".")
