"""`/v1/kill`: stops publishing for a user, an edition or everything, and ends sessions."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, read_body
from publisher.api.cookie import sessions_of
from publisher.api.parts import Parts
from publisher.api.permission import check, check_role
from publisher.api.problems import ApiError
from publisher.core.phrases import stop_phrase
from publisher.core.refusals import printable
from publisher.core.request import KillRequest, LiftRequest
from publisher.core.stops import REASON_LIMIT, Stop
from publisher.records.stop_file import new_stop
from publisher.records.tokens import Actor, digest
from ticker.contract.item import Act, moment
from ticker.contract.sentences import RefusedError
from ticker.contract.text import clean

# The name of an edition, a user or a token.
_NAME_LIMIT = 120


async def check_stops(parts: Parts, actor: Actor, edition: str, act: Act) -> None:
    """Raises `ApiError` 403 if `actor` may not do `act` in `edition` because of the kill switch."""
    stop = await parts.kill_switch.stop_of(actor.names, edition, act)
    if stop is not None:
        raise _stopped(stop)


async def check_person(parts: Parts, actor: Actor) -> None:
    """Raises `ApiError` 403 if the kill switch has stopped `actor`.

    Such a person releases no line of another one, lifts no stop, and makes no user or token that could.
    """
    stop = await parts.kill_switch.person_stop(actor.names)
    if stop is not None:
        raise _stopped(stop)


def kill_routes(parts: Parts) -> list[BaseRoute]:
    """`GET` and `POST /v1/kill`, and `POST /v1/kill/{id}/lift`."""

    async def stops(request: Request) -> Response:
        await caller(request, parts)
        return _json({"stops": await parts.kill_switch.in_force()}, 200)

    async def kill(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, KillRequest)
        _check_scope(actor, body.scope, body.name)
        name = "" if body.scope == "all" else _text(body.name, "name", _NAME_LIMIT)
        if body.scope == "edition" and name not in parts.site.editions:
            raise ApiError(400, "unknown-name", value=printable(name), known=", ".join(parts.site.editions))
        # A stop of a name that nobody has would look like one that works.
        if body.scope == "user" and not await parts.database.call(parts.kill_switch.records.is_known, name):
            raise RefusedError("no-actor", "name", name=printable(name))
        reason = _text(body.reason, "reason", REASON_LIMIT)
        stop = new_stop(body.scope, name, actor.name, reason, moment(parts.clock()))
        keeps = await _own_session(request) if body.scope == "all" else ""
        await parts.kill_switch.add(stop, ends_sessions=body.end_sessions, keeps=keeps)
        return _json(stop, 201)

    async def lift(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, LiftRequest)
        check_role(actor, "kill")
        await check_person(parts, actor)
        id = request.path_params["id"]
        stop = next((stop for stop in await parts.kill_switch.in_force() if stop.id == id), None)
        if stop is None:
            raise ApiError(404, "no-stop")
        _check_scope(actor, stop.scope, stop.name)
        reason = _text(body.reason, "reason", REASON_LIMIT)
        if not await parts.kill_switch.lift(stop, actor.name, reason, moment(parts.clock())):
            raise ApiError(404, "no-stop")
        return _json(stop, 200)

    async def _own_session(request: Request) -> str:
        # The chief who stops everything stays signed in, to find out what happened.
        for secret in sessions_of(request, parts.cookie, parts.settings):
            if session := await parts.database.call(parts.sessions.find, digest(secret)):
                return session.id
        return ""

    return [
        Route("/v1/kill", stops, methods=["GET"]),
        Route("/v1/kill", kill, methods=["POST"]),
        Route("/v1/kill/{id}/lift", lift, methods=["POST"]),
    ]


def _check_scope(actor: Actor, scope: str, name: str) -> None:
    """Raises `ApiError` 403: a chief of some editions stops these and people, but not everything."""
    if scope == "user":
        check_role(actor, "kill")
    else:
        check(actor, "kill", name if scope == "edition" else None)


def _stopped(stop: Stop) -> ApiError:
    what = stop_phrase(stop.scope, stop.name)
    return ApiError(403, "publishing-stopped", what=what, by=stop.by, reason=stop.reason)


def _text(value: str, field: str, limit: int) -> str:
    try:
        return clean(value, limit=limit)
    except RefusedError as refusal:
        raise refusal.at(field) from None


def _json(value: Stop | dict[str, list[Stop]], status: int) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
