"""One-time values of ceremonies that have begun: each counts once, for a short time, at every desk of the database."""

import secrets
import time
from collections.abc import Callable
from typing import Final, Literal, TypeVar

import msgspec
from sqlalchemy import Connection, delete, insert, select

from publisher.records.database import Database
from publisher.records.tables.people import CHALLENGES
from publisher.records.tokens import digest

Purpose = Literal["sign-in", "register", "totp", "oidc"]
_SECONDS: Final[dict[Purpose, float]] = {"sign-in": 300, "register": 300, "totp": 900, "oidc": 600}
Data = TypeVar("Data", bound=msgspec.Struct)


class Challenges:
    """The challenges in the desk's database. Every method raises `DatabaseError`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def make(self, purpose: Purpose, data: msgspec.Struct) -> str:
        """Stores `data` under a new random value, and returns that; deletes expired challenges."""
        value = secrets.token_urlsafe(32)
        now = self._clock()
        row = {"hash": digest(value), "purpose": purpose, "data": msgspec.json.encode(data).decode()}
        with self._database.begin() as connection:
            connection.execute(delete(CHALLENGES).where(CHALLENGES.c.expires <= now))
            connection.execute(insert(CHALLENGES).values(**row, expires=now + _SECONDS[purpose]))
        return value

    def take(self, purpose: Purpose, value: str, shape: type[Data]) -> Data | None:
        """The data of a challenge, which then no longer counts; None if it does not count."""
        with self._database.begin() as connection:
            data = self._read(connection, purpose, value)
            # Two requests at once: the one that deletes the row has it.
            if (
                data is None
                or not connection.execute(delete(CHALLENGES).where(CHALLENGES.c.hash == digest(value))).rowcount
            ):
                return None
        return msgspec.json.decode(data, type=shape)

    def look(self, purpose: Purpose, value: str, shape: type[Data]) -> Data | None:
        """As `take`, and the challenge still counts."""
        with self._database.connect() as connection:
            data = self._read(connection, purpose, value)
        return None if data is None else msgspec.json.decode(data, type=shape)

    def _read(self, connection: Connection, purpose: Purpose, value: str) -> str | None:
        query = select(CHALLENGES.c.data).where(
            CHALLENGES.c.hash == digest(value), CHALLENGES.c.purpose == purpose, CHALLENGES.c.expires > self._clock()
        )
        return connection.execute(query).scalar()
