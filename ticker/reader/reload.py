"""Reads the stream again after the reader lost its position, as little of it as is needed."""

from itertools import pairwise
from typing import Final, NamedTuple

from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry, Keyring
from ticker.core.unread import SkippedRecord
from ticker.reader.decode_steps import decode_records
from ticker.reader.ledger_check import find_doubts, fold_in_steps
from ticker.reader.sink import Sink, StreamContents
from ticker.stream.redis_stream import Position, Stream, StreamAwayError

# A read of this many records or more reads everything again.
_PAGE: Final = 500
# The stream is read again if it was replaced in between; a second time is rare.
_ATTEMPTS: Final = 3
# Up to this number, items are corrected one by one in a few milliseconds; above it, folding all again is faster.
_FEW_DOUBTS: Final = 100


class Reloaded(NamedTuple):
    """What was read again."""

    contents: StreamContents
    last_id: bytes
    """The id of the newest record."""
    skipped: list[SkippedRecord]


async def reload(stream: Stream, keyring: Keyring, sink: Sink, valid_until: bytes | None) -> Reloaded:
    """Reads the entries of the stream and asks the ledgers about items in doubt. Raises `StreamAwayError`.

    `valid_until` is the id of the last record that was read if all records up to it could be read, else None.
    """
    for _ in range(_ATTEMPTS):
        # Before the entries: those that arrive in between are then more than the position says, never fewer.
        position = await stream.position()
        reloaded = await _read_at(stream, keyring, sink, position, valid_until)
        if await _continues(stream, position):
            return reloaded
    raise StreamAwayError("the stream was replaced while it was read")


async def _continues(stream: Stream, position: Position) -> bool:
    """Whether the stream has only grown since it was at `position`: it was not wiped, restored or rolled back."""
    now = await stream.position()
    if now.epoch != position.epoch or now.seq < position.seq:
        return False
    # A trim may take the last record, and a stream without records has no contents that could be older.
    last = position.last_id
    return last is None or now.last_id in (last, None) or await stream.exists(last)


async def _read_at(
    stream: Stream, keyring: Keyring, sink: Sink, position: Position, valid_until: bytes | None
) -> Reloaded:
    known = sink.entries_by_cursor()
    skipped: list[SkippedRecord] = []
    new = await _entries_after_hole(stream, keyring, sink, position, known, valid_until)
    if new is not None:
        last_id, added = new
        entries = [*known.values(), *added]
    else:
        records = await stream.records()
        last_id = records[-1][0] if records else b"0"
        entries, skipped = await decode_records(records, keyring, sink, known=known)
    doubts = await find_doubts(stream, keyring, entries, skipped, position)
    unchanged = len(known) if new is not None and len(doubts) <= _FEW_DOUBTS else 0
    folded = {} if unchanged else await fold_in_steps(entries, doubts)
    return Reloaded(StreamContents(entries, unchanged, position, doubts, folded), last_id, skipped)


async def _entries_after_hole(
    stream: Stream,
    keyring: Keyring,
    sink: Sink,
    position: Position,
    known: dict[Cursor, Entry],
    valid_until: bytes | None,
) -> tuple[bytes, list[Entry]] | None:
    """Returns the new entries and the id of the last record; None if the whole stream must be read again.

    The known entries remain valid if all records up to the last one could be read and the last one is still there.
    """
    epoch, seq = sink.position()
    last = next(reversed(known), None)
    is_same_stream = last is not None and last.epoch == epoch == position.epoch and last.seq <= seq <= position.seq
    if valid_until is None or not is_same_stream or not sink.is_confirmed():
        return None
    records = await stream.after(valid_until, _PAGE)
    if records is None:
        return None
    entries, skipped = await decode_records(records, keyring, sink)
    numbers = [(epoch, seq), *((entry.cursor.epoch, entry.seq) for entry in entries)]
    if skipped or any(new[0] != epoch or new <= previous for previous, new in pairwise(numbers)):
        return None
    return records[-1][0] if records else valid_until, entries
