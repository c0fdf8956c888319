"""X-Forwarded-* headers of a trusted proxy: the client's address, and the scheme and host that the browser uses."""

from typing import Final, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

HOSTS: Final = "flashwire.hosts"
"""Key of the ASGI scope: further hosts, with port, that a trusted proxy names as the browser's."""

_SCHEMES: Final = frozenset({"http", "https"})
_PROTO, _HOST, _PORT = b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port"
_READ: Final = frozenset({_PROTO, _HOST, _PORT})


class ForwardedMiddleware:
    """uvicorn's middleware, which reads the address, with a scheme that may be a list, and the host."""

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        self._inner = ProxyHeadersMiddleware(cast(ASGI3Application, app), trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["client"] and scope["client"][0] in self._inner.trusted_hosts:
            _read(scope)
        await self._inner(scope, receive, send)  # type: ignore[arg-type]  # Starlette's types are wider


def _read(scope: Scope) -> None:
    values: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            values.setdefault(name, []).append(value)
    if not values:
        return
    # Proxies append their own value, so the first one is of the proxy that the browser talks to. uvicorn takes no list
    # of them and must not see the header any more.
    scheme = _first(values, _PROTO).lower()
    if scheme in _SCHEMES:
        scope["scheme"] = scheme
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] != _PROTO]
    host, port = _first(values, _HOST), _first(values, _PORT)
    own = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    named = [host] if host else []
    if port.isascii() and port.isdigit():
        named += [f"{name.rpartition(':')[0] or name}:{port}" for name in (host, own) if name and "]" not in name]
        named += [f"{name.partition(']')[0]}]:{port}" for name in (host, own) if "]" in name]
    scope[HOSTS] = tuple(named)


def _first(values: dict[bytes, list[bytes]], name: bytes) -> str:
    return b",".join(values.get(name, [])).decode("latin-1").partition(",")[0].strip()
