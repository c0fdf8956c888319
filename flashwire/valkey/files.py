"""Whether the files that a running server writes are still there; it changes none of them.

The server goes on writing to a file that was removed, and acknowledges what is gone with the next restart.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flashwire.valkey.damage import MANIFEST

# Of one file; `None` where it is not there.
_Look = tuple[int, int] | None
# Of a file that a rewrite has replaced.
_HISTORY: Final = "h"
_LINE: Final = re.compile(r"file (\S+) seq \d+ type ([bhi])\b.*")


class Files:
    """The append-only files in `data`, looked at every second."""

    def __init__(self, data: Path) -> None:
        """Of the directory that is there now; raises `OSError` if there is none."""
        self._data = data
        self._folder = data.stat()
        self._known: dict[Path, tuple[int, int]] = {}
        self._missing: int | None = None
        """How many bytes the files were shorter than the server believed, when they were first looked at."""

    def forget(self) -> None:
        """The server is new, or writes all of its files again."""
        self._known.clear()
        self._missing = None

    @property
    def folder_is_gone(self) -> bool:
        """Whether the data directory was removed or replaced by another."""
        try:
            return not os.path.samestat(self._folder, self._data.stat())
        except OSError:
            return True

    def are_lost(self, written: Callable[[], int | None] = lambda: None) -> bool:
        """Whether a file was removed, replaced or cut since the last look.

        `written` says how long the files are as far as the server knows: one that was cut may have grown again.
        """
        believed = written()
        manifest = self._data / MANIFEST
        listed = _lines(manifest)
        if not listed:
            # Before Redis 7 there was one file, which each rewrite replaces.
            return _look(self._data / "appendonly.aof") is None
        lines = [_LINE.fullmatch(line) for line in listed]
        names = [line[1] for line in lines if line and line[2] != _HISTORY]
        found = {manifest.parent / name: _look(manifest.parent / name) for name in names}
        # A size that changed meanwhile cannot be compared.
        missing = None
        if believed is not None and believed == written():
            missing = believed - sum(look[1] for look in found.values() if look is not None)
        known_missing = self._missing if found.keys() == self._known.keys() else None
        lost = (
            None in lines
            or not names
            or (missing is not None and known_missing is not None and missing > known_missing)
            or any(
                look is None
                or (path in self._known and (look[0] != self._known[path][0] or look[1] < self._known[path][1]))
                for path, look in found.items()
            )
        )
        if lost and _lines(manifest) != listed:
            # A rewrite ended between the two looks, and removed what it replaced.
            return False
        self._known = {path: look for path, look in found.items() if look is not None}
        self._missing = known_missing if missing is None else missing
        return lost


def _look(path: Path) -> _Look:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size


def _lines(manifest: Path) -> list[str]:
    try:
        return manifest.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
