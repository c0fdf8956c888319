"""Authenticates a request, checks the page it comes from, and reads its body."""

import re
from functools import lru_cache
from typing import Final, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

from publisher.api.cookie import sessions_of
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.core.decode import decode
from publisher.core.origins import may_write
from publisher.core.phrases import NO_ADDRESS, Phrase
from publisher.core.refusals import printable
from publisher.records.errors import DatabaseError
from publisher.records.sessions import Session
from publisher.records.tokens import Actor
from publisher.settings import DeskSettings
from ticker.shared.http.addresses import page_origin
from ticker.shared.http.trusted_proxies import HOSTS

_CREDENTIALS: Final = frozenset({b"authorization", b"cookie"})
# Splitting a longer list of cookies takes milliseconds, which an unauthenticated client must not cost early.
_PREVIEW_BYTES: Final = 4_096
# A page writes these by itself: they must not keep the session of an absent person.
_UNATTENDED: Final = frozenset({"/v1/presence"})
# In the scope: they are needed before the body is read, and again by the route.
_TOKENS: Final = "flashwire.tokens"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
# Possessive, and it matches from any quote on: the time is linear in the length.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.?)*+"?')

Shape = TypeVar("Shape", bound=msgspec.Struct)


async def caller(request: Request, parts: Parts) -> Actor:
    """The holder of the request's token, else of its session; raises `ApiError` 401 or 403, and `DatabaseError`.

    A token counts before a cookie: a wrong token is refused even next to a valid cookie. Other schemes are ignored,
    because a browser sends its Basic credentials for a proxy in front of the desk with every request.
    """
    actor, fault = await caller_while_away(request, parts)
    # Reading stays allowed: a person must find an item before taking it back.
    if fault is not None and request.method not in _SAFE_METHODS:
        raise fault
    return actor


async def caller_while_away(request: Request, parts: Parts) -> tuple[Actor, DatabaseError | None]:
    """As `caller`; together with the database's error if it is away and this process remembers the holder.

    A remembered holder may only take items back (rule 3 of `publisher.records.holders`).
    """
    challenge = {"WWW-Authenticate": 'Bearer realm="flashwire"'}
    secrets, is_token = _credentials(request, parts)
    actor, fault = None, None
    try:
        for secret in secrets:
            actor = actor or await parts.holders.find(secret, is_token=is_token)
    except DatabaseError as error:
        parts.audit.mark_away()
        fault = error
        for secret in secrets:
            actor = actor or parts.holders.recall(secret)
        if actor is None:
            raise
    if actor is None and is_token:
        challenge["WWW-Authenticate"] += ', error="invalid_token"'
        raise ApiError(401, "token-refused", headers=challenge)
    if actor is None:
        raise ApiError(401, "unauthorized", headers=challenge)
    if is_token and fault is None:
        for secret in secrets:
            await parts.holders.touch_token(secret)
    if not is_token and request.method not in _SAFE_METHODS:
        check_origin(request, parts, script=False)
        if fault is None and request.scope["path"] not in _UNATTENDED:
            for secret in secrets:
                await parts.holders.touch(secret)
    return actor, fault


async def session_of(request: Request, parts: Parts) -> Session | None:
    """The session of the request's cookie, if it has no token; as last verified while the database is away."""
    secrets, is_token = _credentials(request, parts)
    for secret in () if is_token else secrets:
        try:
            session = await parts.holders.find_session(secret)
        except DatabaseError:
            session = parts.holders.recall_session(secret)
        if session is not None:
            return session
    return None


def is_authenticated(scope: Scope, parts: Parts) -> bool:
    """Whether the request has a valid token or session, as far as this process knows without asking the database."""
    credentials = sum(len(value) for name, value in scope["headers"] if name in _CREDENTIALS)
    if not 0 < credentials <= _PREVIEW_BYTES:
        return False
    secrets, is_token = _credentials(Request(scope), parts)
    return any(parts.holders.is_known(secret, is_token=is_token) for secret in secrets)


def _credentials(request: Request, parts: Parts) -> tuple[list[str], bool]:
    """The request's token, else its session ids, and whether it has a token; several tokens count as none."""
    tokens: set[str] | None = request.scope.get(_TOKENS)
    if tokens is None:
        tokens = _tokens([value for name, value in request.scope["headers"] if name == b"authorization"])
        request.scope[_TOKENS] = tokens
    if tokens:
        return list(tokens) if len(tokens) == 1 else [], True
    return list(sessions_of(request, parts.cookie, parts.settings)), False


def _tokens(headers: list[bytes]) -> set[str]:
    """The bearer tokens of all Authorization headers, including one that a proxy has joined from several."""
    tokens = set()
    value = b",".join(headers).decode("latin-1")
    # Quoted parameters of other schemes may contain commas and "bearer"; a token has no quotes.
    unquoted = _QUOTED.sub("", value) if '"' in value else value
    for credentials in unquoted.split(","):
        fields = credentials.split(None, 1)
        if fields and fields[0].lower() == "bearer":
            tokens.add(fields[1].strip() if len(fields) > 1 else "")
    return tokens


def check_origin(request: Request, parts: Parts, *, script: bool) -> None:
    """Raises `ApiError` 403 unless the request comes from the desk's page.

    With `script` a request that comes from no page is allowed, too.
    """
    origin, fetch_site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if script and origin is None and fetch_site is None:
        return
    hosts = [request.headers.get("host", ""), *request.scope.get(HOSTS, ())]
    # https counts, too: a proxy that ends TLS may not say so. Browsers let no https page write to an http address
    # (mixed content), so no other page can use this.
    own = {page_origin(f"{scheme}://{host}") for host in hosts for scheme in (request.scope["scheme"], "https")}
    if not may_write(origin=origin, fetch_site=fetch_site, own=own, allowed=_allowed(parts.settings)):
        seen = Phrase(*[printable(origin)] * 3) if origin and origin != "null" else NO_ADDRESS
        raise ApiError(403, "foreign-origin", origin=seen)


def _allowed(settings: DeskSettings) -> frozenset[str | None]:
    return _origins(settings.desk_origins, settings.desk_url or "")


@lru_cache(maxsize=8)
def _origins(further: str, public: str) -> frozenset[str | None]:
    # The path of the public address is no part of its origin.
    own = "/".join(public.split("/")[:3])
    return frozenset(page_origin(origin) for origin in (own, *further.split(",")))


async def read_body(
    request: Request, parts: Parts, shape: type[Shape], *, empty: bytes = b"", limit: int | None = None
) -> Shape:
    """The request's body as `shape`, of at most `limit` bytes; `empty` replaces a missing body.

    Raises `ApiError` 413 as soon as the body exceeds the limit, 415 for another media type than JSON, 400 for a body
    that ends early, and what `decode` raises.
    """
    limit = min(limit or parts.settings.body_limit_bytes, parts.settings.body_limit_bytes)
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length[:20]) > limit:
        raise ApiError(413, "too-large", limit=limit)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Another site's page can send a form or plain text without a CORS preflight, so no other type is accepted.
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
