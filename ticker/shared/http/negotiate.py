"""Content negotiation (RFC 9110, 12.4 and 12.5) and entity tags (RFC 9110, 13.1.2), as plain functions."""

import re
from collections.abc import Iterator
from typing import Final

_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')
_QUALITY: Final = re.compile(rb"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def qualities(header: bytes) -> Iterator[tuple[bytes, float]]:
    """The values of an `Accept…` header in lower case, each with its quality; 0 also where that cannot be read."""
    for part in header.lower().split(b","):
        name, *parameters = (piece.strip() for piece in part.split(b";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition(b"=")
            if key.strip() == b"q":
                quality = float(value) if _QUALITY.fullmatch(value.strip()) else 0.0
        yield name, quality


def takes_gzip(accept_encoding: bytes) -> bool:
    """Whether gzip is acceptable, and liked no less than no encoding."""
    found = dict(qualities(accept_encoding))
    other = found.get(b"*", 0.0)
    packed = max(found.get(b"gzip", 0.0), found.get(b"x-gzip", 0.0)) if found.keys() & {b"gzip", b"x-gzip"} else other
    # Without a word about it, no encoding is acceptable, but liked less than what is named.
    return packed > 0 and packed >= found.get(b"identity", 0.0)


def matches(if_none_match: str, etag: str) -> bool:
    """Whether an `If-None-Match` header names `etag`, by the weak comparison that it asks for."""
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(if_none_match)
