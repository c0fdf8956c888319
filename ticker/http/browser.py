"""Headers that browsers need on every HTTP reply: security headers, CORS on reads, and answers to preflights."""

import re
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticker.http.respond import problem
from ticker.net.handshake import joined
from ticker.net.origins import cors_headers, is_allowed
from ticker.settings import TickerSettings
from ticker.shared.http.headers import CROSS_ORIGIN, SECURITY_HEADERS, pairs, with_defaults

READS: Final = "/v1/"
PAINTED: Final = "/v1/painted"
# Any page may load these, whatever the allowed origins are: they hold only code and addresses.
_PUBLIC: Final = ("/widget/", "/oembed")
_EMBEDDED: Final = (READS, *_PUBLIC, "/embed", "/shared/", "/demo/")
_SAME_ORIGIN: Final = pairs(SECURITY_HEADERS)
_CROSS_ORIGIN: Final = pairs({**SECURITY_HEADERS, **CROSS_ORIGIN})
_EXPOSED: Final = (b"access-control-expose-headers", b"ETag, Retry-After")
_METHODS: Final = "GET, HEAD"
# The target of an OPTIONS request about the whole server (RFC 9110, 9.3.7).
_WHOLE_SERVER: Final = "*"
# Browsers keep an answer for at most this long.
_PREFLIGHT_SECONDS: Final = "7200"
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")


class BrowserHeaders:
    """Adds the headers to every reply of the application, also to the answer to an unexpected error."""

    def __init__(self, app: ASGIApp, settings: TickerSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        headers = joined(scope["headers"])
        extra = [*cors_headers(self._settings, headers), _EXPOSED] if path.startswith(READS) else []
        defaults = _CROSS_ORIGIN if path.startswith(_EMBEDDED) else _SAME_ORIGIN

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*with_defaults(message["headers"], defaults), *extra]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Preflights:
    """Answers the preflights that browsers send before a read from another origin."""

    def __init__(self, app: ASGIApp, settings: TickerSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            path: str = scope["path"]
            if path == _WHOLE_SERVER or path.startswith((READS, *_PUBLIC)):
                app = self._preflight(path, joined(scope["headers"]))
        await app(scope, receive, send)

    def _preflight(self, path: str, headers: dict[bytes, bytes]) -> Response:
        if path.startswith(READS) and not is_allowed(self._settings, headers):
            return problem(403, "origin", "This origin may not read here; ask the operator to allow it.")
        # Proxies, tracing libraries and polyfills add headers; none of them changes a read.
        names = headers.get(b"access-control-request-headers", b"").decode("latin-1").split(",")
        requested = [name.strip() for name in names if _TOKEN.fullmatch(name.strip())]
        methods = "POST" if path == PAINTED else _METHODS
        answer = {"Allow": f"{methods}, OPTIONS", "Cache-Control": "no-store"}
        if b"origin" in headers and path != _WHOLE_SERVER:
            answer["Access-Control-Allow-Methods"] = methods
            answer["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
            if not path.startswith(READS):
                answer["Access-Control-Allow-Origin"] = "*"
            if requested:
                answer["Access-Control-Allow-Headers"] = ", ".join(requested)
        return Response(status_code=204, headers=answer)
