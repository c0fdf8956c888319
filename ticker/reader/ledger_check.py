"""Asks the ledgers about items whose newest version may be missing from the stream, and folds their answers."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ticker.contract.entry import Entry, Keyring
from ticker.core.doubts import Doubt, compare_with_ledger, items_in_doubt
from ticker.core.record import Records, fold
from ticker.core.unread import SkippedRecord, unread_items
from ticker.stream.redis_stream import Position, Stream

# Packing 200 commands, or comparing or folding 100 versions, blocks the event loop for about 2 ms.
_LEDGERS_PER_STEP: Final = 200
_VERSIONS_PER_STEP: Final = 100


async def find_doubts(
    stream: Stream, keyring: Keyring, entries: Sequence[Entry], skipped: Sequence[SkippedRecord], position: Position
) -> dict[str, Doubt]:
    """Returns the doubts, by uri, that the ledgers do not settle. Raises `StreamAwayError`.

    In doubt are items of `entries` that may have a newer version, and items that only `skipped` records name. A
    published record that names no item counts as a separate item.
    """
    doubts = await _compare_entries(stream, keyring, items_in_doubt(entries, position.epoch, position.seq))
    unread, unnamed = unread_items(skipped, entries, position.epoch, position.seq)
    for uri, doubt in doubts.items():
        if doubt.newest is None and uri in unread:
            # The unreadable entry may stay in the stream longer than the readable ones.
            doubts[uri] = msgspec.structs.replace(doubt, number=unread[uri])
    readable = {entry.item.uri for entry in entries}
    unread = {uri: number for uri, number in unread.items() if uri not in readable}
    counts = await _lengths(stream, list(unread))
    doubts |= {f"entry {number}": Doubt(0, number=number) for number in unnamed}
    # The desk writes the ledger first, so an item without a ledger was not published.
    return doubts | {uri: Doubt(counts[uri], number=number) for uri, number in unread.items() if counts[uri]}


async def fold_in_steps(entries: Sequence[Entry], doubts: Mapping[str, Doubt]) -> Records:
    """Folds `entries`, and the versions that only the ledgers have, without blocking the event loop."""
    records: Records = {}
    for start in range(0, len(entries), _VERSIONS_PER_STEP):
        if start:
            await asyncio.sleep(0)
        fold(entries[start : start + _VERSIONS_PER_STEP], records)
    from_ledgers = [doubt.newest for doubt in doubts.values() if doubt.newest is not None]
    for number, newest in enumerate(from_ledgers, 1):
        records[newest.item.uri].fold(newest)
        if number % _VERSIONS_PER_STEP == 0:
            await asyncio.sleep(0)
    return records


async def _compare_entries(stream: Stream, keyring: Keyring, newest: Mapping[str, Entry]) -> dict[str, Doubt]:
    doubts: dict[str, Doubt] = {}
    counts = await _lengths(stream, list(newest))
    differing = [uri for uri, entry in newest.items() if counts[uri] != entry.item.version]
    for start in range(0, len(differing), _VERSIONS_PER_STEP):
        page = differing[start : start + _VERSIONS_PER_STEP]
        for uri, body in zip(page, await stream.ledger_ends(page), strict=True):
            doubt = compare_with_ledger(newest[uri], counts[uri], body, keyring)
            if doubt is not None:
                doubts[uri] = doubt
    return doubts


async def _lengths(stream: Stream, uris: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for start in range(0, len(uris), _LEDGERS_PER_STEP):
        page = uris[start : start + _LEDGERS_PER_STEP]
        counts |= zip(page, await stream.ledger_lengths(page), strict=True)
    return counts
