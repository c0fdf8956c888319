"""The web pages that may read a node: those of the allowed origins, and the node's own pages."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ticker.settings import TickerSettings
from ticker.shared.http.addresses import page_origin

# Longer values are no origins, and would fill the cache.
_LONGEST: Final = 300


def is_allowed(settings: TickerSettings, headers: Mapping[bytes, bytes]) -> bool:
    """Whether the page that sent a request with these headers may read; a client without `Origin` always may."""
    origin = headers.get(b"origin")
    if origin is None or settings.allowed_origins == "*":
        return True
    normalized = _normalize(origin)
    if normalized in _allowed(settings.allowed_origins, settings.public_url):
        return True
    # The browser sets it, no script can, and it is right behind proxies that change Host.
    if headers.get(b"sec-fetch-site") == b"same-origin":
        return True
    # With a public address the Host header is not needed: the client could choose it.
    return settings.public_url is None and normalized is not None and _is_host(normalized, headers)


def cors_headers(settings: TickerSettings, headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The CORS headers of a read; they never allow credentials."""
    if settings.allowed_origins == "*":
        # Also without an Origin: a shared cache may answer a page with this reply.
        return [(b"access-control-allow-origin", b"*")]
    origin = headers.get(b"origin")
    if origin is None or not is_allowed(settings, headers):
        return [(b"vary", b"Origin")]
    return [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]


def cors_lines(settings: TickerSettings, headers: Mapping[bytes, bytes]) -> bytes:
    """The headers of `cors_headers` as complete lines of a reply's head."""
    return b"".join(b"%b: %b\r\n" % (name.title(), value) for name, value in cors_headers(settings, headers))


def _is_host(origin: str, headers: Mapping[bytes, bytes]) -> bool:
    host = headers.get(b"host", b"")
    # Either scheme: a proxy that ends TLS may not say so, and no credentials are at stake.
    return any(_normalize(scheme + host) == origin for scheme in (b"http://", b"https://"))


def _normalize(origin: bytes) -> str | None:
    """The origin in the form that is compared, as on the desk; None if it is none (`null` of a sandboxed frame)."""
    return _parse(origin) if len(origin) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _parse(origin: bytes) -> str | None:
    return page_origin(origin.decode("latin-1"))


# Cached for the nodes of one process.
@lru_cache(maxsize=8)
def _allowed(allowed: str, public_url: str | None) -> frozenset[str]:
    listed = allowed.replace(",", " ").split()
    if public_url is not None:
        scheme, _, rest = public_url.partition("://")
        listed.append(f"{scheme}://{rest.partition('/')[0]}")
    return frozenset(origin for entry in listed if (origin := page_origin(entry)) is not None)
