"""Sessions of the desk page: a random id in a cookie, kept as a hash, for as long as its token is in force."""

import secrets
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from publisher.records.tokens import Actor, digest

# A shift and its handover.
SESSION_SECONDS: Final = 12 * 3600


class Sessions:
    """The sessions in the desk's database; `clock` gives seconds since 1970."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock

    def open(self, name: str) -> str:
        """A new session's id for the holder of the token `name`; sessions that are over are forgotten on the way."""
        session = secrets.token_urlsafe(32)
        now = self._clock()
        self._connection.execute("DELETE FROM sessions WHERE expires <= ?", (now,))
        self._connection.execute(
            "INSERT INTO sessions (hash, name, expires) VALUES (?, ?, ?)",
            (digest(session), name, now + SESSION_SECONDS),
        )
        return session

    def holder(self, session: str) -> Actor | None:
        """Whose session that is, or None where it is over or its token revoked."""
        row = self._connection.execute(
            "SELECT tokens.name, role, unlimited FROM sessions JOIN tokens USING (name)"
            " WHERE sessions.hash = ? AND expires > ? AND revoked IS NULL",
            (digest(session), self._clock()),
        ).fetchone()
        return Actor(row[0], row[1], bool(row[2])) if row else None

    def close(self, session: str) -> None:
        """Ends a session."""
        self._connection.execute("DELETE FROM sessions WHERE hash = ?", (digest(session),))
