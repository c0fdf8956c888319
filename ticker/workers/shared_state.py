"""The board: memory that the workers of one service and their parent share; each writes its own seat, all read all.

A seat says when a worker's loop last turned, whether it takes clients, and what it has counted. The parent gives
out the seats. When a worker has ended, the parent adds what it had counted to the first seat, its own: what all
seats hold together never goes down. No lock, because a process that is stopped while it holds one would stop all:

1. A seat has two sides; one is written while the other stands, then one word turns them (a kill between is harmless).
2. `version` is odd while the parent moves counts from a seat to its own; a process that read meanwhile reads again.
3. `LAYOUT` says where all this lies. In a rolling restart processes of two releases share the board: a release that
   lays it out otherwise would write into its siblings' seats, and refuses instead.
"""

import logging
import mmap
import os
import sys
import tempfile
import time
import zlib
from typing import Final

import msgspec

from ticker.workers.totals import Family, Snapshot, decode, encode, lasting, total

# Another number for whatever moves: bytes of a seat, words, what a state's number means, how samples are packed.
LAYOUT: Final = 1

_SIDE_BYTES: Final = 64 * 1024
_HEAD_WORDS: Final = 8
_WORD: Final = 8
_SEAT_BYTES: Final = _HEAD_WORDS * _WORD + 2 * _SIDE_BYTES
_TRIES: Final = 50
_TRY_SECONDS: Final = 0.001

# Words of the board's head, and of a seat's.
_WANTED, _OPENED, _VERSION, _LAYOUT = range(4)
_TAKEN, _BEAT, _STATE, _SIDE, _RETIRING, _SUCCEEDS = range(6)

STARTING, READY, DRAINING = range(3)

# The standard library's, for the parent sets up no logs: a line on standard error is what remains then.
log = logging.getLogger(__name__)


class LayoutError(ValueError):
    """A board that another release laid out."""


class Seat:
    """One process' part of the board."""

    def __init__(self, board: "Board", number: int) -> None:
        self.board = board
        self.number = number
        self._word = _HEAD_WORDS + number * _SEAT_BYTES // _WORD
        self._start = _HEAD_WORDS * _WORD + number * _SEAT_BYTES + _HEAD_WORDS * _WORD

    def _get(self, word: int) -> int:
        return self.board.words[self._word + word]

    def _set(self, word: int, value: int) -> None:
        self.board.words[self._word + word] = value

    @property
    def taken(self) -> bool:
        """Whether a process has it."""
        return bool(self._get(_TAKEN))

    @property
    def beaten(self) -> float:
        """When its loop last turned, by the monotonic clock, which all processes share; 0 if it never did."""
        return self._get(_BEAT) / 1e9

    def beat(self) -> None:
        """The loop turns."""
        self._set(_BEAT, time.monotonic_ns())

    @property
    def state(self) -> int:
        """STARTING, READY (it takes clients, or did before the stream went away) or DRAINING."""
        return self._get(_STATE)

    @state.setter
    def state(self, state: int) -> None:
        self._set(_STATE, state)

    @property
    def retiring(self) -> bool:
        """Whether another process serves the same socket from now on."""
        return bool(self._get(_RETIRING))

    def retire(self) -> None:
        """The parent: the next SIGTERM is for a process that has a successor."""
        self._set(_RETIRING, 1)

    @property
    def succeeds(self) -> bool:
        """Whether another process still serves the same socket."""
        return bool(self._get(_SUCCEEDS))

    def write(self, snapshot: Snapshot) -> bool:
        """Puts up what was counted so far; False if it does not fit."""
        data = encode(snapshot)
        if len(data) > _SIDE_BYTES - 8:
            return False
        side = 1 - self._get(_SIDE)
        start = self._start + side * _SIDE_BYTES
        memory = self.board.memory
        memory[start + 8 : start + 8 + len(data)] = data
        memory[start : start + 8] = len(data).to_bytes(4, "little") + zlib.crc32(data).to_bytes(4, "little")
        self._set(_SIDE, side)
        return True

    def read(self) -> Snapshot:
        """What was put up last; empty if nothing was."""
        memory = self.board.memory
        for _ in range(_TRIES):
            start = self._start + self._get(_SIDE) * _SIDE_BYTES
            length = int.from_bytes(memory[start : start + 4], "little")
            check = int.from_bytes(memory[start + 4 : start + 8], "little")
            data = memory[start + 8 : start + 8 + min(length, _SIDE_BYTES)]
            if zlib.crc32(data) == check:
                try:
                    return decode(data)
                except msgspec.DecodeError:
                    # Of another release, while one replaces the other.
                    return {}
            # Written twice while it was read.
            time.sleep(_TRY_SECONDS)
        return {}

    def clear(self, *, taken: bool, succeeds: bool = False) -> None:
        """The parent: makes it as new."""
        self._set(_TAKEN, 0)
        self._set(_SUCCEEDS, int(succeeds))
        for word in (_BEAT, _STATE, _RETIRING):
            self._set(word, 0)
        self.write({})
        self._set(_TAKEN, int(taken))


class Board:
    """Seats for `workers` processes and their successors."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        size = os.fstat(descriptor).st_size
        self.memory = mmap.mmap(descriptor, size)
        self.words = memoryview(self.memory).cast("Q")
        self.seats = [Seat(self, number) for number in range((size - _HEAD_WORDS * _WORD) // _SEAT_BYTES)]
        self._lost = False

    @classmethod
    def make(cls, workers: int) -> "Board":
        """A new board; whoever is forked has it too, whoever is given the descriptor may `join` it."""
        # One for the parent; beside each worker its successor, or a predecessor that drains.
        size = _HEAD_WORDS * _WORD + (2 + 2 * workers) * _SEAT_BYTES
        if sys.platform == "linux":
            descriptor = os.memfd_create("flashwire-board")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, size)
        board = cls(descriptor)
        board.words[_WANTED] = workers
        board.words[_LAYOUT] = LAYOUT
        return board

    @classmethod
    def join(cls, descriptor: int) -> "Board":
        """The board that another process made; `LayoutError` if that process is of a release with another layout."""
        board = cls(descriptor)
        if board.words[_LAYOUT] != LAYOUT:
            raise LayoutError(f"layout {board.words[_LAYOUT]} instead of {LAYOUT}")
        return board

    # What every process asks

    @property
    def wanted(self) -> int:
        """How many workers there should be."""
        return self.words[_WANTED]

    @property
    def opened(self) -> bool:
        """Whether all workers have been ready once."""
        return bool(self.words[_OPENED])

    @property
    def ready(self) -> int:
        """How many are ready now."""
        return sum(seat.taken and seat.state == READY for seat in self.seats)

    def snapshots(self) -> list[Snapshot]:
        """What each process counted, those that ended included."""
        for _ in range(_TRIES):
            version = self.words[_VERSION]
            found = [seat.read() for seat in self.seats if seat.taken]
            if not version % 2 and version == self.words[_VERSION]:
                break
            time.sleep(_TRY_SECONDS)
        return found

    # What the parent does

    def open(self) -> None:
        """All workers are ready."""
        self.words[_OPENED] = 1

    def take(self, *, succeeds: bool = False) -> Seat:
        """A seat for a new process, `succeeds` if it is to take over from one; `LookupError` when none is free."""
        for seat in self.seats[1:]:
            if not seat.taken:
                seat.clear(taken=True, succeeds=succeeds)
                return seat
        raise LookupError("no seat is free")

    def give_back(self, seat: Seat) -> None:
        """Its process has ended: keeps what it had counted."""
        self._move(lasting(seat.read()), seat)

    def count(self, name: str, amount: float = 1.0, /, **labels: str) -> None:
        """Adds to a counter of the parent's own."""
        self._move({name: Family("counter", [(f"{name}_total", tuple(sorted(labels.items())), amount)])}, None)

    def _move(self, snapshot: Snapshot, seat: Seat | None) -> None:
        own = self.seats[0]
        self.words[_VERSION] += 1
        if not own.write(total([own.read(), snapshot])) and not self._lost:
            self._lost = True
            log.error("What ended workers had counted does not fit on the board any more; /metrics shows less.")
        own._set(_TAKEN, 1)
        if seat is not None:
            seat.clear(taken=False)
        self.words[_VERSION] += 1
