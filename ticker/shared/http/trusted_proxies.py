"""Reads the headers of trusted proxies: the client's address, and the scheme and host that the browser uses."""

import ipaddress
import re
from functools import lru_cache
from typing import Final, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware, _TrustedHosts


class Proxies(_TrustedHosts):
    """The proxies of a setting, read as uvicorn reads them, so that every part trusts the same addresses."""

    def __contains__(self, host: str | None) -> bool:
        return super().__contains__(host and peer_address(host))


HOSTS: Final = "flashwire.hosts"
"""Key of the ASGI scope: hosts, with port, that a trusted proxy names as the browser's."""

# Some proxies name the scheme of a WebSocket.
_SCHEMES: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_PROTO, _HOST, _PORT, _STANDARD = b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"forwarded"
_READ: Final = frozenset({_PROTO, _HOST, _PORT, _STANDARD})
_ANY: Final = _READ | {b"x-forwarded-for"}
# One pair of a Forwarded header and its end (RFC 7239, 4).
_PAIR: Final = re.compile(r'\s*([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*([;,]|$)')
_MAPPED: Final = "::ffff:"


class ForwardedMiddleware:
    """uvicorn's middleware, which reads the address; this one also reads the host, and a list of schemes."""

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        self._app = app
        self._inner = ProxyHeadersMiddleware(cast(ASGI3Application, app), trusted)
        self._inner.trusted_hosts = Proxies(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["client"]:
            host, port = scope["client"]
            scope["client"] = (peer_address(host), port)
            if _ANY.isdisjoint([name for name, _ in scope["headers"]]):
                # No proxy header; checking whether the caller is trusted would take 5 µs.
                await self._app(scope, receive, send)
                return
            if scope["client"][0] in self._inner.trusted_hosts:
                _read(scope)
        await self._inner(scope, receive, send)  # type: ignore[arg-type]  # Starlette's types are wider


def peer_address(host: str) -> str:
    """Returns the address of a connection; a socket for both families reports IPv4 clients as IPv6."""
    return host[len(_MAPPED) :] if host.startswith(_MAPPED) and "." in host else host


def counted_address(address: str, proxies: Proxies) -> str:
    """Returns the address under which connections are counted; "" for a proxy, which has many clients."""
    address = peer_address(address)
    return "" if address in proxies else network(address)


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """Returns the network of one client: an IPv4 address, or the first 64 bits of an IPv6 address.

    Returns "" for text that is no address, such as `unknown` from a proxy.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, 64), strict=False))


def _read(scope: Scope) -> None:
    values: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            values.setdefault(name, []).append(value)
    if not values:
        return
    # Proxies append their values, so the first one is from the proxy that the browser connects to.
    standard = _first_element(_joined(values, _STANDARD))
    scheme = (_first(values, _PROTO) or standard.get("proto", "")).lower()
    scheme = _SCHEMES.get(scheme, "")
    if scheme:
        scope["scheme"] = scheme
    if _PROTO in values:
        # uvicorn does not read lists, and of two lines it reads the last.
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != _PROTO] + [(_PROTO, scheme.encode())]
    host, port = _first(values, _HOST), _first(values, _PORT)
    own = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    named = [name for name in (host, standard.get("host", "")) if name]
    if port.isascii() and port.isdigit():
        named += [f"{name.rpartition(':')[0] or name}:{port}" for name in (host, own) if name and "]" not in name]
        named += [f"{name.partition(']')[0]}]:{port}" for name in (host, own) if "]" in name]
    scope[HOSTS] = tuple(named)


def _joined(values: dict[bytes, list[bytes]], name: bytes) -> str:
    return b",".join(values.get(name, [])).decode("latin-1")


def _first(values: dict[bytes, list[bytes]], name: bytes) -> str:
    return _joined(values, name).partition(",")[0].strip()


def _first_element(header: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    position = 0
    while (pair := _PAIR.match(header, position)) is not None:
        name, value, end = pair.groups()
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        pairs.setdefault(name.lower(), value)
        if end != ";":
            break
        position = pair.end()
    return pairs
