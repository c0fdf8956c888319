"""The OpenAPI description of sign-in, invitations, the own account, users and tokens."""

from typing import Any, Final

import msgspec

from publisher.api.people_answers import (
    AccountAnswer,
    InvitationEntry,
    PasskeyAnswer,
    SessionEntry,
    TokenAnswer,
    UserAnswer,
)
from publisher.api.qr import QrCode
from publisher.api.signed_in import SessionAnswer
from publisher.core import people_requests as bodies
from ticker.shared.http.openapi import Json, operation, parameter, path_parameter

_READ: Final = (401, 403, 404, 503)
_WRITE: Final = (400, 401, 403, 404, 409, 413, 415, 422, 503)
# Anyone may send it, so it is limited.
_OPEN: Final = (400, 401, 403, 409, 413, 415, 422, 429, 503)


class SignInWays(msgspec.Struct, rename="camel"):
    """How one may sign in at this address."""

    passkey: bool
    password: bool
    token: bool
    oidc: dict[str, str] | None
    rp_id: str | None


class PublicKeyOptions(msgspec.Struct, rename="camel"):
    """Options of WebAuthn as JSON, for `parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`."""

    public_key: dict[str, Any]  # Any: JSON


class TotpSetupAnswer(msgspec.Struct):
    """A new TOTP secret; `setup` names this step."""

    setup: str
    secret: str
    uri: str
    qr: QrCode


class InvitationAnswer(msgspec.Struct):
    """What a link stands for."""

    kind: str
    name: str | None
    role: str
    editions: list[str] | None
    expires: str | None


class RecoveryCodes(msgspec.Struct, rename="camel"):
    """Recovery codes, shown once."""

    recovery_codes: list[str]


class InvitedSession(SessionAnswer, frozen=True, rename="camel"):
    """A session after an invitation."""

    recovery_codes: tuple[str, ...] = ()


class AddedPasskey(msgspec.Struct):
    """The passkey that was added."""

    passkey: PasskeyAnswer


class UserList(msgspec.Struct):
    """Every user."""

    users: list[UserAnswer]


class OneUser(msgspec.Struct):
    """One user."""

    user: UserAnswer


class InvitationLink(InvitationEntry, frozen=True):
    """A link, shown once."""

    link: str = ""
    code: str = ""


class InvitedUser(msgspec.Struct):
    """A user and the new link."""

    user: UserAnswer
    invitation: InvitationLink


class SessionList(msgspec.Struct):
    """Sessions of a user, the newest first."""

    sessions: list[SessionEntry]


class TokenList(msgspec.Struct):
    """Every token ever made."""

    tokens: list[TokenAnswer]


class NewToken(TokenAnswer, frozen=True, rename="camel"):
    """A token with its secret, shown once."""

    token: str = ""


PEOPLE_SHAPES: Final = (
    SignInWays, PublicKeyOptions, TotpSetupAnswer, InvitationAnswer, RecoveryCodes, SessionAnswer, InvitedSession,
    AccountAnswer, AddedPasskey, UserList, OneUser, InvitedUser, SessionList, TokenList, NewToken,
    bodies.EmptyRequest, bodies.PasskeySignIn, bodies.PasswordSignIn, bodies.InvitationRequest, bodies.InvitedPasskey,
    bodies.InvitedPassword, bodies.PasskeyRequest, bodies.LabelRequest, bodies.PasswordRequest, bodies.UserRequest,
    bodies.UserChange, bodies.InviteRequest, bodies.TokenRequest,
)  # fmt: skip


def _post(summary: str, shape: str, body: str, problems: tuple[int, ...], status: str = "200") -> Json:
    is_required = body not in ("EmptyRequest", "InviteRequest")
    return {"post": operation(summary, {status: (shape, summary)}, problems, body=body, is_body_required=is_required)}


def _empty(summary: str, body: str | None = None) -> Json:
    return operation(summary, {"204": (None, "Done")}, _WRITE, body=body)


def _sign_in_paths() -> Json:
    return {
        "/v1/sign-in": {"get": operation("Say how one may sign in", {"200": ("SignInWays", "The ways")}, (503,))},
        "/v1/session/keep": _post("Prolong the session", "SessionAnswer", "EmptyRequest", _WRITE),
        "/v1/session/passkey/options": _post("Begin a passkey sign-in", "PublicKeyOptions", "EmptyRequest", _OPEN),
        "/v1/session/passkey": _post("Sign in with a passkey", "SessionAnswer", "PasskeySignIn", _OPEN),
        "/v1/session/password": _post("Sign in with password and code", "SessionAnswer", "PasswordSignIn", _OPEN),
        "/v1/invitation": _post("Say what a link stands for", "InvitationAnswer", "InvitationRequest", _OPEN),
        "/v1/invitation/passkey/options": _post(
            "Begin to add an invited user's passkey", "PublicKeyOptions", "InvitationRequest", _OPEN
        ),
        "/v1/invitation/passkey": _post(
            "Add the passkey, and sign in", "InvitedSession", "InvitedPasskey", _OPEN, "201"
        ),
        "/v1/invitation/password/setup": _post(
            "Begin to set an invited user's password", "TotpSetupAnswer", "InvitationRequest", _OPEN
        ),
        "/v1/invitation/password": _post(
            "Set the password, and sign in", "InvitedSession", "InvitedPassword", _OPEN, "201"
        ),
    }


def _oidc_paths() -> Json:
    """Answered with 404 by a desk without `FLASHWIRE_OIDC_ISSUER`."""
    problems = (404, 429, 503)
    return {
        "/v1/session/oidc": {
            "get": operation(
                "Begin to sign in at the OpenID provider",
                {"303": (None, "To the provider; with the fragment `#sign-in=refused` back to the desk's page")},
                problems,
            )
        },
        "/v1/session/oidc/callback": {
            "get": operation(
                "Sign in with the provider's answer",
                {"303": (None, "To the desk's page, with a session or with `#sign-in=refused` or `unknown-user`")},
                problems,
                parameters=[
                    parameter("state", "The state of the first step"),
                    parameter("code", "The provider's code"),
                ],
            )
        },
    }


def _account_paths() -> Json:
    id_parameter = path_parameter("id")
    return {
        "/v1/account": {"get": operation("Read the own account", {"200": ("AccountAnswer", "The account")}, _READ)},
        "/v1/account/passkeys/options": _post(
            "Begin to add a passkey", "PublicKeyOptions", "EmptyRequest", (*_WRITE, 429)
        ),
        "/v1/account/passkeys": _post("Add a passkey", "AddedPasskey", "PasskeyRequest", _WRITE, "201"),
        "/v1/account/passkeys/{id}": {
            "parameters": [id_parameter],
            "patch": _empty("Rename a passkey", "LabelRequest"),
            "delete": _empty("Remove a passkey"),
        },
        "/v1/account/password/setup": _post("Begin to set a password", "TotpSetupAnswer", "EmptyRequest", _WRITE),
        "/v1/account/password": {
            "put": _empty("Set the password", "PasswordRequest"),
            "delete": _empty("Remove the password"),
        },
        "/v1/account/recovery": _post("Make new recovery codes", "RecoveryCodes", "EmptyRequest", _WRITE),
        "/v1/account/sessions": {"delete": _empty("End all other sessions")},
        "/v1/account/sessions/{id}": {"parameters": [id_parameter], "delete": _empty("End a session")},
    }


def people_paths() -> Json:
    """The paths of sign-in, invitations, the own account, users and tokens."""
    id_parameter = path_parameter("id")
    managed: Json = {
        "/v1/users": {
            "get": operation("List the users", {"200": ("UserList", "The users")}, _READ),
            **_post("Make a user, and a link", "InvitedUser", "UserRequest", _WRITE, "201"),
        },
        "/v1/users/{id}": {
            "parameters": [id_parameter],
            "get": operation("Read a user", {"200": ("OneUser", "The user")}, _READ),
            "patch": operation("Change a user", {"200": ("OneUser", "The user")}, _WRITE, body="UserChange"),
        },
        "/v1/users/{id}/invitation": {
            "parameters": [id_parameter],
            **_post("Make a new link", "InvitedUser", "InviteRequest", _WRITE, "201"),
        },
        "/v1/users/{id}/sessions": {
            "parameters": [id_parameter],
            "get": operation("List a user's sessions", {"200": ("SessionList", "The sessions")}, _READ),
            "delete": _empty("End all sessions of a user"),
        },
        "/v1/users/{id}/sessions/{session}": {
            "parameters": [id_parameter, path_parameter("session")],
            "delete": _empty("End a session of a user"),
        },
        "/v1/tokens": {
            "get": operation("List the tokens", {"200": ("TokenList", "The tokens")}, _READ),
            **_post("Make a token", "NewToken", "TokenRequest", _WRITE, "201"),
        },
        "/v1/tokens/{name}": {"parameters": [path_parameter("name")], "delete": _empty("Revoke a token")},
    }
    return _sign_in_paths() | _oidc_paths() | _account_paths() | managed
