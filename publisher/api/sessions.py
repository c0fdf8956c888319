"""The session of the desk page: the signed-in user, signing in with a token, signing out; and the first token."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, check_origin, read_body, session_of
from publisher.api.cookie import clear_session, sessions_of
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.api.signed_in import begin_attempt, json_response, session_answer, sign_in_response
from publisher.core.people_requests import EmptyRequest
from publisher.core.request import SessionRequest, WelcomeRequest
from publisher.records.tokens import digest

# Anyone may send these bodies: a token, or a code and a name.
_LIMIT_BYTES: Final = 4096


def session_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/session` and `/v1/welcome`."""

    async def sign_in(request: Request) -> Response:
        # Another site's page must not sign a browser in: the editor would then publish under another name.
        check_origin(request, parts, script=True)
        body = await read_body(request, parts, SessionRequest, limit=_LIMIT_BYTES)
        attempt = await begin_attempt(request, parts, "token")
        actor = await parts.holders.find(body.token.strip(), is_token=True)
        if actor is None:
            parts.metrics.sign_ins.labels("token", "refused").inc()
            raise ApiError(401, "token-refused", headers={"WWW-Authenticate": 'Bearer realm="flashwire"'})
        await parts.database.call(parts.people.attempts.forget, attempt)
        await parts.holders.touch_token(body.token.strip())
        return await sign_in_response(request, parts, actor, "token")

    async def current(request: Request) -> Response:
        actor = await caller(request, parts)
        return json_response(session_answer(parts, actor, await session_of(request, parts)))

    async def keep(request: Request) -> Response:
        actor = await caller(request, parts)
        await read_body(request, parts, EmptyRequest, empty=b"{}", limit=_LIMIT_BYTES)
        for secret in sessions_of(request, parts.cookie, parts.settings):
            await parts.database.call(parts.sessions.touch, digest(secret))
        return json_response(session_answer(parts, actor, await session_of(request, parts)))

    async def sign_out(request: Request) -> Response:
        actor = await caller(request, parts)
        sessions = list(sessions_of(request, parts.cookie, parts.settings))
        # With a token `caller` checks no page, and the cookie's session is ended all the same.
        check_origin(request, parts, script=not sessions)
        for session in sessions:
            await parts.database.call(parts.sessions.close, session)
        if sessions:
            await parts.audit.record(actor.name, "sign-out", "", {}, may_spool=True)
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
        return await sign_in_response(request, parts, actor, "token", {"token": token}, status=201)

    return [
        Route("/v1/session", current, methods=["GET"]),
        Route("/v1/session", sign_in, methods=["POST"]),
        Route("/v1/session", sign_out, methods=["DELETE"]),
        Route("/v1/session/keep", keep, methods=["POST"]),
        Route("/v1/welcome", welcome, methods=["POST"]),
    ]
