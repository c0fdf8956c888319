"""Signing in as a user: with a passkey, or with a password and a code."""

import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import check_origin, read_body
from publisher.api.oidc_client import is_offered
from publisher.api.parts import Parts
from publisher.api.passkeys import RelyingParty, relying_party, sign_in_options, signed_in_passkey
from publisher.api.problems import ApiError
from publisher.api.secrets_work import in_thread, is_password, totp_step
from publisher.api.signed_in import begin_attempt, json_response, refuse_sign_in, sign_in_response
from publisher.core.passwords import MOST
from publisher.core.people_requests import EmptyRequest, PasskeySignIn, PasswordSignIn
from publisher.records.credentials import is_recovery_code
from publisher.records.names import login_of
from publisher.records.sessions import ACTIVE, Way
from publisher.records.users import User
from ticker.contract.text import SOURCE_LIMIT

LIMIT_BYTES: Final = 16_384
"""The longest body that anyone may send; a passkey's answer with an attestation has some 2,000 bytes."""


def sign_in_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/sign-in` and `/v1/session/…`."""

    async def ways(request: Request) -> Response:
        party = relying_party(request, parts)
        return json_response(
            {
                "passkey": party is not None,
                "password": True,
                "token": True,
                "oidc": {"name": parts.settings.oidc_name} if is_offered(parts.settings) else None,
                "rpId": party.id if party else None,
            }
        )

    async def passkey_options(request: Request) -> Response:
        check_origin(request, parts, script=True)
        await read_body(request, parts, EmptyRequest, empty=b"{}", limit=LIMIT_BYTES)
        check_ceremony_rate(request, parts)
        return json_response({"publicKey": await sign_in_options(parts, needed_party(request, parts))})

    async def with_passkey(request: Request) -> Response:
        check_origin(request, parts, script=True)
        body = await read_body(request, parts, PasskeySignIn, limit=LIMIT_BYTES)
        attempt = await begin_attempt(request, parts, "passkey")
        passkey = await signed_in_passkey(parts, body.credential)
        user = await parts.database.call(parts.people.users.get, passkey.user) if passkey else None
        if user is None or user.state != ACTIVE:
            raise await refuse_sign_in(parts, "passkey", user)
        await parts.database.call(parts.people.attempts.forget, attempt)
        return await sign_in_response(request, parts, user.actor, "passkey")

    async def with_password(request: Request) -> Response:
        check_origin(request, parts, script=True)
        body = await read_body(request, parts, PasswordSignIn, limit=LIMIT_BYTES)
        login = login_of(body.name)[: 2 * SOURCE_LIMIT]
        attempt = await begin_attempt(request, parts, "password", login)
        user = await parts.database.call(parts.people.users.find, login)
        method = await _verified_way(parts, user, body)
        if user is None or method is None:
            raise await refuse_sign_in(parts, "password", user)
        await parts.database.call(parts.people.attempts.forget, attempt)
        return await sign_in_response(request, parts, user.actor, method)

    return [
        Route("/v1/sign-in", ways, methods=["GET"]),
        Route("/v1/session/passkey/options", passkey_options, methods=["POST"]),
        Route("/v1/session/passkey", with_passkey, methods=["POST"]),
        Route("/v1/session/password", with_password, methods=["POST"]),
    ]


def needed_party(request: Request, parts: Parts) -> RelyingParty:
    """The relying party of the request's page; raises `ApiError` 409 where its address cannot have passkeys."""
    party = relying_party(request, parts)
    if party is None:
        raise ApiError(409, "no-passkeys")
    return party


def check_ceremony_rate(request: Request, parts: Parts) -> None:
    """Raises `ApiError` 429 where one address begins too many ceremonies: each stores a challenge."""
    address = request.client.host if request.client else ""
    seconds = parts.ceremony_rate.admit(address, secrets.token_hex(8), parts.steady())
    if seconds:
        wait = max(1, int(seconds + 0.999))
        raise ApiError(429, "sign-in-rate", headers={"Retry-After": str(wait)}, minutes=1)


async def _verified_way(parts: Parts, user: User | None, body: PasswordSignIn) -> Way | None:
    """How the password and code sign `user` in, None if they do not.

    Every look-up and the hash are done for an unknown account too, so that it takes as long.
    """
    credentials = parts.people.credentials
    account = user.id if user else ""
    stored = await parts.database.call(credentials.password, account)
    is_right = await in_thread(is_password, stored.hash if stored else None, body.password[: MOST + 1])
    step = totp_step(stored.totp if stored else None, body.code[:SOURCE_LIMIT], parts.clock())
    has_code = await parts.database.call(credentials.has_recovery_code, account, body.code[:SOURCE_LIMIT])
    if user is None or user.state != ACTIVE:
        return None
    # A user with passkeys alone has no password to give.
    if not (is_right if stored else body.password == ""):
        return None
    if stored and step is not None and await parts.database.call(credentials.take_totp_step, user.id, step):
        return "password"
    is_code = has_code and is_recovery_code(body.code)
    return (
        "recovery"
        if is_code and await parts.database.call(credentials.take_recovery_code, user.id, body.code)
        else None
    )
