"""API tokens: random, shown once, kept as hashes; each has a name, a role, its editions and perhaps no limit.

A token has 256 random bits, so one SHA-256 keeps it: slow hashes are for passwords, which people choose.
"""

import hashlib
import hmac
import secrets
import time
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from publisher.core.permission import Editions, has_role, may_grant
from publisher.core.roles import Role
from publisher.records.database import Database
from publisher.records.names import clean_name
from publisher.records.tables.people import SESSIONS, TOKENS

PREFIX: Final = "fw_"

IN_FORCE: Final = TOKENS.c.revoked.is_(None)
# Built at import: to build a statement takes longer than to run it.
_BY_HASH: Final[Select[str, Role, bool, str | None, str | None, bytes]] = select(
    TOKENS.c.name, TOKENS.c.role, TOKENS.c.unlimited, TOKENS.c.editions, TOKENS.c.owner, TOKENS.c.hash
).where(TOKENS.c.hash == bindparam("key"), IN_FORCE)


class Actor(msgspec.Struct, frozen=True):
    """Who makes a request: a user, or the holder of a token; and what he may do."""

    name: str
    """What the records call the actor; no user or token ever has the name of another one."""
    role: Role
    unlimited: bool = False
    editions: Editions = None
    """The editions to which the actor is limited; None means every edition."""
    kind: Literal["user", "token"] = "token"
    user: str | None = None
    """The id of the user."""
    owner: str | None = None
    """The name of the user who made the token."""

    @property
    def names(self) -> tuple[str, ...]:
        """The actor's name, and that of the token's owner: a second person has neither."""
        return (self.name,) if self.owner is None else (self.name, self.owner)


class TokenInfo(msgspec.Struct, frozen=True):
    """What `token list` shows; times in seconds since 1970."""

    name: str
    role: Role
    created: float
    revoked: float | None
    unlimited: bool
    editions: Editions = None
    owner: str | None = None
    used: float | None = None


def digest(secret: str) -> bytes:
    """The hash by which the database knows a token, a session or a code."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Tokens:
    """The tokens in the desk's database. Every method raises `DatabaseError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, name: str, role: Role, *, unlimited: bool = False, editions: Editions = None, owner: str | None = None
    ) -> str:
        """Makes a token and returns it, which nothing can do later; raises `RefusedError` (field `name`)."""
        with self._database.begin() as connection:
            return insert_token(connection, name, role, unlimited=unlimited, editions=editions, owner=owner)

    def check_name(self, name: str) -> None:
        """Raises as `create` does, and stores nothing."""
        with self._database.begin() as connection:
            clean_name(connection, name)

    def discard(self, token: str) -> None:
        """Deletes a token that was just made and shown to no one."""
        with self._database.begin() as connection:
            connection.execute(delete(TOKENS).where(TOKENS.c.hash == digest(token)))

    def revoke(self, name: str) -> bool:
        """Ends a token and its sessions; returns False if no token in force has that name."""
        with self._database.begin() as connection:
            return revoke_token(connection, name)

    def all(self) -> list[TokenInfo]:
        """Every token ever made, oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(select(TOKENS).order_by(TOKENS.c.created)).all()
        return [
            TokenInfo(
                row.name,
                row.role,
                row.created,
                row.revoked,
                bool(row.unlimited),
                editions_of(row.editions),
                row.owner,
                row.used,
            )
            for row in rows
        ]

    def touch(self, key: bytes, now: float) -> None:
        """Stores that the token with that `digest` is used."""
        with self._database.begin() as connection:
            connection.execute(update(TOKENS).where(TOKENS.c.hash == key).values(used=now))

    def any(self) -> bool:
        """Whether a token was ever made here."""
        with self._database.connect() as connection:
            return connection.execute(select(TOKENS.c.name).limit(1)).first() is not None

    def holder(self, token: str) -> Actor | None:
        """The holder of `token`; None if it is unknown, or revoked by any process up to now."""
        return self.find(digest(token))

    def find(self, key: bytes) -> Actor | None:
        """As `holder`, by the token's `digest`."""
        cache: dict[bytes, Actor] | None = self._database.cache(TOKENS)
        if cache is not None and (actor := cache.get(key)) is not None:
            return actor
        row = self._database.row(_BY_HASH, key)
        # An attacker controls no prefix of a hash, so the look-up reveals nothing by its duration. The comparison in
        # constant time costs nothing more.
        if row is None or not hmac.compare_digest(row.hash, key):
            return None
        actor = Actor(row.name, row.role, bool(row.unlimited), editions_of(row.editions), owner=row.owner)
        if cache is not None:
            cache[key] = actor
        return actor


def insert_token(
    connection: Connection,
    name: str,
    role: Role,
    *,
    unlimited: bool = False,
    editions: Editions = None,
    owner: str | None = None,
) -> str:
    """Makes a token within the transaction of `connection`; raises `RefusedError` (field `name`)."""
    name = clean_name(connection, name)
    token = PREFIX + secrets.token_urlsafe(32)
    row = {"name": name, "hash": digest(token), "role": role, "created": time.time(), "unlimited": unlimited}
    connection.execute(insert(TOKENS).values(**row, editions=editions_text(editions), owner=owner))
    return token


def revoke_beyond(connection: Connection, owner: str, role: Role | None, editions: Editions) -> None:
    """Revokes the tokens that `owner` made and that may do more than `role` in `editions`; with None all of them."""
    own = select(TOKENS.c.name, TOKENS.c.role, TOKENS.c.editions).where(TOKENS.c.owner == owner, IN_FORCE)
    for name, token_role, token_editions in connection.execute(own).all():
        if role is None or not has_role(role, token_role) or not may_grant(editions, editions_of(token_editions)):
            revoke_token(connection, name)


def revoke_token(connection: Connection, name: str) -> bool:
    """Ends a token and its sessions; returns False if no token in force has that name."""
    query = update(TOKENS).where(TOKENS.c.name == name, IN_FORCE).values(revoked=time.time())
    revoked = connection.execute(query)
    connection.execute(delete(SESSIONS).where(SESSIONS.c.name == name))
    return revoked.rowcount > 0


def editions_text(editions: Editions) -> str | None:
    """As the database stores editions."""
    return None if editions is None else msgspec.json.encode(sorted(editions)).decode()


def editions_of(text: str | None) -> Editions:
    """What `editions_text` wrote."""
    return None if text is None else msgspec.json.decode(text, type=frozenset[str])
