"""Security headers that every HTTP response of both sides carries, unless its route sets its own value."""

from collections.abc import Iterable, Mapping
from typing import Final

Pairs = list[tuple[bytes, bytes]]

# Pages set their own policy. Clipboard access is allowed, because both pages have copy buttons.
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# For responses that pages of any origin may load: the ticker's reads, its embed page and its files.
CROSS_ORIGIN: Final[Mapping[str, str]] = {"Cross-Origin-Resource-Policy": "cross-origin"}


def pairs(headers: Mapping[str, str]) -> Pairs:
    """Returns `headers` in the form of ASGI: lower-case names, bytes."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


def lines(headers: Mapping[str, str]) -> bytes:
    """Returns `headers` as HTTP/1.1 sends them, each line with its end."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


def with_defaults(headers: Iterable[tuple[bytes, bytes]], defaults: Pairs) -> Pairs:
    """Returns the headers of an ASGI response, and those of `defaults` that it does not have."""
    own = list(headers)
    names = {name.lower() for name, _ in own}
    return own + [pair for pair in defaults if pair[0] not in names]
