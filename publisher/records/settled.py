"""Translations that need no change for a version of their original, as an editor decided."""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert, select

from publisher.records.changes import Changes
from publisher.records.database import Database
from publisher.records.tables.items import SETTLED

_TOPIC = "siblings"


class Settled:
    """The decisions, one for each item. Every method blocks and raises `DatabaseError`."""

    def __init__(self, database: Database, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def keep(self, uri: str, version: int, name: str, at: str) -> None:
        """Notes that the item `uri` needs no change up to version `version` of its original."""
        with self._database.begin() as connection:
            connection.execute(delete(SETTLED).where(SETTLED.c.uri == uri))
            connection.execute(insert(SETTLED).values(uri=uri, version=version, name=name, at=at))
            self._changes.touch(connection, _TOPIC)

    def of_items(self, uris: Iterable[str]) -> Mapping[str, int]:
        """The version of the original for each of `uris` that is settled."""
        rows = select(SETTLED.c.uri, SETTLED.c.version).where(SETTLED.c.uri.in_(list(uris)))
        with self._database.connect() as connection:
            return {uri: version for uri, version in connection.execute(rows)}
