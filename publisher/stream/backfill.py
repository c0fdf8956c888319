"""Completes the index of newest entries and the expiry of ledgers, for items that an earlier release wrote.

1. Every item in the stream gets its newest entry in the index, and a ledger that does not expire. A ledger that is lost
   or short gets the newest version in the stream, unless an entry after it is missing or unreadable.
2. The ledger of an item that has left the stream gets an expiry if it has none.
3. The field `prepared` is set last: if the backfill is interrupted, the next start repeats it.
"""

from typing import Final, NamedTuple

from publisher.stream.redis_calls import load_script
from publisher.stream.store import Store
from ticker.contract.entry import PoisonError, named_uri, read_entry
from ticker.stream.redis_stream import translated

_BACKFILL: Final = load_script("backfill.lua")
_ITEMS_PER_CALL: Final = 200


class _Newest(NamedTuple):
    """The newest entry of an item; version 0 if no entry of the item can be read."""

    entry_id: bytes
    version: int
    is_sure: bool
    """No entry after it is missing or unreadable, so that none can be a newer version."""

    def arguments(self) -> tuple[bytes, int, int]:
        return self.entry_id, self.version, int(self.is_sure)


_NONE: Final = _Newest(b"", -1, False)


async def backfill(store: Store) -> int:
    """Completes index, ledgers and expiry; returns how many items the stream has. Raises `StreamAwayError`."""
    present: dict[str, _Newest] = {}
    following = await store.calls.command(lambda: store.calls.client.hmget(store.keys.meta, ["epoch", "seq"]))
    is_unbroken = True
    async for page in store.calls.pages_backwards(store.keys.items):
        for entry_id, fields in page:
            try:
                entry = read_entry(entry_id, fields, store.keyring)
            except PoisonError:
                # Its content is not used, but the ledger of the item that it names must not expire.
                is_unbroken = False
                if (uri := named_uri(fields.get(b"body", b""))) is not None:
                    present.setdefault(uri, _Newest(entry_id, 0, False))
                continue
            is_unbroken = is_unbroken and [fields[b"epoch"], fields[b"seq"]] == following
            following = [fields[b"epoch"], b"%d" % (entry.seq - 1)]
            # Backwards, so the first of two entries with the same version is the newest.
            if entry.item.version > present.get(entry.item.uri, _NONE).version:
                present[entry.item.uri] = _Newest(entry_id, entry.item.version, is_unbroken)
    entries = [argument for uri, newest in present.items() for argument in (uri, *newest.arguments())]
    await _run(store, "entries", entries, 4 * _ITEMS_PER_CALL)
    await _run(store, "ledgers", [uri for uri in await ledgers(store) if uri not in present], _ITEMS_PER_CALL)
    await store.calls.command(lambda: store.calls.client.hset(store.keys.newest, "prepared", "1"))
    return len(present)


async def ledgers(store: Store) -> list[str]:
    """The uri of every item that has a ledger; raises `StreamAwayError`."""
    prefix = store.keys.ledger("")
    async with translated():
        names = {key async for key in store.calls.client.scan_iter(match=f"{prefix}*", count=1000)}
    return sorted(uri for key in names if (uri := key.decode("utf-8", "replace").removeprefix(prefix)))


async def _run(store: Store, kind: str, arguments: list[str] | list[str | bytes | int], limit: int) -> None:
    """Calls backfill.lua with at most `limit` of `arguments` at a time."""
    for start in range(0, len(arguments), limit):
        fixed = (2, store.keys.items, store.keys.newest, store.keys.ledger(""), store.ledger_ms, kind)
        await store.calls.script(_BACKFILL, (*fixed, *arguments[start : start + limit]))
