"""The head of a join, read in one pass; whatever is not plain is left to httptools, which judges all the rest.

So there is one parser in truth, and this is a short way for what browsers, apps and proxies send. It never refuses:
it reads a request as httptools would, or returns None, and then nothing has happened yet.
"""

import re
from typing import Final

from ticker.net.handshake import PATH, Request, wants_events

_BREAK: Final = b"\r\n"
_VERSION: Final = b" HTTP/1.1"
_START: Final = b"GET " + PATH
_PLAINEST: Final = _START + _VERSION
_ASKING: Final = _START + b"?"
_PRINTABLE: Final = bytes(range(0x20, 0x7F))
# Of what a query may hold (RFC 3986, 3.4) the characters that no parser takes for another.
_QUERY: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%&=+:,/@"
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_READ: Final = frozenset(
    b"accept connection host last-event-id origin sec-fetch-site sec-websocket-extensions sec-websocket-key "
    b"sec-websocket-protocol sec-websocket-version upgrade x-forwarded-for x-temporary-refusal".split()
)
# They change how a request is to be read, or where it ends; whoever sends one takes the long way.
_DOUBTFUL: Final = frozenset(
    b"content-length transfer-encoding expect te trailer proxy-connection http2-settings".split()
)
_NAMES_LIMIT: Final = 512
# Each proxy may add a line of its own.
_FORWARDED: Final = b"x-forwarded-for"
_PLAIN: Final = b""
_LEFT: Final = b"?"


class HeadReader:
    """Reads heads; it remembers what the names of headers mean, as they were spelled, up to `_NAMES_LIMIT`."""

    def __init__(self) -> None:
        self._names: dict[bytes, bytes] = {}

    def read(self, data: bytes) -> tuple[Request, bytes] | None:
        """The request and the bytes after it, if `data` begins with a plain request for a WebSocket or an event
        stream, whole; else None.
        """
        end = data.find(b"\r\n\r\n")
        if end < 0 or not data.startswith(_START):
            return None
        head = data[:end]
        lines = head.split(_BREAK)
        # Nothing but printable ASCII, and line breaks only where lines were broken: no NUL, no lone CR or LF.
        if head.translate(None, _PRINTABLE) != _BREAK * (len(lines) - 1):
            return None
        first = lines[0]
        query = b""
        if first != _PLAINEST:
            query = first[len(_ASKING) : -len(_VERSION)]
            if first != _ASKING + query + _VERSION or query.translate(None, _QUERY):
                return None
        headers: dict[bytes, bytes] = {}
        names = self._names
        del lines[0]
        for line in lines:
            name, mark, value = line.partition(b": ")
            known = names.get(name)
            if known is None:
                known = self._learn(name)
            if not mark or known is _LEFT:
                return None
            if known is not _PLAIN:
                if known in headers and known == _FORWARDED:
                    value = headers[known] + b", " + value
                elif known in headers or value.strip() != value or not value:
                    return None
                headers[known] = value
        if _wants_socket(headers) if b"upgrade" in headers else wants_events(headers.get(b"accept", b"")):
            return Request(b"GET", PATH, query, headers), data[end + 4 :]
        return None

    def _learn(self, name: bytes) -> bytes:
        if not _TOKEN.fullmatch(name):
            return _LEFT
        lower = name.lower()
        known = lower if lower in _READ else _LEFT if lower in _DOUBTFUL else _PLAIN
        if len(self._names) < _NAMES_LIMIT:
            self._names[name] = known
        return known


def _wants_socket(headers: dict[bytes, bytes]) -> bool:
    connection = headers.get(b"connection", b"").lower()
    return headers[b"upgrade"].lower() == b"websocket" and connection in (b"upgrade", b"keep-alive, upgrade")
