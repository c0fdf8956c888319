"""Content negotiation (RFC 9110, 12.4 and 12.5) as plain functions."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_HEADER_LIMIT: Final = 400
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
    """Whether the client accepts gzip, and prefers it to no encoding or likes both equally."""
    by_name = dict(qualities(accept_encoding))
    names_gzip = by_name.keys() & {b"gzip", b"x-gzip"}
    gzip = max(by_name.get(b"gzip", 0.0), by_name.get(b"x-gzip", 0.0)) if names_gzip else by_name.get(b"*", 0.0)
    # If the header does not name it, no encoding is acceptable, with a lower preference than what it names.
    return gzip > 0 and gzip >= by_name.get(b"identity", 0.0)


def preferred_language(accept_language: str, languages: Sequence[str]) -> str:
    """The one of `languages` that an `Accept-Language` header prefers (RFC 9110, 12.5.4); else the first of them."""
    # Browsers send less than this; a long header must not cost time.
    header = accept_language[:_HEADER_LIMIT].encode("latin-1", "replace")
    ranked = sorted(qualities(header), key=lambda pair: -pair[1])
    primary_tags = (name.decode("latin-1").split("-")[0] for name, quality in ranked if quality)
    return next((tag for tag in primary_tags if tag in languages), languages[0])
