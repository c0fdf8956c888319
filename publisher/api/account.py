"""The own account of a signed-in user: how he signs in, and his sessions.

A change of how one signs in needs a sign-in of the last `FRESH_SECONDS`: a page that was left open, or a stolen
session, cannot add another passkey.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, read_body, session_of
from publisher.api.parts import Parts
from publisher.api.passkeys import LABEL_LIMIT, register, registration_options
from publisher.api.password_setup import TotpSetup, begin_setup, checked_password
from publisher.api.people_answers import account_answer, passkey_answer
from publisher.api.problems import ApiError
from publisher.api.sign_in import LIMIT_BYTES, check_ceremony_rate, needed_party
from publisher.api.signed_in import json_response
from publisher.core.people_requests import EmptyRequest, LabelRequest, PasskeyRequest, PasswordRequest
from publisher.core.refusals import Refusals
from publisher.records.credentials import LastWayError
from publisher.records.sessions import Session
from publisher.records.users import User
from ticker.contract.text import clean

FRESH_SECONDS: Final = 15 * 60


def account_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/account` and what is below it."""
    call, credentials = parts.database.call, parts.people.credentials

    async def account(request: Request) -> Response:
        user, session = await signed_in_user(request, parts)
        passkeys = await call(credentials.passkeys, user.id)
        sessions = await call(parts.sessions.of_user, user.id)
        return json_response(account_answer(user, passkeys, sessions, session))

    async def passkey_options(request: Request) -> Response:
        user, _ = await fresh_user(request, parts)
        await read_body(request, parts, EmptyRequest, empty=b"{}", limit=LIMIT_BYTES)
        check_ceremony_rate(request, parts)
        options = await registration_options(parts, needed_party(request, parts), user.id, user.name)
        return json_response({"publicKey": options})

    async def add_passkey(request: Request) -> Response:
        user, _ = await fresh_user(request, parts)
        body = await read_body(request, parts, PasskeyRequest, limit=LIMIT_BYTES)
        passkey, _ = await register(parts, body.credential, body.label, user.id)
        await record(user, "passkey-add", {"passkey": passkey.id})
        await call(credentials.add_passkey, passkey)
        return json_response({"passkey": passkey_answer(passkey)}, 201)

    async def rename_passkey(request: Request) -> Response:
        user, _ = await signed_in_user(request, parts)
        body = await read_body(request, parts, LabelRequest, limit=LIMIT_BYTES)
        refusals = Refusals()
        label = ""
        with refusals.at("label"):
            label = clean(body.label, limit=LABEL_LIMIT)
        refusals.raise_any()
        if not await call(credentials.rename_passkey, user.id, request.path_params["id"], label):
            raise ApiError(404, "not-found")
        return Response(status_code=204)

    async def delete_passkey(request: Request) -> Response:
        user, _ = await fresh_user(request, parts)
        # Before the record, which cannot be taken back.
        if all(passkey.id != request.path_params["id"] for passkey in await call(credentials.passkeys, user.id)):
            raise ApiError(404, "not-found")
        if user.passkeys == 1 and not user.has_password:
            raise ApiError(409, "last-way")
        await record(user, "passkey-remove", {"passkey": request.path_params["id"]})
        try:
            if not await call(credentials.delete_passkey, user.id, request.path_params["id"]):
                raise ApiError(404, "not-found")
        except LastWayError:
            raise ApiError(409, "last-way") from None
        return Response(status_code=204)

    async def password_setup(request: Request) -> Response:
        user, _ = await fresh_user(request, parts)
        await read_body(request, parts, EmptyRequest, empty=b"{}", limit=LIMIT_BYTES)
        return json_response(await begin_setup(parts, user.id, user.name))

    async def set_password(request: Request) -> Response:
        user, session = await fresh_user(request, parts)
        body = await read_body(request, parts, PasswordRequest, limit=LIMIT_BYTES)
        present = await call(credentials.password, user.id)
        if body.setup:
            setup = await call(parts.people.challenges.look, "totp", body.setup, TotpSetup)
            setup = setup if setup and setup.user == user.id else None
        else:
            setup = TotpSetup(present.totp, user.id, user.name) if present else None
        password = await checked_password(parts, setup, user.name, body.password, body.totp)
        # The present app's code is used up, as at a sign-in.
        if not body.setup and not await call(credentials.take_totp_step, user.id, password.totp_step):
            raise ApiError(409, "code-used")
        if body.setup and await call(parts.people.challenges.take, "totp", body.setup, TotpSetup) is None:
            raise ApiError(409, "code-used")
        await record(user, "password-set", {})
        await call(credentials.set_password, user.id, password.hash, password.totp, password.totp_step, keep=session.id)
        return Response(status_code=204)

    async def delete_password(request: Request) -> Response:
        user, _ = await fresh_user(request, parts)
        if not user.passkeys:
            raise ApiError(409, "last-way")
        await record(user, "password-remove", {})
        try:
            await call(credentials.delete_password, user.id)
        except LastWayError:
            raise ApiError(409, "last-way") from None
        return Response(status_code=204)

    async def recovery_codes(request: Request) -> Response:
        user, _ = await fresh_user(request, parts)
        await read_body(request, parts, EmptyRequest, empty=b"{}", limit=LIMIT_BYTES)
        await record(user, "recovery-codes", {})
        return json_response({"recoveryCodes": await call(credentials.new_recovery_codes, user.id)})

    async def end_sessions(request: Request) -> Response:
        user, session = await signed_in_user(request, parts)
        await call(parts.sessions.close_of_user, user.id, keep=session.id)
        await parts.audit.record(user.name, "sessions-end", f"user:{user.name}", {}, may_spool=True)
        return Response(status_code=204)

    async def end_session(request: Request) -> Response:
        user, _ = await signed_in_user(request, parts)
        ended = request.path_params["id"]
        if not await call(parts.sessions.close_of_user, user.id, session=ended):
            raise ApiError(404, "not-found")
        await parts.audit.record(user.name, "sessions-end", f"user:{user.name}", {"session": ended}, may_spool=True)
        return Response(status_code=204)

    async def record(user: User, action: str, details: dict[str, str]) -> None:
        # Before it is done: a way to sign in that no record shows would be a back door.
        await parts.audit.record(user.name, action, f"user:{user.name}", details)

    return [
        Route("/v1/account", account, methods=["GET"]),
        Route("/v1/account/passkeys/options", passkey_options, methods=["POST"]),
        Route("/v1/account/passkeys", add_passkey, methods=["POST"]),
        Route("/v1/account/passkeys/{id}", rename_passkey, methods=["PATCH"]),
        Route("/v1/account/passkeys/{id}", delete_passkey, methods=["DELETE"]),
        Route("/v1/account/password/setup", password_setup, methods=["POST"]),
        Route("/v1/account/password", set_password, methods=["PUT"]),
        Route("/v1/account/password", delete_password, methods=["DELETE"]),
        Route("/v1/account/recovery", recovery_codes, methods=["POST"]),
        Route("/v1/account/sessions", end_sessions, methods=["DELETE"]),
        Route("/v1/account/sessions/{id}", end_session, methods=["DELETE"]),
    ]


async def signed_in_user(request: Request, parts: Parts) -> tuple[User, Session]:
    """The user of the request's session; raises `ApiError` 401, and 403 for a token or its session."""
    actor = await caller(request, parts)
    session = await session_of(request, parts)
    user = await parts.database.call(parts.people.users.get, actor.user) if actor.user else None
    if session is None or user is None:
        raise ApiError(403, "not-a-user")
    return user, session


async def fresh_user(request: Request, parts: Parts) -> tuple[User, Session]:
    """As `signed_in_user`; raises `ApiError` 403 if the sign-in was more than `FRESH_SECONDS` ago."""
    user, session = await signed_in_user(request, parts)
    if session.created < parts.clock() - FRESH_SECONDS:
        raise ApiError(403, "sign-in-again", minutes=FRESH_SECONDS // 60)
    return user, session
