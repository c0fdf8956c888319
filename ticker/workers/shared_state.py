"""Shared memory of the workers of one service and their parent: a slot for each process, which all of them read.

A slot holds the time of the worker's last loop iteration, its state, and its metrics. The parent assigns the slots.
When a worker has ended, the parent adds the worker's counters to its own slot, so that the sum never goes down.
There is no lock, because a process that is stopped while it holds a lock would stop the others:

1. A slot has two buffers. The worker writes the one that is not in use, then switches with one word, so that a kill
   between the two steps leaves a complete snapshot.
2. `version` is odd while the parent moves counters to its own slot. A process that reads during that reads again.
3. `LAYOUT` identifies the memory layout. During a rolling restart processes of two releases share the memory; a
   release with another layout refuses to start, because it would write into other workers' slots.
"""

import logging
import mmap
import os
import secrets
import sys
import tempfile
import time
import zlib
from typing import Final

import msgspec

from ticker.workers.totals import Family, Snapshot, decode, encode, lasting, total

# Bump when the layout changes: the size of a slot, the header words, the meaning of a state number, the encoding.
LAYOUT: Final = 1

_BUFFER_BYTES: Final = 64 * 1024
_HEADER_WORDS: Final = 8
_WORD_BYTES: Final = 8
_HEADER_BYTES: Final = _HEADER_WORDS * _WORD_BYTES
_SLOT_BYTES: Final = _HEADER_BYTES + 2 * _BUFFER_BYTES
_READ_ATTEMPTS: Final = 50
_RETRY_SECONDS: Final = 0.001

# Words of the header of the whole memory, and of each slot's header.
_WORKER_COUNT, _HAS_STARTED, _VERSION, _LAYOUT, _SERVICE = range(5)
_IN_USE, _LAST_SEEN, _STATE, _BUFFER, _IS_RETIRING, _HAS_PREDECESSOR = range(6)

STARTING, READY, DRAINING = range(3)

# The standard library's logger: the parent does not configure structlog, and a line on standard error is enough.
log = logging.getLogger(__name__)


class LayoutError(ValueError):
    """The shared memory has the layout of another release."""


class WorkerSlot:
    """The part of the shared memory that one process writes."""

    def __init__(self, shared: "SharedState", number: int) -> None:
        self.shared = shared
        self.number = number
        start = _HEADER_BYTES + number * _SLOT_BYTES
        self._first_word = start // _WORD_BYTES
        self._buffers_start = start + _HEADER_BYTES

    def _get(self, index: int) -> int:
        return self.shared.words[self._first_word + index]

    def _set(self, index: int, value: int) -> None:
        self.shared.words[self._first_word + index] = value

    @property
    def place(self) -> str:
        """A name that no slot of another service has; empty in the memory of a parent that gave its service none.

        The parent assigns a slot again only after its process has ended.
        """
        service = self.shared.words[_SERVICE]
        return f"{service:x}.{self.number}" if service else ""

    @property
    def in_use(self) -> bool:
        """Whether the slot is assigned to a process."""
        return bool(self._get(_IN_USE))

    @property
    def last_seen(self) -> float:
        """The last call of `touch`, by the monotonic clock, which all processes share; 0 before the first."""
        return self._get(_LAST_SEEN) / 1e9

    def touch(self) -> None:
        """Notes that the worker's event loop makes progress."""
        self._set(_LAST_SEEN, time.monotonic_ns())

    @property
    def state(self) -> int:
        """STARTING, READY (it accepts clients, also while the stream is away) or DRAINING."""
        return self._get(_STATE)

    @state.setter
    def state(self, state: int) -> None:
        self._set(_STATE, state)

    @property
    def is_retiring(self) -> bool:
        """Whether a successor serves the same socket, so that the worker hands over when it is stopped."""
        return bool(self._get(_IS_RETIRING))

    def mark_retiring(self) -> None:
        """Notes that the next SIGTERM goes to a process that has a successor. Only the parent calls this."""
        self._set(_IS_RETIRING, 1)

    @property
    def has_predecessor(self) -> bool:
        """Whether another process still served the same socket when this one started."""
        return bool(self._get(_HAS_PREDECESSOR))

    def write(self, snapshot: Snapshot) -> bool:
        """Replaces the worker's metrics. Returns False, and changes nothing, if they do not fit."""
        data = encode(snapshot)
        if len(data) > _BUFFER_BYTES - 8:
            return False
        unused = 1 - self._get(_BUFFER)
        start = self._buffers_start + unused * _BUFFER_BYTES
        memory = self.shared.memory
        memory[start + 8 : start + 8 + len(data)] = data
        memory[start : start + 8] = len(data).to_bytes(4, "little") + zlib.crc32(data).to_bytes(4, "little")
        self._set(_BUFFER, unused)
        return True

    def read(self) -> Snapshot:
        """Returns the metrics of the last `write`; empty if there was none."""
        memory = self.shared.memory
        for _ in range(_READ_ATTEMPTS):
            start = self._buffers_start + self._get(_BUFFER) * _BUFFER_BYTES
            length = int.from_bytes(memory[start : start + 4], "little")
            checksum = int.from_bytes(memory[start + 4 : start + 8], "little")
            data = memory[start + 8 : start + 8 + min(length, _BUFFER_BYTES)]
            if zlib.crc32(data) == checksum:
                try:
                    return decode(data)
                except msgspec.DecodeError:
                    # During a rolling restart another release may pack its samples differently.
                    return {}
            # The worker wrote twice during this read.
            time.sleep(_RETRY_SECONDS)
        return {}

    def reset(self, *, in_use: bool, has_predecessor: bool = False) -> None:
        """Clears the slot for its next process. Only the parent calls this."""
        self._set(_IN_USE, 0)
        self._set(_HAS_PREDECESSOR, int(has_predecessor))
        for field in (_LAST_SEEN, _STATE, _IS_RETIRING):
            self._set(field, 0)
        self.write({})
        self._set(_IN_USE, int(in_use))


class SharedState:
    """The shared memory: slots for the parent, for each worker, and for the successors of workers."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        size = os.fstat(descriptor).st_size
        self.memory = mmap.mmap(descriptor, size)
        self.words = memoryview(self.memory).cast("Q")
        self.slots = [WorkerSlot(self, number) for number in range((size - _HEADER_BYTES) // _SLOT_BYTES)]
        self._is_full = False

    @classmethod
    def create(cls, workers: int) -> "SharedState":
        """Creates the memory for a service. Forked children share it; any other process calls `attach`."""
        # Twice the workers: during a rolling restart a worker and its successor both have a slot. Two for the parent.
        size = _HEADER_BYTES + (2 + 2 * workers) * _SLOT_BYTES
        if sys.platform == "linux":
            descriptor = os.memfd_create("flashwire-workers")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, size)
        shared = cls(descriptor)
        shared.words[_WORKER_COUNT] = workers
        shared.words[_LAYOUT] = LAYOUT
        shared.words[_SERVICE] = secrets.randbits(64) | 1
        return shared

    @classmethod
    def attach(cls, descriptor: int) -> "SharedState":
        """Opens memory that another process created. Raises `LayoutError` if its release has another layout."""
        shared = cls(descriptor)
        if shared.words[_LAYOUT] != LAYOUT:
            raise LayoutError(f"layout {shared.words[_LAYOUT]} instead of {LAYOUT}")
        return shared

    # Called by every process.

    @property
    def worker_count(self) -> int:
        """The number of workers that the service was started with."""
        return self.words[_WORKER_COUNT]

    @property
    def has_started(self) -> bool:
        """Whether all workers have been ready once."""
        return bool(self.words[_HAS_STARTED])

    @property
    def ready_count(self) -> int:
        """The number of workers that are ready now."""
        return sum(slot.in_use and slot.state == READY for slot in self.slots)

    def snapshots(self) -> list[Snapshot]:
        """Returns the metrics of each process, and those of ended workers in the parent's."""
        for _ in range(_READ_ATTEMPTS):
            version = self.words[_VERSION]
            snapshots = [slot.read() for slot in self.slots if slot.in_use]
            if not version % 2 and version == self.words[_VERSION]:
                break
            time.sleep(_RETRY_SECONDS)
        return snapshots

    # Called by the parent only.

    def mark_started(self) -> None:
        """Notes that all workers are ready."""
        self.words[_HAS_STARTED] = 1

    def acquire(self, *, has_predecessor: bool = False) -> WorkerSlot:
        """Assigns a slot to a new process. Raises `LookupError` if none is free."""
        for slot in self.slots[1:]:
            if not slot.in_use:
                slot.reset(in_use=True, has_predecessor=has_predecessor)
                return slot
        raise LookupError("no worker slot is free")

    def release(self, slot: WorkerSlot) -> None:
        """Frees the slot of a process that has ended, and adds its counters to the parent's."""
        self._add(lasting(slot.read()), slot)

    def count(self, name: str, amount: float = 1.0, /, **labels: str) -> None:
        """Adds `amount` to one of the parent's own counters."""
        self._add({name: Family("counter", [(f"{name}_total", tuple(sorted(labels.items())), amount)])}, None)

    def _add(self, snapshot: Snapshot, ended_slot: WorkerSlot | None) -> None:
        own = self.slots[0]
        self.words[_VERSION] += 1
        if not own.write(total([own.read(), snapshot])) and not self._is_full:
            self._is_full = True
            log.error("What ended workers had counted does not fit on the board any more; /metrics shows less.")
        own._set(_IN_USE, 1)
        if ended_slot is not None:
            ended_slot.reset(in_use=False)
        self.words[_VERSION] += 1
