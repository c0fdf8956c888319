"""Links by which a user sets up how he signs in: of an invitation, of a reset, and of the first run.

A link counts until its last step has succeeded, so a reloaded page or a lost answer needs no new one. A new link ends
the one before.
"""

import secrets
import time
from collections.abc import Callable
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from publisher.records.credentials import (
    Passkey,
    Password,
    remove_credentials,
    store_passkey,
    store_password,
    store_recovery_codes,
)
from publisher.records.database import Database
from publisher.records.sessions import ACTIVE
from publisher.records.tables.people import INVITATIONS, USERS, WELCOME_CODES
from publisher.records.tokens import digest
from publisher.records.users import User, find_user, insert_user
from publisher.records.welcome import has_people, spend_code

INVITATION_SECONDS: Final = 3 * 86_400


class Invitation(msgspec.Struct, frozen=True):
    """What a link stands for; `user` is None for the first run, whose user does not exist yet."""

    kind: Literal["invite", "reset", "welcome"]
    user: User | None
    expires: float | None


def invitation_link(address: str, code: str) -> str:
    """The link of a code; a fragment reaches no server and no log."""
    return f"{address.rstrip('/')}/#invite={code}"


class Invitations:
    """The links in the desk's database. Every method raises `DatabaseError`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def invite(self, user: str, *, reset: bool = False) -> tuple[User, str, float] | None:
        """A new code for a user, and when it expires; None if there is no such user.

        With `reset` every way to sign in is removed, and every session ends.
        """
        code, expires = secrets.token_urlsafe(24), self._clock() + INVITATION_SECONDS
        with self._database.begin() as connection:
            known_user = find_user(connection, USERS.c.id == user)
            if known_user is None:
                return None
            kind = "invite" if known_user.state == "invited" else "reset"
            connection.execute(delete(INVITATIONS).where(INVITATIONS.c.user == user))
            if reset:
                remove_credentials(connection, user)
                if known_user.state == ACTIVE:
                    connection.execute(update(USERS).where(USERS.c.id == user).values(state="invited"))
            row = {"user": user, "hash": digest(code), "kind": kind, "expires": expires}
            connection.execute(insert(INVITATIONS).values(row))
            known_user = find_user(connection, USERS.c.id == user)
        assert known_user is not None
        return known_user, code, expires

    def find(self, code: str) -> Invitation | None:
        """What the code stands for; None if it does not count."""
        with self._database.connect() as connection:
            return self._find(connection, code)

    def accept(
        self, code: str, credential: Passkey | Password, name: str, user_id: str
    ) -> tuple[User, list[str]] | None:
        """Stores the credential of the invited user, and ends the link; None if it does not count.

        Returns the user and his recovery codes. On the first run the user gets the name and the id `user_id`; raises
        `RefusedError` for the name.
        """
        with self._database.begin() as connection:
            # On PostgreSQL a second request with the same link waits here, and then finds no row.
            connection.execute(select(INVITATIONS.c.user).where(INVITATIONS.c.hash == digest(code)).with_for_update())
            invitation = self._find(connection, code)
            if invitation is None:
                return None
            if invitation.user is None:
                if not spend_code(connection, code):
                    return None
                user = insert_user(connection, name, "chief", now=self._clock(), user=user_id)
            else:
                user = invitation.user
                connection.execute(delete(INVITATIONS).where(INVITATIONS.c.user == user.id))
            if user.id != user_id:
                return None
            if isinstance(credential, Passkey):
                store_passkey(connection, credential)
            else:
                store_password(connection, user.id, credential.hash, credential.totp, credential.totp_step)
            codes = store_recovery_codes(connection, user.id)
            new_user = find_user(connection, USERS.c.id == user.id)
        assert new_user is not None
        return new_user, codes

    def _find(self, connection: Connection, code: str) -> Invitation | None:
        row = connection.execute(select(INVITATIONS).where(INVITATIONS.c.hash == digest(code))).first()
        if row is not None:
            user = find_user(connection, USERS.c.id == row.user)
            if user is None or user.state == "disabled" or row.expires <= self._clock():
                return None
            return Invitation(row.kind, user, row.expires)
        welcome = connection.execute(select(WELCOME_CODES.c.hash).where(WELCOME_CODES.c.hash == digest(code))).first()
        return None if welcome is None or has_people(connection) else Invitation("welcome", None, None)
