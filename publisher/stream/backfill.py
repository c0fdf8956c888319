"""Completes the hash of newest entries and the lifetimes of ledgers, for items that an earlier release wrote.

1. Every item in the stream gets its place in the hash, and a ledger that does not expire; one that is
   lost or short gets the stream's newest version, unless an entry after it is missing or unreadable.
2. Every ledger without a lifetime whose item has left the stream gets one.
3. The mark `prepared` comes last: whatever ends this in between, the next start does it again.
"""

from typing import Final, NamedTuple

from publisher.stream.redis_calls import load_script
from publisher.stream.store import Store
from ticker.contract.entry import PoisonError, named_uri, read_entry
from ticker.stream.redis_stream import translated

_BACKFILL: Final = load_script("backfill.lua")
_AT_ONCE: Final = 200


class _Newest(NamedTuple):
    """The newest entry that names an item; version 0 where none can be read."""

    entry_id: bytes
    version: int
    is_sure: bool
    """Whether no entry is missing or unreadable after it, which might be a newer version."""

    def words(self) -> tuple[bytes, int, int]:
        return self.entry_id, self.version, int(self.is_sure)


_NONE: Final = _Newest(b"", -1, False)


async def backfill(store: Store) -> int:
    """Completes hash, ledgers and lifetimes; returns how many items the stream has. Raises `StreamAwayError`."""
    present: dict[str, _Newest] = {}
    following = await store.calls.command(lambda: store.calls.client.hmget(store.keys.meta, ["epoch", "seq"]))
    unbroken = True
    async for page in store.calls.pages_backwards(store.keys.items):
        for entry_id, fields in page:
            try:
                entry = read_entry(entry_id, fields, store.keyring)
            except PoisonError:
                # Its words count for nothing, but the ledger that it names must not expire. It may be a withdrawal.
                unbroken = False
                if (uri := named_uri(fields.get(b"body", b""))) is not None:
                    present.setdefault(uri, _Newest(entry_id, 0, False))
                continue
            unbroken = unbroken and [fields[b"epoch"], fields[b"seq"]] == following
            following = [fields[b"epoch"], b"%d" % (entry.seq - 1)]
            # Read backwards: of two entries with one version the first is the newest.
            if entry.item.version > present.get(entry.item.uri, _NONE).version:
                present[entry.item.uri] = _Newest(entry_id, entry.item.version, unbroken)
    entries = [word for uri, newest in present.items() for word in (uri, *newest.words())]
    await _run(store, "entries", entries, 4 * _AT_ONCE)
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
        await store.calls.script(_BACKFILL, (*fixed, *words[start : start + most]))
