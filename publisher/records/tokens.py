"""API tokens: random, shown once, kept as hashes; each has a name, a role and perhaps no limit.

A token has 256 random bits, so one SHA-256 keeps it: slow hashes are for passwords, which people choose.
"""

import hashlib
import hmac
import secrets
import time
from typing import Final

import msgspec
from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from publisher.core.roles import Role
from publisher.records.database import Database
from publisher.records.schema import SESSIONS, TOKENS
from ticker.contract.sentences import RefusedError
from ticker.contract.text import clean

PREFIX: Final = "fw_"
NAME_LIMIT: Final = 60

IN_FORCE: Final = TOKENS.c.revoked.is_(None)
# Built at import: to build a statement takes longer than to run it.
_BY_HASH: Final[Select[str, Role, bool, bytes]] = select(
    TOKENS.c.name, TOKENS.c.role, TOKENS.c.unlimited, TOKENS.c.hash
).where(TOKENS.c.hash == bindparam("key"), IN_FORCE)


class Actor(msgspec.Struct, frozen=True):
    """The holder of a token or session: the token's name and what it may do."""

    name: str
    role: Role
    unlimited: bool = False


class TokenInfo(msgspec.Struct, frozen=True):
    """What `token list` shows; times in seconds since 1970."""

    name: str
    role: Role
    created: float
    revoked: float | None
    unlimited: bool


def digest(secret: str) -> bytes:
    """The hash by which the database knows a token, a session or a code."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Tokens:
    """The tokens in the desk's database. Every method raises `DatabaseError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, role: Role, *, unlimited: bool = False) -> str:
        """Makes a token and returns it, which nothing can do later; raises `RefusedError` (field `name`)."""
        with self._database.begin() as connection:
            return insert_token(connection, name, role, unlimited=unlimited)

    def discard(self, token: str) -> None:
        """Deletes a token that was just made and shown to no one."""
        with self._database.begin() as connection:
            connection.execute(delete(TOKENS).where(TOKENS.c.hash == digest(token)))

    def revoke(self, name: str) -> bool:
        """Ends a token and its sessions; returns False if no token in force has that name."""
        with self._database.begin() as connection:
            revoked = connection.execute(
                update(TOKENS).where(TOKENS.c.name == name, IN_FORCE).values(revoked=time.time())
            )
            connection.execute(delete(SESSIONS).where(SESSIONS.c.name == name))
            return revoked.rowcount > 0

    def all(self) -> list[TokenInfo]:
        """Every token ever made, oldest first."""
        columns = (TOKENS.c.name, TOKENS.c.role, TOKENS.c.created, TOKENS.c.revoked, TOKENS.c.unlimited)
        with self._database.connect() as connection:
            rows = connection.execute(select(*columns).order_by(TOKENS.c.created))
            return [TokenInfo(name, role, created, revoked, bool(free)) for name, role, created, revoked, free in rows]

    def any(self) -> bool:
        """Whether a token was ever made here."""
        with self._database.connect() as connection:
            return has_tokens(connection)

    def holder(self, token: str) -> Actor | None:
        """The holder of `token`; None if it is unknown, or revoked by any process up to now."""
        return self.find(digest(token))

    def find(self, key: bytes) -> Actor | None:
        """As `holder`, by the token's `digest`."""
        cache: dict[bytes, Actor] | None = self._database.cache(TOKENS)
        if cache is not None and (actor := cache.get(key)) is not None:
            return actor
        with self._database.connect() as connection:
            row = connection.execute(_BY_HASH, {"key": key}).one_or_none()
        # An attacker controls no prefix of a hash, so the look-up reveals nothing by its duration. The comparison in
        # constant time costs nothing more.
        if row is None or not hmac.compare_digest(row.hash, key):
            return None
        actor = Actor(row.name, row.role, bool(row.unlimited))
        if cache is not None:
            cache[key] = actor
        return actor


def insert_token(connection: Connection, name: str, role: Role, *, unlimited: bool = False) -> str:
    """Makes a token within the transaction of `connection`; raises `RefusedError` (field `name`)."""
    try:
        name = clean(name, limit=NAME_LIMIT)
    except RefusedError as refusal:
        raise refusal.at("name") from None
    token = PREFIX + secrets.token_urlsafe(32)
    row = {"name": name, "hash": digest(token), "role": role, "created": time.time(), "unlimited": unlimited}
    try:
        connection.execute(insert(TOKENS).values(row))
    except IntegrityError:
        # A revoked token keeps its name: in the records a name always stands for the same holder.
        raise RefusedError("name-taken", "name", name=name) from None
    return token


def has_tokens(connection: Connection) -> bool:
    """Whether a token was ever made in the database of `connection`."""
    return connection.execute(select(TOKENS.c.name).limit(1)).first() is not None
