"""Watches the append-only files of a running server; it changes none of them.

A server continues to write to a file that was removed, and confirms writes that are lost with its next restart.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flashwire.valkey.damage import MANIFEST

# Inode and size of a file; None if it does not exist.
_Status = tuple[int, int] | None
# The type of a file that a rewrite has replaced.
_HISTORY: Final = "h"
_LINE: Final = re.compile(r"file (\S+) seq \d+ type ([bhi])\b.*")


class Files:
    """The append-only files in `data`, to be checked every second."""

    def __init__(self, data: Path) -> None:
        """Remembers the directory that `data` is now; raises `OSError` if there is none."""
        self._data = data
        self._folder = data.stat()
        self._statuses: dict[Path, tuple[int, int]] = {}
        self._missing_bytes: int | None = None
        """How many bytes shorter the files were than the server reported, at the first check."""

    def forget(self) -> None:
        """Call after a start of the server, and when it writes all of its files again."""
        self._statuses.clear()
        self._missing_bytes = None

    @property
    def folder_is_gone(self) -> bool:
        """Whether the data directory was removed or replaced by another."""
        try:
            return not os.path.samestat(self._folder, self._data.stat())
        except OSError:
            return True

    def are_lost(self, reported_size: Callable[[], int | None] = lambda: None) -> bool:
        """Whether a file was removed, replaced or truncated since the last call.

        `reported_size` returns the size that the server believes its files have: a truncated file may have grown again.
        """
        size = reported_size()
        manifest = self._data / MANIFEST
        manifest_lines = _lines(manifest)
        if not manifest_lines:
            # Before Redis 7 there was one file, which each rewrite replaced.
            return _status(self._data / "appendonly.aof") is None
        lines = [_LINE.fullmatch(line) for line in manifest_lines]
        names = [line[1] for line in lines if line and line[2] != _HISTORY]
        statuses = {manifest.parent / name: _status(manifest.parent / name) for name in names}
        # If the size changed during the check, the sizes cannot be compared.
        missing = None
        if size is not None and size == reported_size():
            missing = size - sum(status[1] for status in statuses.values() if status is not None)
        earlier_missing = self._missing_bytes if statuses.keys() == self._statuses.keys() else None
        lost = (
            None in lines
            or not names
            or (missing is not None and earlier_missing is not None and missing > earlier_missing)
            or any(
                status is None
                or (
                    path in self._statuses
                    and (status[0] != self._statuses[path][0] or status[1] < self._statuses[path][1])
                )
                for path, status in statuses.items()
            )
        )
        if lost and _lines(manifest) != manifest_lines:
            # A rewrite ended during the check, and removed the files that it replaced.
            return False
        self._statuses = {path: status for path, status in statuses.items() if status is not None}
        self._missing_bytes = earlier_missing if missing is None else missing
        return lost


def _status(path: Path) -> _Status:
    try:
        statuses = path.stat()
    except OSError:
        return None
    return statuses.st_ino, statuses.st_size


def _lines(manifest: Path) -> list[str]:
    try:
        return manifest.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
