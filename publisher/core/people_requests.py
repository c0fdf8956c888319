"""The bodies of requests about people: signing in, invitations, the own account, users and tokens."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    pass


class EmptyRequest(_Body, frozen=True, kw_only=True):
    """A request that needs no fields."""


class PasskeySignIn(_Body, frozen=True, kw_only=True):
    """`POST /v1/session/passkey`: what `credential.toJSON()` of the browser returns."""

    credential: dict[str, Any]  # Any: the webauthn library checks it


class PasswordSignIn(_Body, frozen=True, kw_only=True):
    """`POST /v1/session/password`; `code` is one of the authenticator app, or a recovery code."""

    name: str
    password: str
    code: str


class InvitationRequest(_Body, frozen=True, kw_only=True):
    """`POST /v1/invitation` and the first step of each way; `name` is for the first run."""

    code: str
    name: str = ""


class InvitedPasskey(InvitationRequest, frozen=True, kw_only=True):
    """`POST /v1/invitation/passkey`."""

    credential: dict[str, Any]  # Any: as above
    label: str = ""


class InvitedPassword(InvitationRequest, frozen=True, kw_only=True):
    """`POST /v1/invitation/password`; `setup` is the handle of the first step, `totp` a code of the app."""

    setup: str
    password: str
    totp: str


class PasskeyRequest(_Body, frozen=True, kw_only=True):
    """`POST /v1/account/passkeys`."""

    credential: dict[str, Any]  # Any: as above
    label: str = ""


class LabelRequest(_Body, frozen=True, kw_only=True):
    """`PATCH /v1/account/passkeys/{id}`."""

    label: str


class PasswordRequest(_Body, frozen=True, kw_only=True):
    """`PUT /v1/account/password`; without `setup` the code is one of the present app."""

    password: str
    totp: str
    setup: str = ""


class UserRequest(_Body, frozen=True, kw_only=True):
    """`POST /v1/users`; `editions` null means every edition."""

    name: str
    role: str
    editions: list[str] | None = None
    email: str | None = None


class UserChange(_Body, frozen=True, kw_only=True):
    """`PATCH /v1/users/{id}`."""

    role: str | UnsetType = UNSET
    editions: list[str] | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    state: str | UnsetType = UNSET


class InviteRequest(_Body, frozen=True, kw_only=True):
    """`POST /v1/users/{id}/invitation`; `reset` removes every way to sign in first."""

    reset: bool = False


class TokenRequest(_Body, frozen=True, kw_only=True):
    """`POST /v1/tokens`."""

    name: str
    role: str
    editions: list[str] | None = None
    unlimited: bool = False
