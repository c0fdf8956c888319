"""Whether the files that a running server writes are still there; it changes none of them.

The server goes on writing to a file that was removed, and acknowledges what is gone with the next restart.
"""

from pathlib import Path
from typing import Final

from ticker.embedded.valkey import MANIFEST

# Of one file; `None` where it is not there.
_Look = tuple[int, int] | None
_HISTORY: Final = " type h"


class Files:
    """The append-only files in `data`, looked at every second."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._folder = _look(data)
        self._known: dict[Path, tuple[int, int]] = {}

    def forget(self) -> None:
        """The server is new, or writes all of its files again."""
        self._known.clear()

    @property
    def folder_is_gone(self) -> bool:
        """Whether the data directory was removed or replaced by another."""
        found = _look(self._data)
        return found is None or self._folder is None or found[0] != self._folder[0]

    def are_lost(self) -> bool:
        """Whether a file was removed, replaced or cut since the last look."""
        manifest = self._data / MANIFEST
        listed = _lines(manifest)
        if not listed:
            # Before Redis 7 there was one file, which each rewrite replaces.
            return not (self._data / "appendonly.aof").exists()
        names = [line.split()[1] for line in listed if line.startswith("file ") and not line.endswith(_HISTORY)]
        found = {manifest.parent / name: _look(manifest.parent / name) for name in names}
        lost = any(
            look is None
            or (path in self._known and (look[0] != self._known[path][0] or look[1] < self._known[path][1]))
            for path, look in found.items()
        )
        if lost and _lines(manifest) != listed:
            # A rewrite ended between the two looks, and removed what it replaced.
            return False
        self._known = {path: look for path, look in found.items() if look is not None}
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
