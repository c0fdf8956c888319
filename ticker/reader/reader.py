"""The reader: the one task of a node that follows the stream, and detects when it has lost its position.

1. A step is one blocking read. At least every `CHECK_SECONDS`, after a record was skipped, and after Redis was away,
   the reader compares its position with the stream's own counter. If they differ (a hole, another epoch, a repeated
   number, a missing last entry, a counter above all readable entries), it reads everything again.
2. If a hole may hide an item's newest version, the reader asks the ledger before it passes the entries on.
3. If skipped records have numbers up to the counter, the stream is ahead of the node, and the node reports that.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from ticker.contract.entry import Entry, Keyring
from ticker.core.unread import ahead_reason
from ticker.reader.decode_steps import decode_records
from ticker.reader.reload import reload
from ticker.reader.sink import Sink
from ticker.shared.process.cancellation import stop_if_cancelled
from ticker.stream.redis_stream import Position, Record, Stream, StreamAwayError, id_order

BLOCK_SECONDS: Final = 1.5
# Longer than BLOCK_SECONDS, so that a quiet stream does not time out; readiness must turn false within 5 s.
TIMEOUT_SECONDS: Final = 3.5
# A burst is read at once, but no step may block the event loop for long.
COUNT: Final = 500
BACKOFF_SECONDS: Final = (0.05, 2.0)
CHECK_SECONDS: Final = 1.5
# The pause between two complete reads: entries that break the order may arrive all the time.
REBUILD_SECONDS: Final = 1.0

log = structlog.get_logger()


class Reader:
    """Passes `stream` on to `sink` until it is cancelled.

    `on_busy` is called with True when the reader has work for which other work should wait, and with False when it
    waits for the stream.
    """

    def __init__(
        self,
        stream: Stream,
        keyring: Keyring,
        sink: Sink,
        jitter: Callable[[], float] = random.random,
        steady: Callable[[], float] = time.monotonic,
        rebuild_pause: float = REBUILD_SECONDS,
        on_busy: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._stream = stream
        self._keyring = keyring
        self._sink = sink
        self._jitter = jitter
        self._steady = steady
        self._on_busy = on_busy
        self._last_id: bytes | None = None
        """The id of the last record that was read; None before the first read and after the stream was replaced."""
        self._last_canary = b"0"
        self._is_readable = False
        """Whether every record up to the last one could be read."""
        self._needs_check = True
        """Whether the next step begins with a check, however recent the last one is."""
        self._rebuilt_at: Position | None = None
        """The stream's position at the last rebuild, until the next entry."""
        self._failures = 0
        self._checked = steady()
        self._newest_readable = 0
        """The number of the newest readable entry in the stream's epoch, or 0."""
        self._rebuild_pause = rebuild_pause
        self._rebuild_time = -rebuild_pause
        self._ahead_reason: str | None = None
        """Why the stream is ahead of the node, or None."""
        self._counter_ahead: Position | None = None
        """A position with a counter above all that was read; compared again when its last record was read."""
        self._doubt: str | None = None
        """Why it is unknown whether this server is still the primary, or None."""

    async def run(self) -> None:
        """Follows the stream until the task is cancelled; it retries after every error."""
        while True:
            stop_if_cancelled()
            try:
                await self._step()
                self._failures = 0
            except StreamAwayError as error:
                await self._back_off(str(error))
            except Exception:
                # Any error: a node whose reader has stopped would show old news without a sign of it.
                self._last_id = None
                log.exception("reader failed", formerly="reader turn failed")
                await self._back_off("the reader failed; see the log")

    async def _back_off(self, reason: str) -> None:
        self._needs_check = True
        self._on_busy(False)
        self._sink.mark_stale(reason)
        if not self._failures:
            log.warning("stream away", reason=reason)
        shortest, longest = BACKOFF_SECONDS
        await asyncio.sleep(min(longest, shortest * 2.0 ** min(self._failures, 8)) * (0.5 + self._jitter() / 2))
        self._failures += 1

    async def _step(self) -> None:
        self._on_busy(True)
        is_due = self._needs_check or self._steady() - self._checked >= CHECK_SECONDS
        if is_due:
            await self._confirm_primary()
        if self._last_id is None:
            await self._rebuild()
        elif is_due:
            await self._check()
        self._needs_check = False
        # With a doubt it still reads on: new entries are news, but withdrawals on another primary are not seen here.
        if self._doubt is None and self._ahead_reason is None:
            self._sink.confirm()
        elif self._doubt is None and self._ahead_reason is not None:
            self._sink.mark_ahead(self._ahead_reason)
        last = self._last_id or b"0"
        self._on_busy(False)
        records, canaries = await self._stream.follow(last, self._last_canary, block=BLOCK_SECONDS, count=COUNT)
        self._on_busy(True)
        has_skipped = False
        if records:
            try:
                records += await self._rest_of_burst(records[-1][0])
            except StreamAwayError:
                # The records that were read are delivered first.
                await self._deliver(records)
                raise
            has_skipped = await self._deliver(records)
        for entry in (await decode_records(canaries, self._keyring, self._sink, canary=True))[0]:
            self._sink.deliver_canary(entry)
        if canaries:
            self._last_canary = canaries[-1][0]
        await self._compare_counter()
        # Redis answers a read with nothing when a stream was wiped, restored or rolled back; so check after silence.
        self._needs_check = not records or has_skipped

    async def _confirm_primary(self) -> None:
        doubt = await self._stream.doubt()
        has_changed, self._doubt = (doubt is None) != (self._doubt is None), doubt
        if has_changed:
            log.warning("primary in doubt", reason=doubt) if doubt else log.info("primary confirmed")
        if doubt is not None:
            # Before the next call, which would also wait for a server that does not answer.
            self._sink.mark_stale(doubt)

    async def _rest_of_burst(self, after: bytes) -> list[Record]:
        """Returns the records that were written together with the record `after`.

        A waiting read gets only the first record of several, although its answer arrives when all are stored. A
        second read gets the others, so that a burst is one write per connection and not two.
        """
        return (await self._stream.follow(after, b"$", block=None, count=COUNT))[0]

    async def _check(self) -> None:
        position = await self._stream.position()
        self._checked = self._steady()
        epoch, seq = self._sink.position()
        last = self._last_id or b"0"
        is_same = (position.epoch or epoch) == epoch and position.seq >= seq
        if is_same and last != b"0":
            is_same = position.last_id == last or await self._stream.exists(last)
        # A stream that contradicts itself (its counter is lost, its entries are not) is read again once, not always.
        if not is_same and position != self._rebuilt_at:
            log.error("stream is not the one that was followed", epoch=epoch, seq=seq, found=position.seq)
            # The canaries are read from their end again: another server's clock may be behind.
            self._last_id = None
            await self._rebuild()
        else:
            self._counter_ahead = position if position.seq > seq else None
            await self._compare_counter()

    async def _compare_counter(self) -> None:
        """Rebuilds if the counter is above all that was read, and no record is left to read."""
        position, last = self._counter_ahead, self._last_id or b"0"
        if position is None or id_order(position.last_id or b"0") > id_order(last):
            return
        self._counter_ahead = None
        epoch, seq = self._sink.position()
        if position.seq > seq:
            log.error("the counter is above all that was read", epoch=epoch, seq=seq, counter=position.seq)
            await self._rebuild()

    async def _deliver(self, records: Sequence[Record]) -> bool:
        """Passes new records on. Returns whether a record was skipped."""
        verified, skipped = await decode_records(records, self._keyring, self._sink)
        self._is_readable = self._is_readable and not skipped
        entries: list[Entry] = []
        for entry in verified:
            previous = entries[-1].cursor if entries else None
            is_next = (
                self._sink.is_next(entry)
                if previous is None
                else entry.cursor.epoch == previous.epoch and entry.seq == previous.seq + 1
            )
            if not is_next:
                log.error("hole in the stream", seq=entry.seq, epoch=entry.cursor.epoch)
                await self._rebuild()
                return False
            entries.append(entry)
        epoch, counter = self._sink.position()
        if self._ahead_reason is None and ahead_reason(skipped, epoch, self._newest_readable, counter) is not None:
            # A restored backup has put an unreadable entry where a hole was.
            await self._rebuild()
            return False
        if entries:
            self._newest_readable = entries[-1].seq
        self._last_id = records[-1][0]
        # The stream has continued: if it goes back to the position of the rebuild, that is a new loss.
        self._rebuilt_at = None
        if entries:
            self._ahead_reason = None
            self._sink.append(entries)
        return bool(skipped)

    async def _rebuild(self) -> None:
        wait = self._rebuild_time + self._rebuild_pause - self._steady()
        if wait > 0:
            await asyncio.sleep(wait)
        canary = await self._stream.last_canary() if self._last_id is None else self._last_canary
        valid_until = self._last_id if self._is_readable else None
        contents, last_id, skipped = await reload(self._stream, self._keyring, self._sink, valid_until)
        position = contents.position
        # No `await` from here on: clients must get the messages that belong to the node's state.
        self._last_id = last_id
        self._last_canary = canary
        self._is_readable = not skipped
        self._rebuilt_at, self._counter_ahead = position, None
        entries = contents.entries
        self._newest_readable = entries[-1].seq if entries and entries[-1].cursor.epoch == position.epoch else 0
        at_end = [record for record in skipped if record.index == len(entries)]
        reason = ahead_reason(at_end, position.epoch, self._newest_readable, position.seq)
        is_new = reason is not None and reason != self._ahead_reason
        self._ahead_reason = reason
        self._sink.rebuild(contents)
        self._rebuild_time = self._steady()
        if is_new:
            log.error("the stream is ahead of this node", reason=reason)
