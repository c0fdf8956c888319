"""Normalizes addresses in settings, so that they can be compared: origins, proxies, public addresses.

A browser sends an origin in one form only (RFC 6454, 6.1); a setting in another form would refuse every page. An
address that is clear is brought into that form. For any other, `ValueError` says what to write.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

ANY: Final = "*"
_PORTS: Final = {"http": 80, "https": 443}
QUOTES: Final = ("'", '"')
# A scheme of these letters is a mistyped http, ftp or similar; schemes of apps (capacitor://, app://) have others.
_MISTYPED_LETTERS: Final = frozenset("httpsftp")
# A host has at most 253 characters.
_ORIGIN_LIMIT: Final = 300
# Python's IDNA of 2003 changes or removes these letters; browsers do not (UTS 46).
_DEVIATING: Final = frozenset("ßς\u200c\u200d")
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?")
# Browsers never write them in a host or a path; some would end a directive of a CSP.
_FORBIDDEN: Final = re.compile(r"[\s;,'\"<>\\`{}|^\x00-\x1f\x7f]")
_DOTS: Final = frozenset((".", ".."))
# The characters that RFC 3986 allows in a path, and % for those that are encoded; `_FORBIDDEN` is checked first.
_PATH_SAFE: Final = "/%:@!$&()*+=~"


def unquoted(value: str) -> str:
    """Returns `value` without outer spaces and one pair of quotes, which a shell would have removed."""
    value = value.strip()
    # Quotes inside mean that the outer two belong to the first and the last of several values.
    if len(value) >= 2 and value[0] in QUOTES and value[-1] == value[0] and value[0] not in value[1:-1]:
        return value[1:-1].strip()
    return value


def printable(value: str) -> str:
    """Returns `value` for a terminal or a log: shortened, without control characters and without a password."""
    _, at, host = value.rpartition("@")
    return f"“{'…@' if at else ''}{ascii(host[:80])[1:-1]}{'…' if len(host) > 80 else ''}”"


def origins(value: str) -> str:
    """Returns origins in the form in which browsers send them, separated by commas; `*` alone is every origin."""
    members = _members(value)
    if ANY in members:
        if len(members) > 1:
            raise ValueError("* allows every origin: write it alone, or leave it out")
        return ANY
    return ",".join(dict.fromkeys(_origin(member) for member in members))


def page_origin(header: str) -> str | None:
    """Returns an `Origin` header in the form of `origins`, or None if it is no address (`null`)."""
    try:
        # The time of Python's IDNA grows with the square of the length.
        return _origin(header.strip()) if len(header) <= _ORIGIN_LIMIT else None
    except ValueError:
        return None


def proxies(value: str) -> str:
    """Returns addresses and networks, separated by commas; `*` alone is every caller."""
    members = _members(value)
    if ANY in members and len(members) > 1:
        raise ValueError("* trusts every caller: write it alone, or leave it out")
    if ANY in members:
        return ANY
    return ",".join(dict.fromkeys(_proxy(member) for member in members))


def http_address(value: str) -> str:
    """Returns the address of a side, with its path prefix and without a slash at the end."""
    value = unquoted(value)
    parts = _split(value)
    if parts is None or parts.scheme not in _PORTS or not parts.hostname:
        reason = f"{printable(value)} is not an address: write it like" if value else "write an address like"
        raise ValueError(f"{reason} https://news.example or http://127.0.0.1:8000")
    if parts.username is not None or parts.query or parts.fragment or _FORBIDDEN.search(value):
        raise ValueError(f"{printable(value)} has more than scheme, host, port and path: leave out the rest")
    # Browsers treat an encoded dot as a dot (WHATWG URL, "double-dot URL path segment").
    if not _DOTS.isdisjoint(parts.path.lower().replace("%2e", ".").split("/")):
        raise ValueError(f"{printable(value)} has a path with . or .., which no browser sends: write it without them")
    # As a browser sends it, so that it is valid in a header.
    path = quote(parts.path.rstrip("/"), safe=_PATH_SAFE)
    return f"{parts.scheme}://{_host(parts)}{_port(parts)}{path}"


def typed_address(value: str) -> str:
    """Returns `http_address` of a typed address, in which `http://` may be missing."""
    value = unquoted(value)
    return http_address(value if "://" in value or not value else f"http://{value}")


def _members(value: str) -> list[str]:
    return [member for part in re.split(r"[,\s]+", unquoted(value)) if (member := unquoted(part))]


def _origin(value: str) -> str:
    parts = _split(value)
    if parts is None or "://" not in value or not parts.hostname:
        raise ValueError(f"{printable(value)} is not an origin: write it like https://news.example")
    if "*" in value:
        raise ValueError(f"{printable(value)} is a pattern: write each origin, or * alone for all")
    if parts.scheme not in _PORTS and _MISTYPED_LETTERS.issuperset(parts.scheme):
        raise ValueError(f"{printable(value)} has no scheme of a page: write it like https://news.example")
    if parts.scheme in ("ws", "wss"):
        raise ValueError(f"{printable(value)} is an address of a socket: write the page's origin, https://news.example")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{printable(value)} has more than an origin: write scheme, host and port alone")
    # "desk.example." is the same host, and some browsers send the dot.
    return f"{parts.scheme}://{_host(parts).removesuffix('.')}{_port(parts)}"


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        if ":" in host:
            return f"[{ipaddress.IPv6Address(host).compressed}]"
        if not _DEVIATING.isdisjoint(host):
            raise ValueError
        ascii_host = host.encode("idna").decode() if not host.isascii() else host
    except ValueError:
        raise ValueError(f"{printable(host)} is not a host: write it in ASCII, as browsers send it (xn--…)") from None
    if not _HOST.fullmatch(ascii_host):
        raise ValueError(f"{printable(host)} is not a host")
    return ascii_host.lower()


def _port(parts: SplitResult) -> str:
    return "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"


def _proxy(value: str) -> str:
    try:
        if "/" in value:
            return str(ipaddress.ip_network(value, strict=False))
        address = ipaddress.ip_address(value.strip("[]"))
    except ValueError:
        raise ValueError(
            f"{printable(value)} is not an address or a network: write it like 10.0.0.5 or 10.0.0.0/24"
        ) from None
    if address.is_unspecified:
        raise ValueError(f"{printable(value)} is no caller's address: write * to trust every caller")
    return str(address)
