"""Finds out who is asking, and reads what they sent; both before anything is decided."""

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
from publisher.records.tokens import Actor
from publisher.settings import DeskSettings
from ticker.shared.http.addresses import page_origin
from ticker.shared.http.forwarded import HOSTS

_CREDENTIALS: Final = frozenset({b"authorization", b"cookie"})
# What is longer is looked at in its turn only: to split a long list of cookies takes milliseconds.
_QUICK_BYTES: Final = 4_096
_READING: Final = frozenset({"GET", "HEAD"})
# Whatever follows the first quote matches, so that the time grows with the length alone.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.?)*+"?')

Shape = TypeVar("Shape", bound=msgspec.Struct)


async def caller(request: Request, parts: Parts) -> Actor:
    """The holder of the request's token, else of its session; raises `ApiError` 401 or 403, and `DatabaseError`.

    A token goes before a cookie, and a wrong token is refused even where a good cookie came with it. Other schemes
    belong to a proxy in front of the desk: a browser sends its Basic credentials with every request.
    """
    actor, fault = await caller_or_remembered(request, parts)
    # To find the line that is to be taken back, a page must be able to read.
    if fault is not None and request.method not in _READING:
        raise fault
    return actor


async def caller_or_remembered(request: Request, parts: Parts) -> tuple[Actor, DatabaseError | None]:
    """As `caller`; with the database's error where it cannot be asked and this process remembers the holder.

    The memory allows only the acts that take news back (rule 3 of `publisher.records.holders`).
    """
    challenge = {"WWW-Authenticate": 'Bearer realm="flashwire"'}
    secrets, is_token = _credentials(request, parts)
    actor, fault = None, None
    try:
        for secret in secrets:
            actor = actor or await parts.holders.find(secret, is_token=is_token)
    except DatabaseError as error:
        fault = error
        for secret in secrets:
            actor = actor or parts.holders.remembered(secret)
        if actor is None:
            raise
    if actor is None and is_token:
        challenge["WWW-Authenticate"] += ', error="invalid_token"'
        raise ApiError(401, "token-refused", headers=challenge)
    if actor is None:
        raise ApiError(401, "unauthorized", headers=challenge)
    if not is_token and request.method not in _READING:
        check_origin(request, parts, script=False)
    return actor, fault


def is_authenticated(scope: Scope, parts: Parts) -> bool:
    """Whether the request's token or session is in force, so that it goes before those of strangers."""
    credentials = sum(len(value) for name, value in scope["headers"] if name in _CREDENTIALS)
    if not 0 < credentials <= _QUICK_BYTES:
        return False
    secrets, is_token = _credentials(Request(scope), parts)
    return any(parts.holders.may_be_known(secret, is_token=is_token) for secret in secrets)


def _credentials(request: Request, parts: Parts) -> tuple[list[str], bool]:
    """The request's token, else its session ids, and whether it has a token; of several tokens none counts."""
    tokens = _tokens([value for name, value in request.scope["headers"] if name == b"authorization"])
    if tokens:
        return list(tokens) if len(tokens) == 1 else [], True
    return list(sessions_of(request, parts.cookie, parts.settings)), False


def _tokens(headers: list[bytes]) -> set[str]:
    """The bearer tokens of all Authorization headers, also of one that a proxy has joined from several."""
    found = set()
    given = b",".join(headers).decode("latin-1")
    # Quoted parameters of other schemes may hold commas and any word; a token has no quotes.
    unquoted = _QUOTED.sub("", given) if '"' in given else given
    for credentials in unquoted.split(","):
        words = credentials.split(None, 1)
        if words and words[0].lower() == "bearer":
            found.add(words[1].strip() if len(words) > 1 else "")
    return found


def check_origin(request: Request, parts: Parts, *, script: bool) -> None:
    """Raises `ApiError` 403 unless the request comes from the desk's page, or, if `script`, from no page at all."""
    origin, fetch_site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if script and origin is None and fetch_site is None:
        return
    hosts = [request.headers.get("host", ""), *request.scope.get(HOSTS, ())]
    # With https too: a proxy that ends TLS may not say so. A page with https cannot write to an address without it
    # (browsers block mixed content), so the way back is closed to others.
    own = {page_origin(f"{scheme}://{host}") for host in hosts for scheme in (request.scope["scheme"], "https")}
    if not may_write(origin=origin, fetch_site=fetch_site, own=own, allowed=_allowed(parts.settings)):
        seen = Phrase(*[printable(origin)] * 3) if origin and origin != "null" else NO_ADDRESS
        raise ApiError(403, "foreign-origin", origin=seen)


def _allowed(settings: DeskSettings) -> frozenset[str | None]:
    return _origins(settings.desk_origins, settings.desk_url or "")


@lru_cache(maxsize=8)
def _origins(further: str, public: str) -> frozenset[str | None]:
    # Of the public address the path is no part of the origin.
    own = "/".join(public.split("/")[:3])
    return frozenset(page_origin(origin) for origin in (own, *further.split(",")))


async def read(
    request: Request, parts: Parts, shape: type[Shape], *, empty: bytes = b"", limit: int | None = None
) -> Shape:
    """The request's body as `shape`, of at most `limit` bytes; `empty` stands for a body that is not there.

    Raises `ApiError` 413 before a body over the limit is read whole, 415 for what is not JSON, and what
    `decode` raises.
    """
    limit = min(limit or parts.settings.body_limit_bytes, parts.settings.body_limit_bytes)
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
