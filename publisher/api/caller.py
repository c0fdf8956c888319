"""Finds out who is asking, and reads what they sent; both before anything is decided."""

from typing import Final, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from publisher.access.guard import may_write
from publisher.access.tokens import Actor
from publisher.api.desk import Desk
from publisher.api.problems import ApiError
from publisher.core.decode import decode

COOKIE: Final = "flashwire_desk"
_READING: Final = frozenset({"GET", "HEAD"})

Shape = TypeVar("Shape", bound=msgspec.Struct)


def caller(request: Request, desk: Desk) -> Actor:
    """The holder of the request's token, else of its session; raises `ApiError` 401 or 403.

    A token goes before a cookie, and a wrong token is refused even where a good cookie came with it.
    """
    challenge = {"WWW-Authenticate": 'Bearer realm="flashwire"'}
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        actor = desk.tokens.holder(token.strip()) if scheme.lower() == "bearer" else None
        if actor is None:
            challenge["WWW-Authenticate"] += ', error="invalid_token"'
            raise ApiError(401, "token-refused", headers=challenge)
        return actor
    session = request.cookies.get(COOKIE)
    actor = desk.sessions.holder(session) if session else None
    if actor is None:
        raise ApiError(401, "unauthorized", headers=challenge)
    if request.method not in _READING and not from_desk(request, desk, script=False):
        raise ApiError(403, "foreign-origin")
    return actor


def from_desk(request: Request, desk: Desk, *, script: bool) -> bool:
    """Whether the request comes from the desk's page, or, if `script`, from no page at all."""
    origin, fetch_site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if script and origin is None and fetch_site is None:
        return True
    own = f"{request.scope['scheme']}://{request.headers.get('host', '')}"
    return may_write(origin=origin, fetch_site=fetch_site, own=own, allowed=desk.settings.origins())


async def read(request: Request, desk: Desk, shape: type[Shape], *, empty: bytes = b"") -> Shape:
    """The request's body as `shape`; `empty` stands for a body that is not there.

    Raises `ApiError` 413 before a body over the limit is read whole, 415 for what is not JSON, and what
    `decode` raises.
    """
    limit = desk.settings.body_limit_bytes
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length[:20]) > limit:
        raise ApiError(413, "too-large", limit=limit)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # A form or a plain text is what a foreign page can send without asking first (CORS), so it is not guessed at.
    if media_type != "application/json" and not (empty and not media_type and length == "0"):
        raise ApiError(415, "not-json")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise ApiError(413, "too-large", limit=limit)
    except ClientDisconnect:
        raise ApiError(400, "cut-off") from None
    return decode(bytes(body) or empty, shape)
