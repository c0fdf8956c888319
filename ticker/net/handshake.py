"""The opening handshake (RFC 6455, 4.2) as a plain function of the request's bytes; it sends nothing."""

import binascii
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

import httptools
import msgspec

from ticker.contract.problem import MEDIA_TYPE, Problem, make_problem
from ticker.core.frame import WINDOW_BITS, Format
from ticker.settings import Deflate
from ticker.shared.http.headers import CROSS_ORIGIN, SECURITY_HEADERS, lines
from ticker.shared.http.negotiate import qualities

PATH: Final = b"/v1/live"
_EVENT_STREAM: Final = b"text/event-stream"
EVENTS_PROTOCOL: Final = b"cloudevents.json"
# Key of a request's state: the client has ended its side of the connection, and may still read.
HALF_CLOSED: Final = "half_closed"
_EVENT_FORMS: Final = {
    Format.PLAIN: Format.CLOUDEVENTS,
    Format.DEFLATED: Format.CLOUDEVENTS_DEFLATED,
    Format.SHARED: Format.CLOUDEVENTS_SHARED,
}
# Without a value, or with a number as a token or in quotes (RFC 6455, 9.1). No other parameter is defined.
_PARAMETER: Final = re.compile(rb'([a-z_]+)(?:[ \t]*=[ \t]*("?)([0-9]+)\2)?')
# Chromium, `ws` and `websockets` offer a window of their own; Firefox and `coder/websocket` offer nothing besides the
# extension, so they are known by name. Apple's networking offers no more either, and has lost connections.
_KNOWN_AGENTS: Final = (b" Firefox/", b"Go-http-client/")
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SECURITY_LINES: Final = lines({**SECURITY_HEADERS, **CROSS_ORIGIN})
_ACCEPTED: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\n%bUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    % _SECURITY_LINES
)


class Request(msgspec.Struct, frozen=True):
    """A request's head; header names are in lower case, and values of several lines of one name are joined."""

    method: bytes
    path: bytes
    query: bytes
    headers: dict[bytes, bytes]
    is_http10: bool = False


class RefusalError(Exception):
    """The client may not connect; the problem says why, `headers` are extra headers of the reply."""

    def __init__(self, problem: Problem, *headers: bytes) -> None:
        self.problem = problem
        self.headers = headers
        super().__init__(problem.detail)


def read_head(data: bytes) -> Request:
    """The request that uvicorn has checked, and wrote again for its WebSocket class."""
    first, *rest = data.split(b"\r\n")
    method, target, _version = first.split(b" ", 2)
    path, query = split_target(target)
    fields = (line.partition(b":") for line in rest)
    return Request(method, path, query, joined((name, value) for name, colon, value in fields if colon))


def split_target(target: bytes) -> tuple[bytes, bytes]:
    """The decoded path and the query of a request's target, which may be an absolute address (RFC 9112, 3.2.2).

    Raises `httptools.HttpParserError`.
    """
    url = httptools.parse_url(target)
    return unquote_to_bytes(url.path or b"/"), url.query or b""


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers by lower-case name; a list may be spread over several lines (RFC 9110, 5.3)."""
    result: dict[bytes, bytes] = {}
    for name, value in headers:
        name, value = name.lower(), value.strip()
        result[name] = result[name] + b", " + value if name in result else value
    return result


def wants_events(accept: bytes) -> bool:
    """Whether an `Accept` header takes an event stream."""
    if accept == _EVENT_STREAM:
        return True
    return any(quality for name, quality in qualities(accept) if name == _EVENT_STREAM)


def accept(request: Request, deflate: Deflate = "shared") -> tuple[bytes, Format]:
    """The 101 reply's head and the format agreed on; `deflate` is the setting. Raises `RefusalError`."""
    headers = request.headers
    if request.method != b"GET":
        raise refusal(400, "bad-handshake", "Open a WebSocket with GET.")
    if headers.get(b"sec-websocket-version") != b"13":
        raise refusal(426, "bad-handshake", "Use WebSocket version 13.", b"Sec-WebSocket-Version: 13")
    key = headers.get(b"sec-websocket-key", b"")
    try:
        is_valid = len(binascii.a2b_base64(key, strict_mode=True)) == 16
    except binascii.Error:
        is_valid = False
    if not is_valid:
        raise refusal(400, "bad-handshake", "Send a Sec-WebSocket-Key of 16 bytes in base64.")
    offers = headers.get(b"sec-websocket-extensions", b"")
    if deflate == "shared" and not keeps_context(offers, headers.get(b"user-agent", b"")):
        deflate = "fresh"
    agreed, form = _agree(headers.get(b"sec-websocket-protocol", b""), offers, deflate)
    digest = hashlib.sha1(key + _GUID, usedforsecurity=False).digest()
    return b"".join((_ACCEPTED, binascii.b2a_base64(digest, newline=False), agreed)), form


# Browsers offer one or two protocols and extensions. Long offers, made to fill the cache, take 4 MiB at most.
@lru_cache(maxsize=256)
def _agree(protocols: bytes, extensions: bytes, deflate: Deflate) -> tuple[bytes, Format]:
    """The last lines of the 101 reply's head, and the format agreed on."""
    lines = b""
    events = EVENTS_PROTOCOL in _tokens(protocols)
    if events:
        lines += b"\r\nSec-WebSocket-Protocol: " + EVENTS_PROTOCOL
    answer = None if deflate == "off" else agree_deflate(extensions, keeps_context=deflate == "shared")
    if answer is not None:
        lines += b"\r\nSec-WebSocket-Extensions: " + answer
    if answer is None:
        form = Format.PLAIN
    else:
        form = Format.DEFLATED if b"server_no_context_takeover" in answer else Format.SHARED
    return lines + b"\r\n\r\n", _EVENT_FORMS[form] if events else form


def keeps_context(offers: bytes, user_agent: bytes) -> bool:
    """Whether a client is one of those known to decompress messages that refer to earlier ones."""
    return b"client_max_window_bits" in offers or any(name in user_agent for name in _KNOWN_AGENTS)


def agree_deflate(offers: bytes, *, keeps_context: bool = False) -> bytes | None:
    """The answer to the first acceptable permessage-deflate offer (RFC 7692, 7.1), or None.

    The client keeps no context, so that a quiet connection needs no window here. With `keeps_context` it keeps what it
    decompressed, unless it offers not to, or to keep less than our window.
    """
    for offer in _tokens(offers):
        name, *parameters = [part.strip() for part in offer.split(b";")]
        if name != b"permessage-deflate":
            continue
        answer = [b"permessage-deflate", b"client_no_context_takeover"]
        names = [parameter.partition(b"=")[0].strip() for parameter in parameters]
        if not keeps_context or b"server_no_context_takeover" in names:
            answer.insert(1, b"server_no_context_takeover")
        if len(set(names)) == len(parameters) and all(_acceptable(parameter, answer) for parameter in parameters):
            return b"; ".join(answer)
    return None


def _acceptable(parameter: bytes, answer: list[bytes]) -> bool:
    """Whether a parameter of an offer is valid (RFC 7692, 7.1) and can be met; adds what it needs to `answer`."""
    match = _PARAMETER.fullmatch(parameter)
    if match is None:
        return False
    name, _, value = match.groups()
    if name in (b"server_no_context_takeover", b"client_no_context_takeover"):
        return value is None
    if name == b"client_max_window_bits":
        return value is None or _window(value) is not None
    if name == b"server_max_window_bits":
        bits = None if value is None else _window(value)
        if bits is None or bits < WINDOW_BITS:
            return False
        answer.append(b"server_max_window_bits=%d" % WINDOW_BITS)
        return True
    return False


def _window(value: bytes) -> int | None:
    return int(value) if value in (b"8", b"9", b"10", b"11", b"12", b"13", b"14", b"15") else None


def refusal(status: int, slug: str, detail: str, *headers: bytes) -> RefusalError:
    """A refusal with a problem body; `headers` are complete lines."""
    return RefusalError(make_problem(slug, status, detail), *headers)


def refusal_bytes(refused: RefusalError, cors: bytes = b"") -> bytes:
    """The complete HTTP reply, with the lines `cors` in its head; the connection closes after it."""
    body = refused.problem.body()
    head = [
        f"HTTP/1.1 {refused.problem.status} {refused.problem.title}".encode(),
        f"Content-Type: {MEDIA_TYPE}".encode(),
        b"Content-Length: %d" % len(body),
        b"Cache-Control: no-store",
        b"Connection: close",
        *refused.headers,
    ]
    return b"\r\n".join(head) + b"\r\n" + cors + _SECURITY_LINES + b"\r\n" + body


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip() for token in value.split(b",")] if value else []
