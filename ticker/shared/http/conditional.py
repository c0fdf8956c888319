"""Conditional requests (RFC 9110, 13): strong entity tags, and the one rule for answering 304."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def entity_tag(content: bytes) -> str:
    """A strong entity tag of `content`, quotes included."""
    return f'"{hashlib.blake2s(content, digest_size=12).hexdigest()}"'


def matches(if_none_match: str, etag: str) -> bool:
    """Whether an `If-None-Match` header names `etag`, by the weak comparison that it asks for."""
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(if_none_match)


def is_current(request: Request, etag: str) -> bool:
    """Whether the client already has the representation that `etag` names; the answer is then 304 without a body."""
    return matches(", ".join(request.headers.getlist("if-none-match")), etag)


def conditional(
    request: Request, body: bytes, headers: Mapping[str, str], media_type: str, *, same: bytes | None = None
) -> Response:
    """200 with `body` under its entity tag, or 304 with the same headers.

    `same` is for a body that also says when it was made: what does not change while the body means the same.
    """
    etag = entity_tag(body) if same is None else f"W/{entity_tag(same)}"
    all_headers = {**headers, "ETag": etag}
    if is_current(request, etag):
        return Response(status_code=304, headers=all_headers)
    return Response(body, headers=all_headers, media_type=media_type)
