"""Completes the hash of newest entries and the lifetimes of ledgers, for items that an earlier release wrote.

1. Every item in the stream gets its place in the hash, and a ledger that does not expire.
2. Every ledger without a lifetime whose item has left the stream gets one.
3. The mark `prepared` comes last: whatever ends this in between, the next start does it again.
"""

import re
from typing import Final

from publisher.calls import load_script
from publisher.store import Store
from publisher.versions import read_version
from ticker.contract.entry import PoisonError
from ticker.stream import translated

_PREPARE: Final = load_script("prepare.lua")
_AT_ONCE: Final = 200
_URI: Final = re.compile(rb'"uri":"(urn:flashwire:[0-9A-Za-z]+)"')


async def prepare(store: Store) -> int:
    """Completes hash and lifetimes; returns how many items the stream has. Raises `StreamAwayError`."""
    present: dict[str, tuple[bytes, int]] = {}
    async for page in store.calls.pages_backwards(store.keys.items):
        for entry_id, fields in page:
            body = fields.get(b"body", b"")
            try:
                item = read_version(body, store.keyring).item
                uri, version = item.uri, item.version
            except PoisonError:
                # Its words count for nothing, but the ledger that it names must not expire meanwhile.
                match = _URI.search(body)
                uri, version = match[1].decode() if match else "", 0
            # Read backwards: of two entries with one version the first is the newest.
            if uri and version > present.get(uri, (b"", -1))[1]:
                present[uri] = (entry_id, version)
    entries = [word for uri, (entry_id, version) in present.items() for word in (uri, entry_id, version)]
    await _run(store, "entries", entries, 3 * _AT_ONCE)
    await _run(store, "ledgers", [uri for uri in await ledgers(store) if uri not in present], _AT_ONCE)
    await store.calls.command(lambda: store.calls.client.hset(store.keys.newest, "prepared", "1"))
    return len(present)


async def ledgers(store: Store) -> list[str]:
    """The uri of every item that has a ledger; raises `StreamAwayError`."""
    prefix = store.keys.ledger("")
    async with translated():
        names = {key async for key in store.calls.client.scan_iter(match=f"{prefix}*", count=1000)}
    return sorted(uri for key in names if (uri := key.decode("utf-8", "replace").removeprefix(prefix)))


async def _run(store: Store, kind: str, words: list[str] | list[str | bytes | int], most: int) -> None:
    for start in range(0, len(words), most):
        fixed = (2, store.keys.items, store.keys.newest, store.keys.ledger(""), store.ledger_ms, kind)
        await store.calls.script(_PREPARE, (*fixed, *words[start : start + most]))
