"""API tokens: random, shown once, kept as hashes; each has a name, a role and perhaps no limit.

A token has 256 random bits, so one SHA-256 keeps it: slow hashes are for what people choose.
"""

import hashlib
import hmac
import secrets
import sqlite3
import time
from typing import Final

import msgspec

import publisher.core.sentences  # noqa: F401  (adds the desk's sentences to the catalog)
from publisher.core.roles import Role
from ticker.contract.sentences import RefusedError
from ticker.contract.text import clean

PREFIX: Final = "fw_"
NAME_LIMIT: Final = 60


class Actor(msgspec.Struct, frozen=True):
    """Who is asking: the token's name and what it may do."""

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
    """What is kept of a token, a session or a code."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Tokens:
    """The tokens in the desk's database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[bytes, Actor] = {}
        self._as_of = (0, 0)

    def create(self, name: str, role: Role, *, unlimited: bool = False) -> str:
        """Makes a token and returns it, for this one time; raises `RefusedError` (field `name`)."""
        try:
            name = clean(name, limit=NAME_LIMIT)
        except RefusedError as refusal:
            raise refusal.at("name") from None
        token = PREFIX + secrets.token_urlsafe(32)
        try:
            self._connection.execute(
                "INSERT INTO tokens (name, hash, role, created, unlimited) VALUES (?, ?, ?, ?, ?)",
                (name, digest(token), role, time.time(), unlimited),
            )
        except sqlite3.IntegrityError:
            # Also where that one is revoked: a name stands for one holder in the records for ever.
            raise RefusedError("name-taken", "name", name=name) from None
        return token

    def discard(self, token: str) -> None:
        """Forgets a token that was just made and that nobody has seen."""
        self._connection.execute("DELETE FROM tokens WHERE hash = ?", (digest(token),))

    def revoke(self, name: str) -> bool:
        """Ends a token and its sessions at once; False where there is none in force by that name."""
        changed = self._connection.execute(
            "UPDATE tokens SET revoked = ? WHERE name = ? AND revoked IS NULL", (time.time(), name)
        ).rowcount
        self._connection.execute("DELETE FROM sessions WHERE name = ?", (name,))
        return changed > 0

    def all(self) -> list[TokenInfo]:
        """Every token ever made, oldest first."""
        rows = self._connection.execute("SELECT name, role, created, revoked, unlimited FROM tokens ORDER BY created")
        return [TokenInfo(name, role, created, revoked, bool(free)) for name, role, created, revoked, free in rows]

    def any(self) -> bool:
        """Whether a token was ever made here."""
        return self._connection.execute("SELECT 1 FROM tokens LIMIT 1").fetchone() is not None

    def holder(self, token: str) -> Actor | None:
        """Whose token that is, or None where it is unknown or revoked, by whatever process, up to this moment."""
        wanted = digest(token)
        # What others have committed changes the first number, what this connection has the second. To ask for
        # both takes 5 µs, the row itself 17 µs.
        as_of = (self._connection.execute("PRAGMA data_version").fetchone()[0], self._connection.total_changes)
        if as_of != self._as_of:
            self._known.clear()
            self._as_of = as_of
        if (actor := self._known.get(wanted)) is not None:
            return actor
        row = self._connection.execute(
            "SELECT name, role, unlimited, hash FROM tokens WHERE hash = ? AND revoked IS NULL", (wanted,)
        ).fetchone()
        # The look-up compares hashes of which an attacker controls no prefix; what it found is compared in
        # constant time all the same.
        if row is None or not hmac.compare_digest(row[3], wanted):
            return None
        actor = Actor(row[0], row[1], bool(row[2]))
        self._known[wanted] = actor
        return actor
