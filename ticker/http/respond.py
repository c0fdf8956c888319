"""Replies of the HTTP routes: JSON bytes, problems, caching; nothing here knows what the bytes say."""

import hashlib
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.problem import MEDIA_TYPE, FieldError, Problem
from ticker.shared.http.negotiate import matches

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream; charset=utf-8"


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    errors: tuple[FieldError, ...] = (),
    retry_after: int | None = None,
) -> Response:
    """A problem reply."""
    return problem_reply(Problem(slug=slug, title=title, status=status, detail=detail, errors=errors), retry_after)


def problem_reply(body: Problem, retry_after: int | None = None) -> Response:
    """`body` as a reply; never cached."""
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Response(body.body(), body.status, headers, MEDIA_TYPE)


def cached(request: Request, body: bytes, seconds: int, *, status: int = 200) -> Response:
    """`body` with a strong ETag, or 304; shared caches may keep it for `seconds`, briefly on purpose:

    a withdrawn line must leave them as fast as it leaves the sockets.
    """
    etag = f'"{hashlib.blake2s(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={seconds}, must-revalidate"}
    if status == 200 and matches(", ".join(request.headers.getlist("if-none-match")), etag):
        return Response(None, 304, headers)
    return Response(body, status, headers, JSON)
