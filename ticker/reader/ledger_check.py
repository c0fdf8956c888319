"""Asks the ledgers about items whose newest version may be missing from the stream, and folds what they say."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ticker.contract.entry import Entry, Keyring
from ticker.core.doubts import Doubt, doubtful, judged
from ticker.core.record import Records, fold
from ticker.core.unread import Skipped, unread_items
from ticker.stream.redis_stream import Position, Stream

# To pack 200 commands, or to judge or fold 100 versions, holds the loop for about 2 ms.
_LEDGERS: Final = 200
_JUDGED: Final = 100


async def doubts_about(
    stream: Stream, keyring: Keyring, entries: Sequence[Entry], records: Sequence[Skipped], position: Position
) -> dict[str, Doubt]:
    """What the ledgers say of the items of `entries` in doubt, and of those that only skipped `records` name.

    Those that a ledger confirms are left out. A published record that names no item counts as an item of its own.
    Raises `StreamAwayError`.
    """
    doubts = await _of_held(stream, keyring, doubtful(entries, position.epoch, position.seq))
    unread, unnamed = unread_items(records, entries, position.epoch, position.seq)
    for uri, doubt in doubts.items():
        if doubt.newest is None and uri in unread:
            # The entry may stay longer than those of the item that can be read.
            doubts[uri] = msgspec.structs.replace(doubt, number=unread[uri])
    held = {entry.item.uri for entry in entries}
    unread = {uri: number for uri, number in unread.items() if uri not in held}
    counts = await _lengths(stream, list(unread))
    doubts |= {f"entry {number}": Doubt(0, number=number) for number in unnamed}
    # Without a ledger nobody published it: the desk writes that first.
    return doubts | {uri: Doubt(counts[uri], number=number) for uri, number in unread.items() if counts[uri]}


async def folded(entries: Sequence[Entry], doubts: Mapping[str, Doubt]) -> Records:
    """The items of `entries` and what the ledgers add to them, made in steps."""
    records: Records = {}
    for start in range(0, len(entries), _JUDGED):
        if start:
            await asyncio.sleep(0)
        fold(entries[start : start + _JUDGED], records)
    added = [doubt.newest for doubt in doubts.values() if doubt.newest is not None]
    for number, newest in enumerate(added, 1):
        records[newest.item.uri].fold(newest)
        if number % _JUDGED == 0:
            await asyncio.sleep(0)
    return records


async def _of_held(stream: Stream, keyring: Keyring, held: Mapping[str, Entry]) -> dict[str, Doubt]:
    doubts: dict[str, Doubt] = {}
    counts = await _lengths(stream, list(held))
    other = [uri for uri, entry in held.items() if counts[uri] != entry.item.version]
    for start in range(0, len(other), _JUDGED):
        page = other[start : start + _JUDGED]
        for uri, body in zip(page, await stream.ledger_ends(page), strict=True):
            doubt = judged(held[uri], counts[uri], body, keyring)
            if doubt is not None:
                doubts[uri] = doubt
    return doubts


async def _lengths(stream: Stream, uris: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for start in range(0, len(uris), _LEDGERS):
        page = uris[start : start + _LEDGERS]
        counts |= zip(page, await stream.ledger_lengths(page), strict=True)
    return counts
