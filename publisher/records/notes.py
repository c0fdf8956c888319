"""The desk's own notes on versions (`edNote`); they never enter the stream."""

import sqlite3
from collections.abc import Iterable

import msgspec


class EdNote(msgspec.Struct, frozen=True):
    """One note: the version that it came with, the name of the token that sent it, and its text."""

    version: int
    by: str
    note: str


class Notes:
    """The notes in the desk's database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, uri: str, version: int, name: str, note: str) -> None:
        """Keeps a note; a repeated request leaves the first one. Raises `sqlite3.Error`."""
        self._connection.execute("INSERT OR IGNORE INTO notes VALUES (?, ?, ?, ?)", (uri, version, name, note))

    def of_items(self, uris: Iterable[str]) -> dict[str, list[EdNote]]:
        """The notes on the items `uris`, the oldest version first, of those that have any. Raises `sqlite3.Error`."""
        names = tuple(uris)
        marks = ", ".join("?" * len(names))
        rows = self._connection.execute(
            f"SELECT uri, version, name, note FROM notes WHERE uri IN ({marks}) ORDER BY uri, version", names
        )
        notes: dict[str, list[EdNote]] = {}
        for uri, version, name, note in rows:
            notes.setdefault(uri, []).append(EdNote(version, name, note))
        return notes
