"""The reader: the one task of a node that follows the stream; it knows when it has lost its place.

A turn is one blocking read. After a quiet turn, and after Redis was away, the reader compares its place with
the stream's own word. Where they disagree (a hole, another epoch, a number seen before, its last entry gone)
it reads everything again and lets the node find out whether clients have missed something.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from ticker.contract.entry import Entry, Keyring, PoisonError, read_entry
from ticker.contract.tasks import stop_if_cancelled
from ticker.core.filter import CANARY
from ticker.stream import Position, Record, Stream, StreamAwayError

BLOCK_SECONDS: Final = 1.5
# Above BLOCK_SECONDS, or every quiet turn would look like a dead server; readiness turns false within 5 s.
TIMEOUT_SECONDS: Final = 3.5
# A burst is one wake-up, and yet no turn holds the loop for long.
COUNT: Final = 500
BACKOFF_SECONDS: Final = (0.05, 2.0)

log = structlog.get_logger()


class Sink(Protocol):
    """Who is told what the stream says; every call is plain and quick."""

    def follows(self, entry: Entry) -> bool:
        """Whether `entry` is right after the newest held."""

    def arrived(self, entries: Sequence[Entry]) -> None:
        """Entries that follow, in order."""

    def canary(self, entry: Entry) -> None:
        """A line that proves the way."""

    def rebuilt(self, entries: Sequence[Entry], position: Position) -> None:
        """All that the stream holds, after the place was lost or at the start."""

    def poison(self, reason: str) -> None:
        """One entry was skipped."""

    def turn(self) -> None:
        """The stream has just answered."""

    def away(self, reason: str) -> None:
        """The stream does not answer."""

    def place(self) -> tuple[str, int]:
        """Epoch and number of the newest entry held."""


class Reader:
    """Follows `stream` into `sink` until it is cancelled."""

    def __init__(
        self, stream: Stream, keyring: Keyring, sink: Sink, jitter: Callable[[], float] = random.random
    ) -> None:
        self._stream = stream
        self._keyring = keyring
        self._sink = sink
        self._jitter = jitter
        self._last_id: bytes | None = None
        self._last_canary = b"0"
        self._sure = False
        self._settled: Position | None = None
        self._failures = 0

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
        self._sink.away(reason)
        if not self._failures:
            log.warning("stream away", reason=reason)
        least, most = BACKOFF_SECONDS
        await asyncio.sleep(min(most, least * 2.0 ** min(self._failures, 8)) * (0.5 + self._jitter() / 2))
        self._failures += 1

    async def _turn(self) -> None:
        if self._last_id is None:
            await self._rebuild()
        elif not self._sure:
            await self._check()
        self._sure = True
        self._sink.turn()
        last = self._last_id or b"0"
        records, canaries = await self._stream.follow(last, self._last_canary, block=BLOCK_SECONDS, count=COUNT)
        if records:
            records += await self._rest_of_burst(records[-1][0])
            await self._take(records)
        for entry in self._verified(canaries, canary=True):
            self._sink.canary(entry)
        if canaries:
            self._last_canary = canaries[-1][0]
        # Redis says nothing when a stream is wiped, restored or rolled back: after silence, ask.
        self._sure = bool(records)

    async def _rest_of_burst(self, after: bytes) -> list[Record]:
        """What was written together with the entry `after`.

        Redis lets a waiting read go with the first of several, but answers when all are on disk. Asked again, it
        gives the others: one write a connection for a burst, not two.
        """
        try:
            return (await self._stream.follow(after, b"$", block=None, count=COUNT))[0]
        except StreamAwayError:
            # The next turn says so; what has come is not kept back.
            return []

    async def _check(self) -> None:
        position = await self._stream.position()
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

    async def _take(self, records: Sequence[Record]) -> None:
        entries: list[Entry] = []
        for entry in self._verified(records):
            previous = entries[-1].cursor if entries else None
            follows = (
                self._sink.follows(entry)
                if previous is None
                else entry.cursor.epoch == previous.epoch and entry.seq == previous.seq + 1
            )
            if not follows:
                log.error("hole in the stream", seq=entry.seq, epoch=entry.cursor.epoch)
                await self._rebuild()
                return
            entries.append(entry)
        self._last_id = records[-1][0]
        # It went on: to come back to where it was settled is a loss like any other.
        self._settled = None
        if entries:
            self._sink.arrived(entries)

    async def _rebuild(self) -> None:
        # In this order: entries that come in between are then more than the position says, never fewer.
        position = await self._stream.position()
        canary = await self._stream.last_canary() if self._last_id is None else self._last_canary
        records = await self._stream.held()
        entries = list(self._verified(records))
        self._last_id = records[-1][0] if records else b"0"
        self._last_canary = canary
        self._settled = position
        self._sink.rebuilt(entries, position)

    def _verified(self, records: Sequence[Record], *, canary: bool = False) -> list[Entry]:
        entries: list[Entry] = []
        for entry_id, fields in records:
            try:
                entry = read_entry(entry_id, fields, self._keyring)
                # A canary carries anybody's words under our signature: carried over, it must not become news.
                if (entry.item.edition == CANARY) != canary:
                    raise PoisonError("stream")
                entries.append(entry)
            except PoisonError as error:
                self._sink.poison(error.reason)
        return entries
