"""The version in If-Match: a client states which version its change follows."""

import re
from typing import Final

from starlette.requests import Request

from publisher.api.problems import ApiError

# The tag is a version number. A compressing proxy changes its form and not its meaning: W/"1" (nginx), "1-gzip"
# (Apache), "1--gzip" (Jetty), "1;gzip".
_ETAG: Final = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})(?:(?:--?|;)(?:gzip|br|zstd|deflate))?"')


def seen_version(request: Request) -> int:
    """The version in If-Match; raises `ApiError` 428 where there is none, 400 where it is not exactly one version."""
    tags = request.headers.getlist("if-match")
    if not tags or tags == ["*"]:
        raise ApiError(428, "if-match-missing")
    match = _ETAG.fullmatch(tags[0].strip()) if len(tags) == 1 else None
    if match is None:
        raise ApiError(400, "if-match")
    return int(match[1])
