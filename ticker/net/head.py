"""Parses the head of a plain join in one pass, as browsers, apps and proxies send it.

httptools stays the parser that decides: this one reads a request as httptools would, or returns None without a refusal,
and the caller passes the bytes to httptools.
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
# The characters of a query (RFC 3986, 3.4) that all parsers read in the same way.
_QUERY: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%&=+:,/@"
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_READ: Final = frozenset(
    b"accept accept-encoding connection host last-event-id origin sec-fetch-site sec-websocket-extensions "
    b"sec-websocket-key sec-websocket-protocol sec-websocket-version upgrade user-agent x-forwarded-for "
    b"x-temporary-refusal".split()
)
# They change how a request is read or where it ends; httptools reads requests with one of them.
_DOUBTFUL: Final = frozenset(
    b"content-length transfer-encoding expect te trailer proxy-connection http2-settings".split()
)
_NAMES_LIMIT: Final = 512
# Each proxy may add a line of this name.
_FORWARDED: Final = b"x-forwarded-for"
_IGNORED: Final = b""
_FOR_HTTPTOOLS: Final = b"?"


class HeadReader:
    """Parses heads; caches what up to `_NAMES_LIMIT` spellings of header names mean."""

    def __init__(self) -> None:
        self._names: dict[bytes, bytes] = {}

    def read(self, data: bytes) -> tuple[Request, bytes] | None:
        """Returns the request and the bytes after it, or None.

        None means that `data` does not begin with a complete, plain request for a WebSocket or an event stream.
        """
        end = data.find(b"\r\n\r\n")
        if end < 0 or not data.startswith(_START):
            return None
        head = data[:end]
        lines = head.split(_BREAK)
        # Only printable ASCII and the line breaks that split() found: no NUL, no lone CR or LF.
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
            key = names.get(name)
            if key is None:
                key = self._classify(name)
            if not mark or key is _FOR_HTTPTOOLS:
                return None
            if key is not _IGNORED:
                if key in headers and key == _FORWARDED:
                    value = headers[key] + b", " + value
                elif key in headers or value.strip() != value or not value:
                    return None
                headers[key] = value
        if _wants_socket(headers) if b"upgrade" in headers else wants_events(headers.get(b"accept", b"")):
            return Request(b"GET", PATH, query, headers), data[end + 4 :]
        return None

    def _classify(self, name: bytes) -> bytes:
        if not _TOKEN.fullmatch(name):
            return _FOR_HTTPTOOLS
        lower = name.lower()
        key = lower if lower in _READ else _FOR_HTTPTOOLS if lower in _DOUBTFUL else _IGNORED
        if len(self._names) < _NAMES_LIMIT:
            self._names[name] = key
        return key


def _wants_socket(headers: dict[bytes, bytes]) -> bool:
    connection = headers.get(b"connection", b"").lower()
    return headers[b"upgrade"].lower() == b"websocket" and connection in (b"upgrade", b"keep-alive, upgrade")
