"""Signing in to the desk page and out of it, and the welcome link that makes the first token."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, check_origin, read_body
from publisher.api.cookie import clear_session, sessions_of, set_session
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.core.request import SessionRequest, WelcomeRequest
from publisher.records.tokens import Actor

# Anyone may send these bodies: a token, or a code and a name.
_LIMIT_BYTES: Final = 4096


def session_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/session` and `/v1/welcome`."""

    async def sign_in(request: Request) -> Response:
        # Another site's page must not sign a browser in: the editor would then publish under another name.
        check_origin(request, parts, script=True)
        body = await read_body(request, parts, SessionRequest, limit=_LIMIT_BYTES)
        actor = await parts.holders.find(body.token.strip(), is_token=True)
        if actor is None:
            raise ApiError(401, "token-refused", headers={"WWW-Authenticate": 'Bearer realm="flashwire"'})
        return await _signed_in(request, parts, actor, {}, status=200)

    async def current(request: Request) -> Response:
        actor = await caller(request, parts)
        return _json({"name": actor.name, "role": actor.role}, 200)

    async def sign_out(request: Request) -> Response:
        await caller(request, parts)
        sessions = list(sessions_of(request, parts.cookie, parts.settings))
        # With a token `caller` checks no page, and the cookie's session is ended all the same.
        check_origin(request, parts, script=not sessions)
        for session in sessions:
            await parts.database.call(parts.sessions.close, session)
        response = Response(status_code=204)
        clear_session(response, request, parts.cookie, parts.settings)
        return response

    async def welcome(request: Request) -> Response:
        check_origin(request, parts, script=True)
        body = await read_body(request, parts, WelcomeRequest, limit=_LIMIT_BYTES)
        token = await parts.database.call(parts.welcome.accept, body.code, body.name)
        actor = await parts.holders.find(token, is_token=True) if token else None
        if token is None or actor is None:
            raise ApiError(403, "welcome-refused")
        return await _signed_in(request, parts, actor, {"token": token}, status=201)

    return [
        Route("/v1/session", current, methods=["GET"]),
        Route("/v1/session", sign_in, methods=["POST"]),
        Route("/v1/session", sign_out, methods=["DELETE"]),
        Route("/v1/welcome", welcome, methods=["POST"]),
    ]


async def _signed_in(request: Request, parts: Parts, actor: Actor, members: dict[str, str], *, status: int) -> Response:
    session = await parts.database.call(parts.sessions.open, actor.name)
    response = _json({"name": actor.name, "role": actor.role, **members}, status)
    set_session(response, request, parts.cookie, session, parts.settings)
    return response


def _json(value: dict[str, str], status: int) -> Response:
    return Response(msgspec.json.encode(value), status, {"Cache-Control": "no-store"}, "application/json")
