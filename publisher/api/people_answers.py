"""Users, passkeys, sessions and tokens as answers show them."""

from collections.abc import Iterable

import msgspec

from publisher.core.permission import Editions
from publisher.records.credentials import Passkey
from publisher.records.sessions import Session
from publisher.records.tokens import TokenInfo
from publisher.records.users import User
from ticker.contract.item import moment


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    pass


class PasskeyAnswer(_Answer, frozen=True):
    """A passkey; `synced` where the authenticator may copy it to other devices."""

    id: str
    label: str
    created: str
    used: str | None
    synced: bool


class SessionEntry(_Answer, frozen=True):
    """A session in a list; `current` is the one of the request."""

    id: str
    way: str
    created: str
    used: str
    expires: str
    address: str
    agent: str
    current: bool


class AccountAnswer(_Answer, frozen=True):
    """`GET /v1/account`."""

    id: str
    name: str
    email: str | None
    role: str
    editions: list[str] | None
    passkeys: list[PasskeyAnswer]
    has_password: bool
    recovery_codes: int
    sessions: list[SessionEntry]


class InvitationEntry(_Answer, frozen=True):
    """Until when a link counts."""

    expires: str


class UserAnswer(_Answer, frozen=True):
    """A user as a chief sees it."""

    id: str
    name: str
    email: str | None
    role: str
    editions: list[str] | None
    state: str
    created: str
    last_sign_in: str | None
    passkeys: int
    has_password: bool
    sessions: int
    invitation: InvitationEntry | None


class TokenAnswer(_Answer, frozen=True):
    """A token without its secret."""

    name: str
    role: str
    editions: list[str] | None
    unlimited: bool
    created: str
    revoked: str | None
    owner: str | None
    """The user who made it; null: it was made on the command line."""
    used: str | None
    """When it was last used, within some minutes."""


def account_answer(
    user: User, passkeys: Iterable[Passkey], sessions: Iterable[Session], current: Session
) -> AccountAnswer:
    """The own account of `user`, who came with the session `current`."""
    return AccountAnswer(
        user.id, user.name, user.email, user.role, _listed(user.editions),
        [passkey_answer(passkey) for passkey in passkeys], user.has_password, user.recovery_codes,
        [session_entry(session, current) for session in sessions],
    )  # fmt: skip


def passkey_answer(passkey: Passkey) -> PasskeyAnswer:
    """One passkey."""
    return PasskeyAnswer(
        passkey.id, passkey.label, moment(passkey.created), _moment(passkey.used), bool(passkey.synced)
    )


def session_entry(session: Session, current: Session | None) -> SessionEntry:
    """One session of a list."""
    times = (moment(session.created), moment(session.used), moment(session.ends))
    is_current = current is not None and session.id == current.id
    return SessionEntry(session.id, session.way, *times, session.address, session.agent, is_current)


def user_answer(user: User) -> UserAnswer:
    """One user."""
    invitation = None if user.invited_until is None else InvitationEntry(moment(user.invited_until))
    return UserAnswer(
        user.id, user.name, user.email, user.role, _listed(user.editions), user.state, moment(user.created),
        _moment(user.signed_in), user.passkeys, user.has_password, user.sessions, invitation,
    )  # fmt: skip


def token_answer(token: TokenInfo) -> TokenAnswer:
    """One token."""
    return TokenAnswer(
        token.name, token.role, _listed(token.editions), token.unlimited, moment(token.created),
        _moment(token.revoked), token.owner, _moment(token.used),
    )  # fmt: skip


def _listed(editions: Editions) -> list[str] | None:
    return None if editions is None else sorted(editions)


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else moment(seconds)
