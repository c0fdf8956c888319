"""The desk's own notes on versions (`edNote`); they never enter the stream."""

import sqlite3


class Notes:
    """The notes in the desk's database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, uri: str, version: int, name: str, note: str) -> None:
        """Keeps a note; a repeated request leaves the first one. Raises `sqlite3.Error`."""
        self._connection.execute("INSERT OR IGNORE INTO notes VALUES (?, ?, ?, ?)", (uri, version, name, note))
