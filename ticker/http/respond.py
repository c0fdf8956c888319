"""Replies of the HTTP routes: JSON bytes, problems and their caching; this module does not read the bytes."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.problem import MEDIA_TYPE, FieldError, Problem, make_problem
from ticker.shared.http.conditional import conditional

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream; charset=utf-8"


def problem(
    status: int,
    slug: str,
    detail: str,
    *,
    errors: tuple[FieldError, ...] = (),
    retry_after: int | None = None,
) -> Response:
    """A problem reply."""
    return problem_reply(make_problem(slug, status, detail, errors), retry_after)


def problem_reply(body: Problem, retry_after: int | None = None) -> Response:
    """`body` as a reply; never cached."""
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Response(body.body(), body.status, headers, MEDIA_TYPE)


def cached(request: Request, body: bytes, seconds: int, *, status: int = 200) -> Response:
    """`body` under a strong ETag, or 304; shared caches may keep it for `seconds`.

    The time is short, so that a withdrawn item leaves caches as fast as it leaves live connections.
    """
    headers = {"Cache-Control": f"public, max-age={seconds}, must-revalidate"}
    if status != 200:
        return Response(body, status, headers, JSON)
    return conditional(request, body, headers, JSON)
