"""Cursor stores: where a program keeps its position between two runs."""

import os
from pathlib import Path
from typing import Protocol


class CursorStore(Protocol):
    """Keeps one cursor. Both methods are called in the event loop, so they must be quick.

    Use one store for each subscription: a cursor says nothing of items that another filter left out.
    """

    def load(self) -> str | None:
        """The stored cursor; None if there never was one. The empty string stands for a cursor that was lost."""

    def save(self, cursor: str) -> None:
        """Replaces the stored cursor."""


class MemoryCursorStore:
    """Keeps the cursor as long as the process runs; two subscriptions one after the other may share it."""

    def __init__(self, cursor: str | None = None) -> None:
        self.cursor = cursor

    def load(self) -> str | None:
        return self.cursor

    def save(self, cursor: str) -> None:
        self.cursor = cursor


class FileCursorStore:
    """Keeps the cursor in a file, which is replaced as a whole.

    A killed program leaves the old cursor or the new one. After a power cut the file may be old or empty: then more is
    replayed, or the subscription begins with a `Gap`. Both methods raise `OSError` if the file cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> str | None:
        try:
            # A node counts a cursor that it cannot read as lost, so damaged bytes may be sent as they are.
            return self._path.read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return None

    def save(self, cursor: str) -> None:
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        temporary.write_text(cursor + "\n", "ascii")
        temporary.replace(self._path)
