"""Stops in a file of the data directory, for the time that the database is away: they count at this desk.

A file that cannot be read stops everything: it may be the half of a stop that a person needed.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from publisher.core.stops import Scope, Stop

FILE: Final = "kill.json"
UNREADABLE: Final = Stop("file", "all", "", "this desk", f"the file {FILE} in its data directory cannot be read", "")


def new_stop(scope: Scope, name: str, by: str, reason: str, since: str) -> Stop:
    """A stop with a new id."""
    return Stop(secrets.token_hex(8), scope, name, by, reason, since)


class StopFile:
    """The file in the directory `data`."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE
        # Each publication looks at the file, and a `Path` takes five times as long.
        self._name = os.fspath(self._path)
        self._stamp: tuple[int, ...] | None = None
        self._stops: list[Stop] = []

    def stops(self) -> list[Stop]:
        """The stops in the file, which is read again only when it has changed."""
        try:
            status = os.stat(self._name)
        except FileNotFoundError:
            self._stamp, self._stops = None, []
            return []
        except OSError:
            return [UNREADABLE]
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            try:
                self._stops = msgspec.json.decode(self._path.read_bytes(), type=list[Stop])
            except (OSError, msgspec.MsgspecError):
                return [UNREADABLE]
            self._stamp = stamp
        return self._stops

    def add(self, stop: Stop) -> None:
        """Adds a stop, on the disk when this returns; raises `OSError`."""
        with self._lock():
            self._write([*(known for known in self.stops() if known is not UNREADABLE), stop])

    def remove(self, id: str) -> bool:
        """Removes a stop; returns whether the file had it. Raises `OSError`."""
        with self._lock():
            stops = self.stops()
            remaining = [stop for stop in stops if stop.id != id]
            if remaining:
                self._write(remaining)
            elif stops:
                self._path.unlink()
        return len(remaining) < len(stops)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """A desk and a command change the file at the same time, and neither may undo what the other did."""
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _write(self, stops: list[Stop]) -> None:
        temporary = self._path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(stops))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
