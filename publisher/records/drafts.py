"""The drafts in the desk's database."""

from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, update

from publisher.core.drafts import OPEN_LIMIT, Draft
from publisher.core.refusals import ConflictError
from publisher.records.changes import Changes
from publisher.records.database import Database
from publisher.records.tables.flow import DRAFTS

_TOPIC = "drafts"


class DraftStaleError(Exception):
    """Another person changed the draft first: it is at version `current`, or gone (0)."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"the current version is {current}")


class Drafts:
    """The drafts. Every method blocks and raises `DatabaseError`."""

    def __init__(self, database: Database, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def add(self, draft: Draft) -> Draft:
        """Adds a draft; the one that has this id already, if there is one. Raises `ConflictError`: too many."""
        with self._database.begin() as connection:
            stored = connection.execute(select(DRAFTS.c.content).where(DRAFTS.c.id == draft.id)).scalar()
            if stored is not None:
                return msgspec.json.decode(stored, type=Draft)
            is_open = (DRAFTS.c.author == draft.author) & (DRAFTS.c.state != "published")
            count = connection.execute(select(func.count()).select_from(DRAFTS).where(is_open)).scalar_one()
            if count >= OPEN_LIMIT:
                raise ConflictError("drafts-many", limit=OPEN_LIMIT)
            connection.execute(insert(DRAFTS).values(_row(draft)))
            self._changes.touch(connection, _TOPIC)
        return draft

    def find(self, draft_id: str) -> Draft | None:
        """The draft with this id."""
        with self._database.connect() as connection:
            stored = connection.execute(select(DRAFTS.c.content).where(DRAFTS.c.id == draft_id)).scalar()
        return None if stored is None else msgspec.json.decode(stored, type=Draft)

    def all(self) -> list[Draft]:
        """Every draft, the latest change first."""
        with self._database.connect() as connection:
            rows = connection.execute(select(DRAFTS.c.content).order_by(DRAFTS.c.changed.desc(), DRAFTS.c.id))
            return [msgspec.json.decode(content, type=Draft) for content in rows.scalars()]

    def replace(self, draft: Draft) -> None:
        """Stores the version after the stored one; raises `DraftStaleError`."""
        with self._database.begin() as connection:
            previous = (DRAFTS.c.id == draft.id) & (DRAFTS.c.version == draft.version - 1)
            changed = connection.execute(update(DRAFTS).where(previous).values(_row(draft)))
            if not changed.rowcount:
                raise self._stale(connection.execute(select(DRAFTS.c.version).where(DRAFTS.c.id == draft.id)).scalar())
            self._changes.touch(connection, _TOPIC)

    def remove(self, draft_id: str, version: int | None) -> None:
        """Deletes the draft at `version`, or at any version; raises `DraftStaleError`."""
        with self._database.begin() as connection:
            row = DRAFTS.c.id == draft_id
            at_version = row if version is None else row & (DRAFTS.c.version == version)
            if not connection.execute(delete(DRAFTS).where(at_version)).rowcount:
                raise self._stale(connection.execute(select(DRAFTS.c.version).where(row)).scalar())
            self._changes.touch(connection, _TOPIC)

    def remove_published(self, until: float) -> None:
        """Deletes what was published before the time `before`."""
        with self._database.begin() as connection:
            connection.execute(delete(DRAFTS).where(DRAFTS.c.state == "published", DRAFTS.c.changed < until))

    @staticmethod
    def _stale(current: int | None) -> DraftStaleError:
        return DraftStaleError(current or 0)


def _row(draft: Draft) -> dict[str, Any]:  # Any: the columns' types
    return {
        "id": draft.id,
        "version": draft.version,
        "state": draft.state,
        "author": draft.author,
        "edition": draft.edition,
        "content": msgspec.json.encode(draft).decode(),
        "changed": draft.changed,
    }
