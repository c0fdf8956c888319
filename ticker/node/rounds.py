"""Rounds: the same bytes to thousands of connections, a few milliseconds at a time.

To write to 10,000 connections holds the loop for about 100 ms. Joins, pongs and health checks would wait for all of it.

1. A message to many members is a *round*: which member gets which bytes. A round ends before the next begins.
2. A round is written in steps of `STEP_SECONDS`, the first at once; the loop does its other work between steps. What
   the node learns during a round waits for the next one, so that no member that joins during a round is shown an entry
   that is not being written yet.
3. Each member has the number of the last round that is over for it (`last_round`): it was written to, or it joined,
   changed its filter or caught up after the round began, which gave it the round's entries. Each entry reaches it once.
4. A member that the round has not reached is still at the position before this round.
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Generic, Protocol, TypeVar

import structlog

from ticker.core.hub import Delivery

# Longest delay of the loop with 10,000 subscribers: 15 ms with steps of 8 ms, 7 to 13 with 4, 7 with 2, and the whole
# round without steps. The CPU time of the round does not differ measurably.
STEP_SECONDS: Final = 0.004
# Members between two readings of the clock: about half a millisecond.
BATCH: Final = 64

log = structlog.get_logger()


class Listener(Protocol):
    """What rounds need of a member."""

    fd: int
    """The socket's descriptor while its buffer is empty, so that it may be written to directly; else negative."""
    last_round: int
    """The number of the last round that is over for this member."""

    def write_now(self, data: bytes) -> bool:
        """Writes `data`; returns False if the member is lagging and will catch up from the backlog."""

    def buffer_rest(self, data: bytes, sent: int) -> None:
        """Buffers what the kernel did not take of `data`, after `sent` bytes; sets `fd` to a negative number."""

    def abort(self) -> None:
        """Closes the connection now, with a reset."""


L = TypeVar("L", bound=Listener)
Round = Callable[[], Iterator[Delivery[L]]]


def soon(call: Callable[[], None]) -> None:
    """Calls `call` in the next iteration of the loop."""
    asyncio.get_running_loop().call_soon(call)


class Rounds(Generic[L]):
    """Writes one round after another.

    `count` gets the entries and bytes written, after each step. `later` calls in the next iteration of the loop. The
    clock is read after each `batch` members. `on_failure` is called when a round could not be made.
    """

    def __init__(
        self,
        steady: Callable[[], float],
        count: Callable[[int, int], None],
        later: Callable[[Callable[[], None]], None] = soon,
        batch: int = BATCH,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self.number = 0
        """The number of the newest round."""
        self.reached = 0
        """How many times a member was written to in all rounds."""
        self.skipped = 0
        """How many times a member was passed by because it has the entries of the round already."""
        self.missed: list[L] = []
        """The members that the newest round could not write to."""
        self._steady = steady
        self._count = count
        self._later = later
        self._batch = batch
        self._on_failure = on_failure
        self.on_progress: Callable[[], None] = lambda: None
        """Called before each step."""
        self._waiting: deque[Round[L]] = deque()
        self._deliveries: Iterator[Delivery[L]] | None = None
        self._members: tuple[L, ...] = ()
        self._at = 0
        self._data = b""
        self._entries = 0
        self._is_writing = False
        self._is_scheduled = False

    @property
    def busy(self) -> bool:
        """Whether a round is under way."""
        return self._deliveries is not None

    def is_pending(self, member: L) -> bool:
        """Whether a round is under way that has not reached `member`."""
        return self._deliveries is not None and member.last_round != self.number

    def is_over(self, member: L) -> bool:
        """Whether the newest round is over for `member`."""
        return member.last_round == self.number

    def begin(self, round_: Round[L]) -> None:
        """Writes a round now or after the rounds that wait; `round_` is called when it begins."""
        self._waiting.append(round_)
        if self._deliveries is None and not self._is_writing:
            self._step()

    def finish(self) -> None:
        """Writes all rounds to their end, without a pause."""
        if not self._is_writing:
            self._write(float("inf"))

    def _step(self) -> None:
        if not self._write(self._steady() + STEP_SECONDS):
            self._schedule()

    def _schedule(self) -> None:
        # Once: finish() and a new round may come before the step that is scheduled already.
        if not self._is_scheduled:
            self._is_scheduled = True
            self._later(self._run)

    def _run(self) -> None:
        self._is_scheduled = False
        self._step()

    def _write(self, until: float) -> bool:
        """Writes until `until`; returns whether all rounds are written."""
        self.on_progress()
        self._is_writing = True
        try:
            while self._deliveries is not None or self._waiting:
                if self._deliveries is None:
                    self.number += 1
                    self.missed = []
                    self._deliveries = self._waiting.popleft()()
                if not self._write_round(self._deliveries, until):
                    return False
                self._deliveries = None
            return True
        except BaseException:
            # A round that cannot be made must not stop those after it, nor count as written.
            self._deliveries, self._members, self._at = None, (), 0
            self._on_failure()
            if self._waiting:
                self._schedule()
            raise
        finally:
            self._is_writing = False

    def _write_round(self, deliveries: Iterator[Delivery[L]], until: float) -> bool:
        entries = sent = 0
        while True:
            while self._at >= len(self._members):
                delivery = next(deliveries, None)
                if delivery is None:
                    self._members, self._at, self._data = (), 0, b""
                    self._count(entries, sent)
                    return True
                (self._members, self._data, self._entries, _), self._at = delivery, 0
                if not self._members and self._steady() >= until:
                    self._count(entries, sent)
                    return False
            batch = self._members[self._at : self._at + self._batch]
            self._at += self._batch
            reached = self._write_batch(batch, self._data)
            self.reached += reached
            entries += reached * self._entries
            sent += reached * len(self._data)
            if self._steady() >= until:
                self._count(entries, sent)
                return False

    def _write_batch(self, members: tuple[L, ...], data: bytes) -> int:
        # Directly to the descriptor of a member with an empty buffer: 0.9 µs more than the system call. The member's
        # method and its transport's write() cost 2.0 to 2.5 µs more than that (docs/design.md, "Transports and loop").
        write, number, size = os.write, self.number, len(data)
        reached = len(members)
        for member in members:
            if member.last_round == number:
                reached -= 1
                self.skipped += 1
                continue
            # Before the write, which may fill the buffer: the position that is noted then includes this round.
            member.last_round = number
            try:
                if member.fd < 0:
                    if not member.write_now(data):
                        reached -= 1
                        self.missed.append(member)
                else:
                    try:
                        sent = write(member.fd, data)
                    except BlockingIOError:
                        sent = 0
                    if sent != size:
                        member.buffer_rest(data, sent)
            except Exception as error:
                _abort(member, error)
        return reached


def _abort(member: Listener, error: Exception) -> None:
    """Aborts a member that failed; the round goes on, since the members after it get this entry only once."""
    # The loop reports a lost socket itself.
    if not isinstance(error, OSError):
        log.error("connection failed", exc_info=error)
    with contextlib.suppress(Exception):
        member.abort()
