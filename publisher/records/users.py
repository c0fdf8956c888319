"""Users in the desk's database: who may sign in, with which role and editions. Credentials are in `credentials`.

A change of role, editions or state, and a reset, end every session of the user in the same transaction. Tokens that the
user made and that may do more than the user are revoked in it.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select, update

from publisher.core.permission import Editions
from publisher.core.roles import Role
from publisher.records.database import Database
from publisher.records.names import clean_name, login_of
from publisher.records.sessions import ACTIVE
from publisher.records.tables.people import INVITATIONS, PASSKEYS, RECOVERY_CODES, SESSIONS, USERS
from publisher.records.tokens import Actor, editions_of, editions_text, revoke_beyond
from ticker.contract.sentences import RefusedError

State = Literal["invited", "active", "disabled"]


def _count(column: ColumnElement[Any]) -> Any:  # Any: SQLAlchemy's type of a scalar subquery
    table = column.table
    return select(func.count()).select_from(table).where(column == USERS.c.id).scalar_subquery()


_ALL: Final = select(
    USERS,
    _count(PASSKEYS.c.user).label("passkeys"),
    _count(SESSIONS.c.user).label("sessions"),
    _count(RECOVERY_CODES.c.user).label("recovery"),
    select(INVITATIONS.c.expires).where(INVITATIONS.c.user == USERS.c.id).scalar_subquery().label("invited_until"),
)


_FULL_CHIEF: Final = (USERS.c.role == "chief") & USERS.c.editions.is_(None) & (USERS.c.state == ACTIVE)
# SQLite has one writer at a time, and no such lock.
_LOCK_FULL_CHIEFS: Final = select(USERS.c.id).where(_FULL_CHIEF).order_by(USERS.c.id).with_for_update()


class User(msgspec.Struct, frozen=True):
    """One user; times in seconds since 1970."""

    id: str
    name: str
    email: str | None
    role: Role
    editions: Editions
    state: State
    created: float
    signed_in: float | None
    has_password: bool
    passkeys: int
    sessions: int
    recovery_codes: int
    invited_until: float | None

    @property
    def actor(self) -> Actor:
        """The user as the actor of a request."""
        return Actor(self.name, self.role, False, self.editions, "user", self.id)


class LastChiefError(Exception):
    """The change would leave no user or token that may manage users in every edition."""


class Users:
    """The users in the desk's database. Every method raises `DatabaseError`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(self, name: str, role: Role, editions: Editions = None, email: str | None = None) -> User:
        """Makes a user who cannot sign in yet; raises `RefusedError` (field `name` or `email`)."""
        with self._database.begin() as connection:
            return insert_user(connection, name, role, editions, email, now=self._clock())

    def check_new(self, name: str, email: str | None) -> None:
        """Raises as `create` does, and stores nothing."""
        with self._database.begin() as connection:
            clean_name(connection, name)
            free_email(connection, email)

    def all(self) -> list[User]:
        """Every user, by name."""
        with self._database.connect() as connection:
            return [user_of(row) for row in connection.execute(_ALL.order_by(USERS.c.login))]

    def get(self, user: str) -> User | None:
        """The user with that id."""
        return self._user_where(USERS.c.id == user)

    def find(self, login: str) -> User | None:
        """The user with that name or e-mail address; case does not count."""
        return self._user_where(or_(USERS.c.login == login_of(login), USERS.c.email == login_of(login)))

    def change(
        self,
        user: str,
        *,
        role: Role | None = None,
        editions: Editions | Literal["keep"] = "keep",
        state: State | None = None,
        email: str | Literal["keep"] | None = "keep",
        dry_run: bool = False,
    ) -> User | None:
        """Changes what is given; None if there is no such user. Raises `LastChiefError`, `RefusedError` (`email`).

        With `dry_run` it raises the same, and stores nothing.
        """
        with self._database.begin() as connection:
            # Two chiefs who disable each other at the same time must not both succeed.
            connection.execute(_LOCK_FULL_CHIEFS).all()
            current = find_user(connection, USERS.c.id == user)
            if current is None:
                return None
            values: dict[str, object] = {}
            if role is not None and role != current.role:
                values["role"] = role
            if editions != "keep" and editions != current.editions:
                values["editions"] = editions_text(editions)
            if state is not None and state != current.state:
                # A user without a way to sign in becomes active by an invitation.
                has_way = current.has_password or current.passkeys > 0
                values["state"] = state if state != ACTIVE or has_way else "invited"
            if values:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user))
                # A token must not do what its owner may no longer do.
                role_now = None if values.get("state", current.state) == "disabled" else role or current.role
                editions_now = current.editions if editions == "keep" else editions
                revoke_beyond(connection, current.name, role_now, editions_now)
            if email != "keep":
                values["email"] = free_email(connection, email, user)
            if values:
                connection.execute(update(USERS).where(USERS.c.id == user).values(values))
            if is_full_chief(current) and not _has_full_chief(connection):
                raise LastChiefError
            if dry_run:
                connection.rollback()
                return current
            return find_user(connection, USERS.c.id == user)

    def oidc_user(self, subject: str, email: str | None) -> User | None:
        """The active user of an OIDC subject, else of a verified e-mail address, who then keeps the subject."""
        with self._database.begin() as connection:
            user_now = find_user(connection, USERS.c.oidc == subject)
            if user_now is None and email:
                user_now = find_user(connection, (USERS.c.email == login_of(email)) & USERS.c.oidc.is_(None))
                if user_now and user_now.state != "disabled":
                    values: Mapping[str, object] = {"oidc": subject, "state": ACTIVE}
                    connection.execute(update(USERS).where(USERS.c.id == user_now.id).values(values))
                    user_now = find_user(connection, USERS.c.id == user_now.id)
            return user_now if user_now and user_now.state == ACTIVE else None

    def _user_where(self, condition: ColumnElement[bool]) -> User | None:
        with self._database.connect() as connection:
            return find_user(connection, condition)


def find_user(connection: Connection, condition: ColumnElement[bool]) -> User | None:
    """The first user that meets `condition`."""
    row = connection.execute(_ALL.where(condition)).first()
    return None if row is None else user_of(row)


def user_of(row: Row[Any]) -> User:  # Any: the columns of `_ALL`
    """The user of a row of `_ALL`."""
    return User(
        row.id, row.name, row.email, row.role, editions_of(row.editions), row.state, row.created, row.signed_in,
        row.password is not None, row.passkeys, row.sessions, row.recovery, row.invited_until,
    )  # fmt: skip


def insert_user(
    connection: Connection,
    name: str,
    role: Role,
    editions: Editions = None,
    email: str | None = None,
    *,
    now: float,
    user: str | None = None,
) -> User:
    """Makes a user within the transaction of `connection`; raises `RefusedError` (field `name` or `email`)."""
    name = clean_name(connection, name)
    row = {"id": user or new_user_id(), "name": name, "login": login_of(name), "role": role, "state": "invited"}
    limits = {"editions": editions_text(editions), "email": free_email(connection, email)}
    connection.execute(insert(USERS).values(**row, **limits, created=now, totp_step=0))
    user_now = find_user(connection, USERS.c.id == row["id"])
    assert user_now is not None
    return user_now


def new_user_id() -> str:
    """An id for a user; passkeys keep it, so it says nothing about the person."""
    return secrets.token_urlsafe(16)


def free_email(connection: Connection, email: str | None, user: str | None = None) -> str | None:
    """The address as it is stored; raises `RefusedError` (field `email`) if it is none, or another user has it."""
    if email is None:
        return None
    address = login_of(email)
    local, at, host = address.partition("@")
    if not (local and at and "." in host and len(address) <= 200 and address.isprintable() and " " not in address):
        raise RefusedError("email", "email")
    in_use = select(USERS.c.id).where(
        or_(USERS.c.email == address, USERS.c.login == address), USERS.c.id != (user or "")
    )
    if connection.execute(in_use).first() is not None:
        raise RefusedError("email-taken", "email", email=address)
    return address


def is_full_chief(user: User) -> bool:
    """Whether the user may manage everyone."""
    return user.role == "chief" and user.editions is None and user.state == ACTIVE


def _has_full_chief(connection: Connection) -> bool:
    return connection.execute(select(USERS.c.id).where(_FULL_CHIEF).limit(1)).first() is not None
