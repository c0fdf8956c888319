"""The reader: the one task of a node that follows the stream; it knows when it has lost its place.

1. A turn is one blocking read. At least every `CHECK_SECONDS`, after an entry was skipped, and after Redis was away,
   the reader compares its place with the stream's own counter. Where they disagree (a hole, another epoch, a number
   seen before, its last entry gone, a counter above all that can be read) it reads everything again.
2. Where a hole may hide an item's newest version, the reader asks the ledger before it hands the entries over.
3. Where skipped entries are those that the counter has passed, the stream is ahead of the node, and the node says so.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

import structlog

from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry, Keyring, PoisonError, read_entry
from ticker.core.filter import CANARY
from ticker.core.unread import Skipped, ahead_reason, skipped
from ticker.reader.ledger_check import doubts_about, folded
from ticker.reader.sink import Found, Sink
from ticker.shared.process.cancellation import stop_if_cancelled
from ticker.stream.redis_stream import Position, Record, Stream, StreamAwayError, id_order

BLOCK_SECONDS: Final = 1.5
# Above BLOCK_SECONDS, or every quiet turn would look like a dead server; readiness turns false within 5 s.
TIMEOUT_SECONDS: Final = 3.5
# A burst is one wake-up, and yet no turn holds the loop for long.
COUNT: Final = 500
BACKOFF_SECONDS: Final = (0.05, 2.0)
CHECK_SECONDS: Final = 1.5
# From the end of one reading of everything to the next: entries that break the order may come without end.
REBUILD_SECONDS: Final = 1.0
# As many items are put right one by one in a few milliseconds; for more it is quicker to fold all anew.
_FEW_DOUBTS: Final = 100
# To verify 100 entries holds the loop for about 2 ms.
_VERIFIED: Final = 100

log = structlog.get_logger()


class Reader:
    """Follows `stream` into `sink` until it is cancelled."""

    def __init__(
        self,
        stream: Stream,
        keyring: Keyring,
        sink: Sink,
        jitter: Callable[[], float] = random.random,
        steady: Callable[[], float] = time.monotonic,
        rebuild_pause: float = REBUILD_SECONDS,
        hold: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._stream = stream
        self._keyring = keyring
        self._sink = sink
        self._jitter = jitter
        self._steady = steady
        self._hold = hold
        """Told whether the reader has something to do, for which other work should wait."""
        self._last_id: bytes | None = None
        self._last_canary = b"0"
        self._is_whole = False
        """Whether all that the stream holds up to the last entry could be read."""
        self._sure = False
        self._settled: Position | None = None
        self._failures = 0
        self._checked = steady()
        self._readable = 0
        """The number of the newest entry that was read, in the stream's epoch; 0 where there is none."""
        self._rebuild_pause = rebuild_pause
        self._rebuilt = -rebuild_pause
        self._ahead: str | None = None
        """Why the stream is ahead of the node, or None."""
        self._passed: Position | None = None
        """A position whose counter is above all that was read; judged when everything up to its last entry is read."""
        self._doubt: str | None = None
        """Why nobody knows whether this server is still the primary, or None."""

    async def run(self) -> None:
        """Never returns and never gives up; cancel it to end it."""
        while True:
            stop_if_cancelled()
            try:
                await self._turn()
                self._failures = 0
            except StreamAwayError as error:
                await self._rest(str(error))
            except Exception:
                # Whatever this is, a node that silently stops reading is the worst of all outcomes.
                self._last_id = None
                log.exception("reader turn failed")
                await self._rest("the reader failed; see the log")

    async def _rest(self, reason: str) -> None:
        self._sure = False
        self._hold(False)
        self._sink.away(reason)
        if not self._failures:
            log.warning("stream away", reason=reason)
        least, most = BACKOFF_SECONDS
        await asyncio.sleep(min(most, least * 2.0 ** min(self._failures, 8)) * (0.5 + self._jitter() / 2))
        self._failures += 1

    async def _turn(self) -> None:
        self._hold(True)
        due = not self._sure or self._steady() - self._checked >= CHECK_SECONDS
        if due:
            await self._confirm_primary()
        if self._last_id is None:
            await self._rebuild()
        elif due:
            await self._check()
        self._sure = True
        # In doubt it goes on reading: what comes is news, but what another primary withdrew is not seen here.
        if self._doubt is None and self._ahead is None:
            self._sink.turn()
        elif self._doubt is None and self._ahead is not None:
            self._sink.ahead(self._ahead)
        last = self._last_id or b"0"
        self._hold(False)
        records, canaries = await self._stream.follow(last, self._last_canary, block=BLOCK_SECONDS, count=COUNT)
        self._hold(True)
        was_skipped = False
        if records:
            try:
                records += await self._rest_of_burst(records[-1][0])
            except StreamAwayError:
                # What has come is not kept back.
                await self._take(records)
                raise
            was_skipped = await self._take(records)
        for entry in (await self._verified(canaries, canary=True))[0]:
            self._sink.canary(entry)
        if canaries:
            self._last_canary = canaries[-1][0]
        await self._judge_counter()
        # Redis says nothing when a stream is wiped, restored or rolled back: after silence, ask.
        self._sure = bool(records) and not was_skipped

    async def _confirm_primary(self) -> None:
        doubt = await self._stream.doubt()
        changed, self._doubt = (doubt is None) != (self._doubt is None), doubt
        if changed:
            log.warning("primary in doubt", reason=doubt) if doubt else log.info("primary confirmed")
        if doubt is not None:
            # At once: the next call would wait, too, for a server that does not answer.
            self._sink.away(doubt)

    async def _rest_of_burst(self, after: bytes) -> list[Record]:
        """What was written together with the entry `after`.

        Redis lets a waiting read go with the first of several, but answers when all are on disk. Asked again, it
        gives the others: one write a connection for a burst, not two.
        """
        return (await self._stream.follow(after, b"$", block=None, count=COUNT))[0]

    async def _check(self) -> None:
        position = await self._stream.position()
        self._checked = self._steady()
        epoch, seq = self._sink.place()
        last = self._last_id or b"0"
        kept = (position.epoch or epoch) == epoch and position.seq >= seq
        if kept and last != b"0":
            kept = position.last_id == last or await self._stream.exists(last)
        # A stream that contradicts itself (its numbers lost, its entries not) is read anew once, not for ever.
        if not kept and position != self._settled:
            log.error("stream is not the one that was followed", epoch=epoch, seq=seq, found=position.seq)
            # The canaries begin anew too: another server's clock may be behind the lost one's.
            self._last_id = None
            await self._rebuild()
        else:
            self._passed = position if position.seq > seq else None
            await self._judge_counter()

    async def _judge_counter(self) -> None:
        """Reads everything again where the counter is above all that was read, and nothing is left to read."""
        position, last = self._passed, self._last_id or b"0"
        if position is None or id_order(position.last_id or b"0") > id_order(last):
            return
        self._passed = None
        epoch, seq = self._sink.place()
        if position.seq > seq:
            log.error("the counter is above all that was read", epoch=epoch, seq=seq, counter=position.seq)
            await self._rebuild()

    async def _take(self, records: Sequence[Record]) -> bool:
        """Hands on what follows; returns whether a record was skipped."""
        found, skipped_records = await self._verified(records)
        self._is_whole = self._is_whole and not skipped_records
        entries: list[Entry] = []
        for entry in found:
            previous = entries[-1].cursor if entries else None
            follows = (
                self._sink.follows(entry)
                if previous is None
                else entry.cursor.epoch == previous.epoch and entry.seq == previous.seq + 1
            )
            if not follows:
                log.error("hole in the stream", seq=entry.seq, epoch=entry.cursor.epoch)
                await self._rebuild()
                return False
            entries.append(entry)
        if entries:
            self._readable = entries[-1].seq
        after = [record for record in skipped_records if record.place == len(found)]
        epoch, counter = self._sink.place()
        if self._ahead is None and ahead_reason(after, epoch, self._readable, counter) is not None:
            # Where a hole was there is an entry now, by a restored backup, and it cannot be read.
            await self._rebuild()
            return False
        self._last_id = records[-1][0]
        # It went on: to come back to where it was settled is a loss like any other.
        self._settled = None
        if entries:
            self._ahead = None
            self._sink.arrived(entries)
        return bool(skipped_records)

    async def _rebuild(self) -> None:
        early = self._rebuilt + self._rebuild_pause - self._steady()
        if early > 0:
            await asyncio.sleep(early)
        # In this order: entries that come in between are then more than the position says, never fewer.
        position = await self._stream.position()
        canary = await self._stream.last_canary() if self._last_id is None else self._last_canary
        known = self._sink.by_place()
        after = await self._after_hole(position, known)
        left_out: list[Skipped] = []
        if after is not None:
            last_id, behind = after
            entries = [*known.values(), *behind]
        else:
            held = await self._stream.held()
            last_id = held[-1][0] if held else b"0"
            entries, left_out = await self._verified(held, known=known)
            self._is_whole = not left_out
        doubts = await doubts_about(self._stream, self._keyring, entries, left_out, position)
        kept = len(known) if after is not None and len(doubts) <= _FEW_DOUBTS else 0
        records = {} if kept else await folded(entries, doubts)
        # From here on nothing waits: clients get the messages that belong to what the node holds.
        self._last_id = last_id
        self._last_canary = canary
        self._settled, self._passed = position, None
        newest = entries[-1].seq if entries and entries[-1].cursor.epoch == position.epoch else 0
        self._readable = newest
        at_end = [record for record in left_out if record.place == len(entries)]
        ahead = ahead_reason(at_end, position.epoch, newest, position.seq)
        fresh = ahead != self._ahead
        self._ahead = ahead
        self._sink.rebuilt(Found(entries, kept, position, doubts, records))
        self._rebuilt = self._steady()
        if ahead is not None and fresh:
            log.error("the stream is ahead of this node", reason=ahead)

    async def _after_hole(self, position: Position, known: dict[Cursor, Entry]) -> tuple[bytes, list[Entry]] | None:
        """What came after the last entry, and the id of the last of it; None where all must be read anew.

        What is held stands where all of it could be read, and its last entry is still there.
        """
        epoch, seq = self._sink.place()
        last = next(reversed(known), None)
        stands = last is not None and last.epoch == epoch == position.epoch and last.seq <= seq <= position.seq
        if self._last_id is None or not (stands and self._is_whole and self._sink.is_sure()):
            return None
        records = await self._stream.after(self._last_id, COUNT)
        if records is None:
            return None
        entries, left_out = await self._verified(records)
        places = [(epoch, seq), *((entry.cursor.epoch, entry.seq) for entry in entries)]
        if left_out or any(place[0] != epoch or place <= before for before, place in pairwise(places)):
            return None
        return records[-1][0] if records else self._last_id, entries

    async def _verified(
        self, records: Sequence[Record], *, canary: bool = False, known: Mapping[Cursor, Entry] | None = None
    ) -> tuple[list[Entry], list[Skipped]]:
        """The entries in `records`, and the records that were skipped."""
        entries: list[Entry] = []
        left_out: list[Skipped] = []
        for number, (entry_id, fields) in enumerate(records, 1):
            try:
                entry = read_entry(entry_id, fields, self._keyring, known)
                # A canary carries anybody's words under our signature: carried over, it must not become news.
                if (entry.item.edition == CANARY) != canary:
                    raise PoisonError("stream")
                entries.append(entry)
            except PoisonError as error:
                self._sink.poison(error.reason)
                left_out.append(skipped(fields, error.reason, len(entries)))
            if number % _VERIFIED == 0:
                await asyncio.sleep(0)
        return entries, left_out
