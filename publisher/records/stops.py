"""The stops of the kill switch in the desk's database."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from publisher.core.stops import Stop, name_key
from publisher.records.changes import Changes
from publisher.records.database import Database
from publisher.records.tables.kill import STOPS
from publisher.records.tables.people import SESSIONS, TOKENS, USERS

_IN_FORCE: Final = (
    select(STOPS.c.id, STOPS.c.scope, STOPS.c.name, STOPS.c.actor, STOPS.c.reason, STOPS.c.since)
    .where(STOPS.c.lifted.is_(None))
    .order_by(STOPS.c.since)
)
_CACHED: Final = b"in force"


class Stops:
    """The stops in the database. Every method blocks and raises `DatabaseError`."""

    def __init__(self, database: Database, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def in_force(self) -> list[Stop]:
        """Every stop that no one has lifted, the oldest first."""
        cache: dict[bytes, list[Stop]] | None = self._database.cache(STOPS)
        if cache is not None and (in_cache := cache.get(_CACHED)) is not None:
            return in_cache
        stops = [Stop(*row) for row in self._database.rows(_IN_FORCE)]
        if cache is not None:
            cache[_CACHED] = stops
        return stops

    def add(self, stop: Stop, *, ends_sessions: bool = False, keeps: str = "") -> bool:
        """Puts `stop` in force; returns False if it is known already.

        With `ends_sessions` the sessions of the user end, or those of everyone but the session with the id `keeps`.
        """
        row = {"id": stop.id, "scope": stop.scope, "name": stop.name, "actor": stop.by}
        row |= {"reason": stop.reason, "since": stop.since}
        with self._database.begin() as connection:
            added = connection.execute(self._database.insert(STOPS).values(row).on_conflict_do_nothing())
            if ends_sessions and stop.scope != "edition":
                statement = delete(SESSIONS).where(SESSIONS.c.id != keeps)
                if stop.scope == "user":
                    statement = statement.where(_is_session_of(connection, stop.name))
                connection.execute(statement)
                self._changes.touch(connection, "kill", "sessions")
            else:
                self._changes.touch(connection, "kill")
        return added.rowcount > 0

    def is_known(self, name: str) -> bool:
        """Whether a user or a token has or had that name."""
        with self._database.connect() as connection:
            users, tokens = _actors(connection, name)
        return bool(users or tokens)

    def lift(self, id: str, by: str, reason: str, at: str) -> bool:
        """Ends a stop; returns False if none with that id is in force."""
        with self._database.begin() as connection:
            lifted = connection.execute(
                update(STOPS)
                .where(STOPS.c.id == id, STOPS.c.lifted.is_(None))
                .values(lifted=at, lifted_by=by, lifted_reason=reason)
            )
            self._changes.touch(connection, "kill")
        return lifted.rowcount > 0


def _is_session_of(connection: Connection, name: str) -> ColumnElement[bool]:
    """Whether a session is one of the user or token `name`, or of a token that this user made."""
    users, tokens = _actors(connection, name)
    return or_(SESSIONS.c.user.in_(users), SESSIONS.c.name.in_(tokens))


def _actors(connection: Connection, name: str) -> tuple[list[str], list[str]]:
    """The ids of the users, and the names of the tokens, that a stop of `name` concerns."""
    key = name_key(name)
    users = connection.execute(select(USERS.c.id).where(USERS.c.login == key)).scalars().all()
    tokens = connection.execute(select(TOKENS.c.name, TOKENS.c.owner)).all()
    return list(users), [token for token, owner in tokens if key in (name_key(token), name_key(owner or ""))]
