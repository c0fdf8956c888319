"""The first run's welcome: a code, printed once, that makes the first chief's token while no token exists."""

import hmac
import secrets
from contextlib import closing
from pathlib import Path

from sqlalchemy import delete, select

from publisher.records.database import Database, open_database
from publisher.records.schema import WELCOME
from publisher.records.tokens import digest, has_tokens, insert_token


class Welcome:
    """The code in the desk's database; only the newest one counts, and only until a token exists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def code(self) -> str | None:
        """Makes a code, which replaces an earlier one; None if the desk has a token."""
        code = secrets.token_urlsafe(16)
        with self._database.begin() as connection:
            if has_tokens(connection):
                return None
            row = {"one": 1, "hash": digest(code)}
            # Another desk may make its code at the same moment; the later one counts.
            insertion = self._database.insert(WELCOME).values(row)
            connection.execute(insertion.on_conflict_do_update(index_elements=["one"], set_={"hash": row["hash"]}))
        return code

    def accept(self, code: str, name: str) -> str | None:
        """Makes the first chief's token; None if the code is not in force. Raises `RefusedError` for the name."""
        with self._database.begin() as connection:
            # FOR UPDATE: a second request with the same code waits here, and then there is no row.
            row = connection.execute(select(WELCOME.c.hash).with_for_update()).one_or_none()
            if row is None or not hmac.compare_digest(row.hash, digest(code)) or has_tokens(connection):
                return None
            token = insert_token(connection, name, "chief")
            connection.execute(delete(WELCOME))
            return token


def welcome_link(data: Path, address: str, url: str | None = None) -> str | None:
    """The link below `address` with which the first editor signs in; None if the desk has a token.

    Each call makes a new code and ends the one before. The database is that of `open_database(data, url)`. Raises
    `DatabaseError`.
    """
    with closing(open_database(data, url)) as database:
        code = Welcome(database).code()
    return None if code is None else f"{address.rstrip('/')}/#welcome={code}"
