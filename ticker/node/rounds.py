"""The rounds: the same bytes to thousands of connections, a stretch at a time, with a breath between.

Writing to 10,000 connections holds the loop for about 100 ms; joins, pongs and health checks would wait for all of it.

1. What the node says to many is a *round*: who gets which bytes. One round is over before the next begins.
2. A round is written in stretches of `STRETCH_SECONDS`; the first is written at once, and between stretches the loop
   does whatever else is due. What the node learns meanwhile waits for the next round, so that nobody who joins in the
   middle of a round is shown what is not being written yet.
3. Each member bears the number of the last round that is over for it (`last_round`): it was written to, or it joined,
   changed its filter or caught up after the round began and has its entries already. So every entry reaches it once.
4. Who has not had its turn stands where the node stood when the round began, and not where it stands now.
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Generic, Protocol, TypeVar

import structlog

from ticker.core.hub import Delivery

# With 10,000 subscribers written to, the loop was kept from everything else for the whole round without stretches,
# for 15 ms with 8, for 7 to 13 with 4, for 7 with 2; what the round costs differs by less than its repeats do.
STRETCH_SECONDS: Final = 0.004
# Members between two looks at the clock: about half a millisecond, so that the looking costs nothing.
SLICE: Final = 64

log = structlog.get_logger()


class Listener(Protocol):
    """A member, as rounds see it."""

    fd: int
    """Its socket's descriptor while nothing waits in its buffer and it may be written to at once; else negative."""
    last_round: int
    """The number of the last round that is over for it."""

    def write_now(self, data: bytes) -> bool:
        """Writes `data`, or says that it leaves it to the catching-up."""

    def buffer_rest(self, data: bytes, sent: int) -> None:
        """Keeps what the kernel did not take; until that is gone the member is not written to directly."""

    def abort(self) -> None:
        """Ends it at once."""


L = TypeVar("L", bound=Listener)
Round = Callable[[], Iterator[Delivery[L]]]


def soon(call: Callable[[], None]) -> None:
    """Calls after whatever else the loop has to do."""
    asyncio.get_running_loop().call_soon(call)


class Rounds(Generic[L]):
    """One round after another; `count` is told entries and bytes after each stretch."""

    def __init__(
        self,
        steady: Callable[[], float],
        count: Callable[[int, int], None],
        later: Callable[[Callable[[], None]], None] = soon,
        slice_: int = SLICE,
        broken: Callable[[], None] = lambda: None,
    ) -> None:
        self.number = 0
        """The number of the newest round."""
        self._steady = steady
        self._count = count
        self._later = later
        self._slice = slice_
        self._broken = broken
        self.on_progress: Callable[[], None] = lambda: None
        """Called before each stretch."""
        self._waiting: deque[Round[L]] = deque()
        self._deliveries: Iterator[Delivery[L]] | None = None
        self._members: tuple[L, ...] = ()
        self._at = 0
        self._data = b""
        self._entries = 0
        self._writing = False
        self._due = False

    @property
    def busy(self) -> bool:
        """Whether a round is under way."""
        return self._deliveries is not None

    def is_pending(self, member: L) -> bool:
        """Whether a round is under way in which `member` has not had its turn."""
        return self._deliveries is not None and member.last_round != self.number

    def begin(self, made: Round[L]) -> None:
        """Writes a round at once, or after those that began before; `made` is called when its time has come."""
        self._waiting.append(made)
        if self._deliveries is None and not self._writing:
            self._stretch()

    def finish(self) -> None:
        """Writes all there is to write, without a breath."""
        if not self._writing:
            self._write(float("inf"))

    def _stretch(self) -> None:
        if not self._write(self._steady() + STRETCH_SECONDS):
            self._go_on_later()

    def _go_on_later(self) -> None:
        # Once: finish() and a new round may come before the stretch that was already asked for.
        if not self._due:
            self._due = True
            self._later(self._go_on)

    def _go_on(self) -> None:
        self._due = False
        self._stretch()

    def _write(self, until: float) -> bool:
        """Whether all is written."""
        self.on_progress()
        self._writing = True
        try:
            while self._deliveries is not None or self._waiting:
                if self._deliveries is None:
                    self.number += 1
                    self._deliveries = self._waiting.popleft()()
                if not self._go_round(self._deliveries, until):
                    return False
                self._deliveries = None
            return True
        except BaseException:
            # A round that cannot be made must not hold up those after it, nor be taken for one that was.
            self._deliveries, self._members, self._at = None, (), 0
            self._broken()
            if self._waiting:
                self._go_on_later()
            raise
        finally:
            self._writing = False

    def _go_round(self, deliveries: Iterator[Delivery[L]], until: float) -> bool:
        entries = sent = 0
        while True:
            while self._at >= len(self._members):
                delivery = next(deliveries, None)
                if delivery is None:
                    self._members, self._at, self._data = (), 0, b""
                    self._count(entries, sent)
                    return True
                (self._members, self._data, self._entries), self._at = delivery, 0
                if not self._members and self._steady() >= until:
                    self._count(entries, sent)
                    return False
            some = self._members[self._at : self._at + self._slice]
            self._at += self._slice
            reached = self._hand_out(some, self._data)
            entries += reached * self._entries
            sent += reached * len(self._data)
            if self._steady() >= until:
                self._count(entries, sent)
                return False

    def _hand_out(self, members: tuple[L, ...], data: bytes) -> int:
        # Straight to the descriptor where nothing is queued: 0.9 µs over the bare system call; a call to the member and
        # its transport's own write() cost 2.0 to 2.5 µs more (docs/design.md, "Transports and loop").
        write, number, size = os.write, self.number, len(data)
        reached = len(members)
        for member in members:
            if member.last_round == number:
                reached -= 1
                continue
            # Before the write, which may find the buffer full: what it has then includes this.
            member.last_round = number
            try:
                if member.fd < 0:
                    if not member.write_now(data):
                        reached -= 1
                else:
                    try:
                        sent = write(member.fd, data)
                    except BlockingIOError:
                        sent = 0
                    if sent != size:
                        member.buffer_rest(data, sent)
            except Exception as error:
                _cut(member, error)
        return reached


def _cut(member: Listener, error: Exception) -> None:
    """Ends one that failed: it must not cost those after it this entry, for that is never offered again."""
    # Of a socket that is gone the loop tells the rest.
    if not isinstance(error, OSError):
        log.error("connection failed", exc_info=error)
    with contextlib.suppress(Exception):
        member.abort()
