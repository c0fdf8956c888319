"""The first run's welcome: codes, printed at each start, that make the first chief while there is no user or token.

Each start prints a code, also of several desks on one PostgreSQL: the newest `CODES_LIMIT` count.
"""

import secrets
import time
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, delete, exists, insert, or_, select

from publisher.records.database import Database, open_database
from publisher.records.tables.people import TOKENS, USERS, WELCOME_CODES
from publisher.records.tokens import digest, insert_token

# More desks than any newsroom starts before anyone signs in.
CODES_LIMIT: Final = 16


class Welcome:
    """The codes in the desk's database; they count only until a token or user exists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def code(self) -> str | None:
        """Makes a code; None if the desk has a token or user."""
        code = secrets.token_urlsafe(16)
        with self._database.begin() as connection:
            if has_people(connection):
                return None
            connection.execute(insert(WELCOME_CODES).values(hash=digest(code), created=time.time()))
            newest = select(WELCOME_CODES.c.hash).order_by(WELCOME_CODES.c.created.desc()).limit(CODES_LIMIT)
            codes = connection.execute(newest).scalars().all()
            connection.execute(delete(WELCOME_CODES).where(WELCOME_CODES.c.hash.not_in(codes)))
        return code

    def is_valid(self, code: str) -> bool:
        """Whether the code would make the first chief now."""
        with self._database.connect() as connection:
            return _is_valid(connection, code)

    def accept(self, code: str, name: str) -> str | None:
        """Makes the first chief's token; None if the code is not in force. Raises `RefusedError` for the name."""
        with self._database.begin() as connection:
            if not spend_code(connection, code):
                return None
            return insert_token(connection, name, "chief")


def spend_code(connection: Connection, code: str) -> bool:
    """Ends all codes, within the transaction of `connection`, if `code` is one of them; returns whether it was."""
    # FOR UPDATE: a second request, with the same code or another, waits here and then finds no row.
    codes = connection.execute(select(WELCOME_CODES.c.hash).with_for_update()).scalars().all()
    if digest(code) not in codes or not _is_valid(connection, code):
        return False
    connection.execute(delete(WELCOME_CODES))
    return True


def has_people(connection: Connection) -> bool:
    """Whether a token or a user was ever made in the database of `connection`."""
    return bool(connection.execute(select(or_(exists(select(TOKENS.c.name)), exists(select(USERS.c.id))))).scalar())


def _is_valid(connection: Connection, code: str) -> bool:
    # A hash that is looked up reveals nothing by its duration: an attacker controls no prefix of it.
    row = connection.execute(select(WELCOME_CODES.c.hash).where(WELCOME_CODES.c.hash == digest(code))).first()
    return row is not None and not has_people(connection)


def welcome_link(data: Path, address: str, url: str | None = None) -> str | None:
    """The link below `address` with which the first editor signs in; None if the desk has a token.

    Each call makes a new code; the codes of earlier calls count too. The database is that of `open_database(data,
    url)`. Raises `DatabaseError`.
    """
    with closing(open_database(data, url)) as database:
        code = Welcome(database).code()
    return None if code is None else f"{passkey_address(address)}/#welcome={code}"


def passkey_address(address: str) -> str:
    """The address without a final slash, and with `localhost` for this machine: IP addresses have no passkeys."""
    parts = urlsplit(address.rstrip("/"))
    # Not for ::1: some machines resolve the name to 127.0.0.1 alone.
    if parts.hostname != "127.0.0.1":
        return address.rstrip("/")
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"localhost{port}", parts.path, parts.query, parts.fragment))
