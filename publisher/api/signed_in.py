"""The answer to every sign-in: a new session in a cookie, and what the page must know about it."""

from typing import Literal

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from publisher.api.cookie import sessions_of, set_session
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.records.attempts import TooManyAttemptsError
from publisher.records.sessions import Session, Way
from publisher.records.tokens import Actor, digest
from publisher.records.users import User
from ticker.contract.item import moment
from ticker.shared.http.trusted_proxies import Proxies, counted_address

_log = structlog.get_logger(__name__)


class SessionAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The signed-in user, with rights and the end of the session; a token without a session has no times."""

    name: str
    role: str
    editions: list[str] | None
    kind: Literal["user", "token"]
    user: str | None
    session: str | None
    way: str | None
    created: str | None
    expires: str | None
    idle_expires: str | None
    ends_in: float | None
    time: str


def session_answer(parts: Parts, actor: Actor, session: Session | None) -> SessionAnswer:
    """The answer about `actor`, who came with `session` or with a token."""
    now = parts.clock()
    editions = None if actor.editions is None else sorted(actor.editions)
    who = (actor.name, actor.role, editions, actor.kind, actor.user)
    if session is None:
        return SessionAnswer(*who, None, None, None, None, None, None, moment(now))
    times = (moment(session.created), moment(session.expires), moment(session.idle_expires))
    return SessionAnswer(*who, session.id, session.way, *times, max(0.0, round(session.ends - now, 1)), moment(now))


async def sign_in_response(
    request: Request,
    parts: Parts,
    actor: Actor,
    way: Way,
    members: dict[str, object] | None = None,
    *,
    status: int = 200,
) -> Response:
    """The answer that signs `actor` in."""
    secret, session = await start_session(request, parts, actor, way)
    body = msgspec.to_builtins(session_answer(parts, session.actor, session)) | (members or {})
    response = json_response(body, status)
    set_session(response, request, parts.cookie, secret, parts.settings)
    return response


async def start_session(request: Request, parts: Parts, actor: Actor, way: Way) -> tuple[str, Session]:
    """Starts a session for `actor`: always a new one, which ends those that the browser sent. Raises `ApiError` 401."""
    secret = await parts.database.call(
        parts.sessions.start,
        actor,
        way,
        address=_address(request),
        agent=request.headers.get("user-agent", ""),
        replaces=tuple(sessions_of(request, parts.cookie, parts.settings)),
    )
    session = await parts.database.call(parts.sessions.find, digest(secret))
    if session is None:
        # The user was disabled since.
        raise sign_in_refused()
    await parts.audit.record(actor.name, "sign-in", f"session:{session.id}", {"way": way}, may_spool=True)
    _log.info("signed in", by=actor.name, way=way)
    parts.metrics.sign_ins.labels(way, "accepted").inc()
    return secret, session


async def begin_attempt(request: Request, parts: Parts, way: Way, account: str | None = None) -> str:
    """Counts an attempt to sign in; `parts.people.attempts.forget` removes it. Raises `ApiError` 429."""
    # Empty for a proxy that names no client: all its clients would share one limit.
    network = counted_address(_address(request), Proxies(parts.settings.forwarded_allow_ips))
    try:
        return await parts.database.call(parts.people.attempts.begin, account, network)
    except TooManyAttemptsError as error:
        parts.metrics.sign_ins.labels(way, "limited").inc()
        _log.warning("sign-in limited", way=way)
        seconds = int(error.seconds + 0.999)
        minutes = -(-seconds // 60)
        raise ApiError(429, "sign-in-rate", headers={"Retry-After": str(seconds)}, minutes=minutes) from None


async def refuse_sign_in(parts: Parts, way: Way, user: User | None = None) -> ApiError:
    """The one answer to every sign-in that fails; counted, and logged and recorded with the user, if it is known."""
    parts.metrics.sign_ins.labels(way, "refused").inc()
    # Not the name that was typed: people type passwords into that field.
    _log.warning("sign-in refused", way=way, user=user.id if user else None)
    if user is not None:
        await parts.audit.record(user.name, "sign-in-refused", f"user:{user.name}", {"way": way}, may_spool=True)
    return sign_in_refused()


def sign_in_refused() -> ApiError:
    """The same for an unknown account, a wrong password, a wrong code, and a disabled user."""
    return ApiError(401, "sign-in-refused", headers={"WWW-Authenticate": 'Bearer realm="flashwire"'})


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def json_response(value: object, status: int = 200) -> Response:
    """An answer that no cache stores."""
    return Response(msgspec.json.encode(value), status, {"Cache-Control": "no-store"}, "application/json")
