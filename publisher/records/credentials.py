"""How users sign in: passkeys, a password with TOTP, and recovery codes, each of which works once.

Rules that two desks must keep together (a TOTP code, a recovery code and a passkey's count are used once) are single
statements, whose row count decides.
"""

import base64
import secrets
import time
from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from publisher.records.database import Database
from publisher.records.sessions import ACTIVE
from publisher.records.tables.people import INVITATIONS, PASSKEYS, RECOVERY_CODES, SESSIONS, USERS
from publisher.records.tokens import digest

RECOVERY_COUNT: Final = 10
# 80 bits: as a hash, no attacker finds it.
_RECOVERY_BYTES: Final = 10


class Passkey(msgspec.Struct, frozen=True):
    """One passkey of a user; times in seconds since 1970."""

    id: str
    user: str
    credential: bytes
    public_key: bytes
    sign_count: int
    label: str
    created: float
    used: float | None
    synced: bool
    """Whether the authenticator may copy it to other devices."""


class Password(msgspec.Struct, frozen=True):
    """What the database has of a password: its argon2id hash and the TOTP secret."""

    hash: str
    totp: str
    totp_step: int


class LastWayError(Exception):
    """The user would have no way to sign in."""


class Credentials:
    """The credentials in the desk's database. Every method raises `DatabaseError`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def password(self, user: str) -> Password | None:
        """The password of a user, None if the user has none."""
        query = select(USERS.c.password, USERS.c.totp, USERS.c.totp_step).where(USERS.c.id == user)
        with self._database.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None or row.password is None else Password(row.password, row.totp, row.totp_step)

    def set_password(self, user: str, password: str, totp: str, step: int, *, keep: str | None = None) -> None:
        """Stores a password's hash and TOTP secret, of which `step` was used; ends all sessions but `keep`."""
        with self._database.begin() as connection:
            store_password(connection, user, password, totp, step)
            connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user, SESSIONS.c.id != (keep or "")))

    def delete_password(self, user: str) -> None:
        """Removes the password; raises `LastWayError`."""
        with self._database.begin() as connection:
            connection.execute(update(USERS).where(USERS.c.id == user).values(password=None, totp=None, totp_step=0))
            _check_way(connection, user)

    def take_totp_step(self, user: str, step: int) -> bool:
        """Uses the code of a time step; False if it, or a later one, was used before."""
        query = update(USERS).where(USERS.c.id == user, USERS.c.totp_step < step).values(totp_step=step)
        with self._database.begin() as connection:
            return connection.execute(query).rowcount > 0

    def has_recovery_code(self, user: str, code: str) -> bool:
        """Whether the code would sign the user in."""
        query = select(RECOVERY_CODES.c.hash).where(_is_code(user, code))
        with self._database.connect() as connection:
            return connection.execute(query).first() is not None

    def take_recovery_code(self, user: str, code: str) -> bool:
        """Uses a recovery code; False if it is none, or was used before."""
        with self._database.begin() as connection:
            return connection.execute(delete(RECOVERY_CODES).where(_is_code(user, code))).rowcount > 0

    def new_recovery_codes(self, user: str) -> list[str]:
        """Makes recovery codes, which replace the earlier ones; nothing can show them later."""
        with self._database.begin() as connection:
            return store_recovery_codes(connection, user)

    def passkeys(self, user: str) -> list[Passkey]:
        """The passkeys of a user, oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(select(PASSKEYS).where(PASSKEYS.c.user == user).order_by(PASSKEYS.c.created))
            return [Passkey(**row) for row in rows.mappings()]

    def passkey(self, credential: bytes) -> Passkey | None:
        """The passkey with that credential id."""
        with self._database.connect() as connection:
            row = connection.execute(select(PASSKEYS).where(PASSKEYS.c.credential == credential)).mappings().first()
        return None if row is None else Passkey(**row)

    def add_passkey(self, passkey: Passkey) -> None:
        """Stores a passkey of a user who can sign in already."""
        with self._database.begin() as connection:
            store_passkey(connection, passkey)

    def use_passkey(self, passkey: Passkey, sign_count: int) -> bool:
        """Stores a use; False if another one has stored this count or a higher one since `passkey` was read."""
        is_fresh = PASSKEYS.c.sign_count == passkey.sign_count
        query = update(PASSKEYS).where(PASSKEYS.c.id == passkey.id, is_fresh)
        with self._database.begin() as connection:
            return connection.execute(query.values(sign_count=sign_count, used=self._clock())).rowcount > 0

    def rename_passkey(self, user: str, passkey: str, label: str) -> bool:
        """Gives a passkey another label; False if the user has no such passkey."""
        query = update(PASSKEYS).where(PASSKEYS.c.user == user, PASSKEYS.c.id == passkey).values(label=label)
        with self._database.begin() as connection:
            return connection.execute(query).rowcount > 0

    def delete_passkey(self, user: str, passkey: str) -> bool:
        """Removes a passkey; False if the user has no such passkey. Raises `LastWayError`."""
        with self._database.begin() as connection:
            query = delete(PASSKEYS).where(PASSKEYS.c.user == user, PASSKEYS.c.id == passkey)
            removed = connection.execute(query).rowcount > 0
            _check_way(connection, user)
            return removed


def store_password(connection: Connection, user: str, password: str, totp: str, step: int) -> None:
    """Stores a password within the transaction of `connection`, and lets the user sign in."""
    values = {"password": password, "totp": totp, "totp_step": step}
    connection.execute(update(USERS).where(USERS.c.id == user).values(values))
    _activate(connection, user)


def store_passkey(connection: Connection, passkey: Passkey) -> None:
    """Stores a passkey within the transaction of `connection`, and lets the user sign in."""
    connection.execute(insert(PASSKEYS).values(msgspec.structs.asdict(passkey)))
    _activate(connection, passkey.user)


def store_recovery_codes(connection: Connection, user: str) -> list[str]:
    """As `Credentials.new_recovery_codes`, within the transaction of `connection`."""
    codes = [_recovery_code() for _ in range(RECOVERY_COUNT)]
    connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.user == user))
    connection.execute(insert(RECOVERY_CODES), [{"hash": _recovery_hash(code), "user": user} for code in codes])
    return codes


def remove_credentials(connection: Connection, user: str) -> None:
    """Removes every way to sign in, and every session, within the transaction of `connection`."""
    for table in (PASSKEYS, RECOVERY_CODES, SESSIONS, INVITATIONS):
        connection.execute(delete(table).where(table.c.user == user))
    values = {"password": None, "totp": None, "totp_step": 0, "oidc": None}
    connection.execute(update(USERS).where(USERS.c.id == user).values(values))


def is_recovery_code(text: str) -> bool:
    """Whether the text has the form of a recovery code, and not that of a TOTP code."""
    return len(_plain(text)) == _RECOVERY_BYTES * 8 // 5


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _plain(code: str) -> str:
    return "".join(code.lower().replace("-", " ").split())


def _recovery_hash(code: str) -> bytes:
    return digest(f"recovery {_plain(code)}")


def _is_code(user: str, code: str) -> ColumnElement[bool]:
    return (RECOVERY_CODES.c.user == user) & (RECOVERY_CODES.c.hash == _recovery_hash(code))


def _activate(connection: Connection, user: str) -> None:
    # A user who was disabled since stays disabled.
    connection.execute(update(USERS).where(USERS.c.id == user, USERS.c.state == "invited").values(state=ACTIVE))


def _check_way(connection: Connection, user: str) -> None:
    """Raises `LastWayError` if the user has neither a password nor a passkey."""
    passkeys = select(func.count()).select_from(PASSKEYS).where(PASSKEYS.c.user == user).scalar_subquery()
    row = connection.execute(select(USERS.c.password, passkeys.label("passkeys")).where(USERS.c.id == user)).one()
    if row.password is None and not row.passkeys:
        raise LastWayError
