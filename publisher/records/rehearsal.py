"""A rehearsal has a separate database: its id says so, and no desk opens a database of the other kind.

A desk of a rehearsal that shared the live database would fire its scheduled lines into the rehearsal's stream.
"""

from typing import Final

from sqlalchemy import func, select, update

from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from publisher.records.schema import DESK
from publisher.records.tables.people import SESSIONS
from publisher.records.tables.wire import BYLINES

_MARK: Final = "rehearsal-"


def claim(database: Database, *, rehearsal: bool) -> None:
    """Marks a new database as a rehearsal's; raises `DatabaseError` for a database of the other kind."""
    with database.begin() as connection:
        desk_id = str(connection.execute(select(DESK.c.id).with_for_update()).scalar_one())
        if desk_id.startswith(_MARK) == rehearsal:
            return
        if not rehearsal:
            raise DatabaseError(
                "The desk's database belongs to a rehearsal: set FLASHWIRE_REHEARSAL=true, or give the live desk"
                " a database of its own."
            )
        used = (connection.execute(select(func.count()).select_from(table)).scalar() for table in (SESSIONS, BYLINES))
        if any(used):
            raise DatabaseError(
                "The desk's database belongs to a live desk: give the rehearsal a database of its own"
                " (FLASHWIRE_DATABASE_URL), or leave the setting out."
            )
        connection.execute(update(DESK).values(id=_MARK + desk_id))
