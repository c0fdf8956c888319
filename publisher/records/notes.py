"""The desk's own notes on versions (`edNote`); they never enter the stream."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from publisher.records.database import Database
from publisher.records.schema import NOTES


class EdNote(msgspec.Struct, frozen=True):
    """One note: the version that it came with, the name of the token that sent it, and its text."""

    version: int
    by: str
    note: str


class Notes:
    """The notes in the desk's database. Every method raises `DatabaseError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, uri: str, version: int, name: str, note: str) -> None:
        """Keeps a note; a repeated request leaves the first one."""
        row = {"uri": uri, "version": version, "name": name, "note": note}
        with self._database.begin() as connection:
            connection.execute(self._database.insert(NOTES).values(row).on_conflict_do_nothing())

    def of_items(self, uris: Iterable[str]) -> dict[str, list[EdNote]]:
        """The notes on the items `uris`, the oldest version first, of those that have any."""
        columns = (NOTES.c.uri, NOTES.c.version, NOTES.c.name, NOTES.c.note)
        query = select(*columns).where(NOTES.c.uri.in_(tuple(uris))).order_by(NOTES.c.uri, NOTES.c.version)
        notes: dict[str, list[EdNote]] = {}
        with self._database.connect() as connection:
            for uri, version, name, note in connection.execute(query):
                notes.setdefault(uri, []).append(EdNote(version, name, note))
        return notes
