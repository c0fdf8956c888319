"""The first run's welcome: a code, printed once, that makes the first chief's token while there is none."""

import hmac
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from publisher.records.database import FILE, open_database, translated
from publisher.records.tokens import Tokens, digest


class Welcome:
    """The code in the desk's database; only the newest one counts, and only until a token exists."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tokens = Tokens(connection)

    def code(self) -> str | None:
        """A new code to print, which replaces an earlier one; None where the desk has a token already."""
        if self._tokens.any():
            return None
        code = secrets.token_urlsafe(16)
        self._connection.execute("INSERT OR REPLACE INTO welcome (one, hash) VALUES (1, ?)", (digest(code),))
        return code

    def accept(self, code: str, name: str) -> str | None:
        """The first chief's token, or None where the code is not in force; raises `RefusedError` for the name."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            row = self._connection.execute("SELECT hash FROM welcome").fetchone()
            token = None
            if row and hmac.compare_digest(row[0], digest(code)) and not self._tokens.any():
                token = self._tokens.create(name, "chief")
                self._connection.execute("DELETE FROM welcome")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return token


def welcome_link(data: Path, address: str) -> str | None:
    """The link below `address` with which the first editor signs in, or None where there is a token already.

    Each call makes a new code and ends the one before. Raises `DatabaseError`.
    """
    with translated(data / FILE), closing(open_database(data)) as database:
        code = Welcome(database).code()
    if code is None:
        return None
    return f"{address.rstrip('/')}/#welcome={code}"
