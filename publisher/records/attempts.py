"""Counts failed sign-ins per account and per address, together for all desks of one database.

An attempt is stored before it is checked, and removed if it succeeds: many at once cannot pass a limit together. While
an account or address is over its limit, nothing is stored, so a refusal never prolongs itself.
"""

import secrets
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from publisher.records.database import Database
from publisher.records.tables.people import SIGN_IN_ATTEMPTS as ATTEMPTS
from publisher.records.tokens import digest

WINDOW_SECONDS: Final = 900.0
# A newsroom has one address and many people.
ADDRESS_FACTOR: Final = 5


class TooManyAttemptsError(Exception):
    """The limit is reached; `seconds` is the time to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Attempts:
    """The attempts in the desk's database; `limit` failures of one account count within `WINDOW_SECONDS`."""

    def __init__(self, database: Database, limit: int, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._limit = limit
        self._clock = clock

    def begin(self, account: str | None, address: str) -> str:
        """Stores an attempt and returns its id; `address` is "" where the client is behind an unknown proxy.

        Raises `TooManyAttemptsError` and `DatabaseError`.
        """
        now = self._clock()
        row = {"account": digest(f"account {account}") if account else None, "address": digest(f"address {address}")}
        attempt = secrets.token_urlsafe(12)
        with self._database.connect() as connection:
            self._check(connection, row, address, now, spare=0)
        with self._database.begin() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.at <= now - WINDOW_SECONDS))
            connection.execute(insert(ATTEMPTS).values(id=attempt, at=now, **row))
        # Once more, because another desk may have stored its own since.
        with self._database.connect() as connection:
            self._check(connection, row, address, now, spare=1)
        return attempt

    def forget(self, attempt: str) -> None:
        """Removes an attempt that succeeded."""
        with self._database.begin() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.id == attempt))

    def _check(
        self, connection: Connection, row: dict[str, bytes | None], address: str, now: float, *, spare: int
    ) -> None:
        for name, limit in (("account", self._limit), ("address", self._limit * ADDRESS_FACTOR)):
            if row[name] is None or (name == "address" and not address):
                continue
            query = select(func.count(), func.min(ATTEMPTS.c.at)).where(
                ATTEMPTS.c[name] == row[name], ATTEMPTS.c.at > now - WINDOW_SECONDS
            )
            count, oldest = connection.execute(query).one()
            if count >= limit + spare:
                raise TooManyAttemptsError(max(1.0, (oldest or now) + WINDOW_SECONDS - now))
