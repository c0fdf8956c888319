"""Records of holds and withdrawals while the database is away: a file in the data directory of this desk.

1. A record is on the disk when `put` returns.
2. `batches` first renames the file: what is put during an append goes to a new one. A file is removed after its records
   are in the chain, so a crash between the two leaves records that the chain has already.
3. A line that a crash cut off is counted and left out.
"""

import os
import threading
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from publisher.core.audit import Event

FILE: Final = "audit-spool.jsonl"
_RENAMED: Final = "audit-spool.chaining.jsonl"
# Some 10,000 records.
LIMIT_BYTES: Final = 4 << 20


class SpoolFullError(OSError):
    """The spool has reached its limit."""


class Spool:
    """The spool in the directory `data`; its methods raise `OSError` and may be called by several threads."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE
        self._renamed = data / _RENAMED
        self._lock = threading.Lock()

    def put(self, event: Event) -> None:
        """Appends one record. Where the disk is full the file stays as it was."""
        line = msgspec.json.encode(event) + b"\n"
        with self._lock:
            is_new = not self._path.exists()
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                if size + len(line) > LIMIT_BYTES:
                    raise SpoolFullError(f"the spool has {size} bytes, of at most {LIMIT_BYTES}")
                try:
                    # The file may end with a line that a crash cut off.
                    byte_count = os.write(descriptor, line if self._ends_line(size) else b"\n" + line)
                    if byte_count < len(line):
                        raise OSError("the disk took a part of the record")
                    os.fsync(descriptor)
                except OSError:
                    with suppress(OSError):
                        os.ftruncate(descriptor, size)
                    raise
            finally:
                os.close(descriptor)
            if is_new:
                _sync_folder(self._path.parent)

    def __len__(self) -> int:
        return sum(data.count(b"\n") for data in map(_content, (self._renamed, self._path)))

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be chained."""
        return not (self._path.exists() or self._renamed.exists())

    def batches(self) -> Generator[tuple[list[Event], int]]:
        """The records of each file, and how many lines could not be read; the file is removed after its block."""
        while not self.is_empty:
            with self._lock:
                if not self._renamed.exists():
                    self._path.rename(self._renamed)
            events, damaged = [], 0
            for line in _content(self._renamed).splitlines():
                try:
                    events.append(msgspec.json.decode(line, type=Event))
                except msgspec.MsgspecError:
                    damaged += bool(line)
            yield events, damaged
            self._renamed.unlink()
            _sync_folder(self._path.parent)

    def _ends_line(self, size: int) -> bool:
        if not size:
            return True
        with self._path.open("rb") as file:
            file.seek(size - 1)
            return file.read(1) == b"\n"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _sync_folder(folder: Path) -> None:
    """Makes a new or removed name in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
