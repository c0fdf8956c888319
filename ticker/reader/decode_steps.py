"""Decodes records of the stream a few at a time, so that the event loop is not blocked."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry, Keyring, PoisonError, read_entry
from ticker.core.filter import CANARY
from ticker.core.unread import SkippedRecord, describe_skipped
from ticker.reader.sink import Sink
from ticker.stream.redis_stream import Record

# 100 entries block the event loop for about 2 ms.
_STEP: Final = 100


async def decode_records(
    records: Sequence[Record],
    keyring: Keyring,
    sink: Sink,
    *,
    canary: bool = False,
    known: Mapping[Cursor, Entry] | None = None,
) -> tuple[list[Entry], list[SkippedRecord]]:
    """Returns the entries in `records`, and the records that cannot be read, which it also reports to `sink`.

    `canary` is true for the stream of canaries. `known` are entries that were verified before.
    """
    entries: list[Entry] = []
    skipped: list[SkippedRecord] = []
    for number, (entry_id, fields) in enumerate(records, 1):
        try:
            entry = read_entry(entry_id, fields, keyring, known)
            # A canary has a valid signature on any text. Copied into the stream of items it must not become news.
            if (entry.item.edition == CANARY) != canary:
                raise PoisonError("stream")
            entries.append(entry)
        except PoisonError as error:
            sink.count_skipped(error.reason)
            skipped.append(describe_skipped(fields, error.reason, len(entries)))
        if number % _STEP == 0:
            await asyncio.sleep(0)
    return entries, skipped
