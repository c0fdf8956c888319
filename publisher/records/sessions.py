"""Sessions of the desk page: a random id in a cookie, kept as a hash, for as long as its token is in force."""

import secrets
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Select, bindparam, delete, insert, select

from publisher.core.roles import Role
from publisher.records.database import Database
from publisher.records.schema import SESSIONS, TOKENS
from publisher.records.tokens import IN_FORCE, Actor, digest

# A shift and its handover.
SESSION_SECONDS: Final = 12 * 3600

_BY_HASH: Final[Select[str, Role, bool, float]] = (
    select(TOKENS.c.name, TOKENS.c.role, TOKENS.c.unlimited, SESSIONS.c.expires)
    .join(TOKENS, SESSIONS.c.name == TOKENS.c.name)
    .where(SESSIONS.c.hash == bindparam("key"), IN_FORCE)
)


class Sessions:
    """The sessions in the desk's database; `clock` gives seconds since 1970. Every method raises `DatabaseError`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def open(self, name: str) -> str:
        """Starts a session for the holder of the token `name`, and returns its id; deletes expired sessions."""
        session = secrets.token_urlsafe(32)
        now = self._clock()
        with self._database.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.expires <= now))
            row = {"hash": digest(session), "name": name, "expires": now + SESSION_SECONDS}
            connection.execute(insert(SESSIONS).values(row))
        return session

    def holder(self, session: str) -> Actor | None:
        """The holder of `session`; None if it expired or was closed, or its token was revoked."""
        entry = self.find(digest(session))
        return entry[0] if entry else None

    def find(self, key: bytes) -> tuple[Actor, float] | None:
        """As `holder`, by the session's `digest`; with the time at which it expires."""
        cache: dict[bytes, tuple[Actor, float]] | None = self._database.cache(SESSIONS)
        entry = None if cache is None else cache.get(key)
        if entry is None:
            with self._database.connect() as connection:
                row = connection.execute(_BY_HASH, {"key": key}).one_or_none()
            if row is None:
                return None
            entry = Actor(row.name, row.role, bool(row.unlimited)), row.expires
            if cache is not None:
                cache[key] = entry
        return entry if entry[1] > self._clock() else None

    def close(self, session: str) -> None:
        """Ends a session."""
        with self._database.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.hash == digest(session)))
