"""Which web pages may read a node: those of the allowed origins, and the node's own pages."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from ticker.settings import TickerSettings

_DEFAULT_PORTS: Final = {b"http": b":80", b"https": b":443"}


def is_allowed(settings: TickerSettings, headers: Mapping[bytes, bytes]) -> bool:
    """Whether the page that sent a request with these headers may read; a client without `Origin` always may."""
    origin = headers.get(b"origin")
    if origin is None or settings.allowed_origins == "*":
        return True
    if origin in _listed(settings.allowed_origins, settings.public_url):
        return True
    # Set by the browser itself, and right behind proxies that change Host; no script can set it.
    if headers.get(b"sec-fetch-site") == b"same-origin":
        return True
    # With a public address the Host header is not needed, and it is the client's to choose.
    return settings.public_url is None and _is_host(origin, headers)


def cors_headers(settings: TickerSettings, headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The CORS headers of a read; no credentials, ever."""
    if settings.allowed_origins == "*":
        # Also without an Origin: a shared cache may answer a page with this reply.
        return [(b"access-control-allow-origin", b"*")]
    origin = headers.get(b"origin")
    if origin is None or not is_allowed(settings, headers):
        return [(b"vary", b"Origin")]
    return [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]


def cors_lines(settings: TickerSettings, headers: Mapping[bytes, bytes]) -> bytes:
    """The same as whole lines of a reply's head."""
    return b"".join(b"%b: %b\r\n" % (name.title(), value) for name, value in cors_headers(settings, headers))


def _is_host(origin: bytes, headers: Mapping[bytes, bytes]) -> bool:
    scheme, _, authority = origin.partition(b"://")
    port = _DEFAULT_PORTS.get(scheme)
    # Either scheme: a proxy that ends TLS may not say so, and no credentials are at stake.
    return port is not None and headers.get(b"host", b"").lower() in (authority, authority + port)


# For the nodes of one process; a list is read once.
@lru_cache(maxsize=8)
def _listed(allowed: str, public_url: str | None) -> frozenset[bytes]:
    # Exactly one of the list: no patterns, no case folding, no `null` (which every sandboxed frame sends).
    listed = allowed.replace(",", " ").split()
    if public_url is not None:
        url = urlsplit(public_url)
        listed.append(f"{url.scheme}://{url.netloc}")
    return frozenset(origin.encode() for origin in listed)
