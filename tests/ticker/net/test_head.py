"""The short parser reads a request head as httptools does, or leaves it to the full parser."""

import base64

import httptools
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ticker.net.handshake import Request
from ticker.net.head import HeadReader

KEY = base64.b64encode(b"0123456789abcdef")
PLAIN = [
    b"GET /v1/live?edition=en HTTP/1.1",
    b"Host: ticker.example",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: " + KEY,
    b"Origin: https://news.example",
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64)",
]
STREAM = [b"GET /v1/live HTTP/1.1", b"Host: t", b"Accept: text/event-stream", b"Last-Event-ID: e.1.c"]


def head(lines: list[bytes], end: bytes = b"\r\n\r\n") -> bytes:
    return b"\r\n".join(lines) + end


class FullParser:
    """A head as uvicorn and `HttpProtocol` read it from httptools' calls."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.lines: list[tuple[bytes, bytes]] = []
        self.is_complete = False
        self.rest = b""
        self.upgraded = False
        parser = httptools.HttpRequestParser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.upgraded = True
            self.rest = data[upgrade.args[0] :]
        except httptools.HttpParserError:
            # Bytes after a complete request do not make it invalid.
            pass
        self.method = parser.get_method()

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.is_complete:
            self.lines.append((name.lower(), value))

    def on_message_complete(self) -> None:
        self.is_complete = True

    def request(self) -> Request:
        path, _, query = self.url.partition(b"?")
        headers: dict[bytes, bytes] = {}
        for name, value in self.lines:
            headers[name] = headers[name] + b", " + value.strip() if name in headers else value.strip()
        return Request(self.method, path, query, headers)


def agree(data: bytes) -> bool:
    """Returns whether the short parser accepts `data`; if it does, the full parser must read the same."""
    parsed = HeadReader().read(data)
    if parsed is None:
        return False
    request, rest = parsed
    full_parser = FullParser(data)
    assert full_parser.is_complete, data
    expected = full_parser.request()
    assert (request.method, request.path, request.query) == (expected.method, expected.path, expected.query), data
    for name in request.headers:
        assert request.headers[name] == expected.headers[name], (name, data)
    used_names = (
        b"accept connection last-event-id origin sec-websocket-extensions sec-websocket-key sec-websocket-protocol"
    )
    for name in (*used_names.split(), b"sec-websocket-version", b"upgrade"):
        assert request.headers.get(name) == expected.headers.get(name), (name, data)
    tokens = [token.strip() for token in expected.headers.get(b"connection", b"").lower().split(b",")]
    upgrade = b"upgrade" in tokens and expected.headers.get(b"upgrade", b"").lower() == b"websocket"
    assert (b"upgrade" in request.headers) == upgrade == full_parser.upgraded, data
    if upgrade:
        assert rest == full_parser.rest, data
    else:
        assert b"text/event-stream" in expected.headers[b"accept"].lower()
    return True


SHORT_PARSER_HEADS = [
    head(PLAIN),
    head(STREAM),
    head(PLAIN) + b"\x89\x80\x00\x00\x00\x00",
    head([PLAIN[0].replace(b"?edition=en", b""), *PLAIN[1:]]),
    head([PLAIN[0].replace(b"?edition=en", b"?"), *PLAIN[1:]]),
    head([PLAIN[0].replace(b"edition=en", b"section=a%20b&cursor=e.1.c"), *PLAIN[1:]]),
    head([*PLAIN[:3], b"Connection: keep-alive, Upgrade", *PLAIN[4:]]),
    head([*PLAIN[:3], b"connection: upgrade", b"SEC-WEBSOCKET-KEY: " + KEY, b"Upgrade-Insecure-Requests: 1"]),
    head([*PLAIN, b"X-Forwarded-For: 192.0.2.1, 192.0.2.2", b"X-Forwarded-For: 192.0.2.3"]),
]
FULL_PARSER_HEADS = [
    b"",
    head(PLAIN)[:-1],
    head(PLAIN, b"\n\n"),
    head(PLAIN).replace(b"\r\n", b"\n"),
    head(PLAIN).replace(b"\r\nUpgrade", b"\nUpgrade"),
    head(PLAIN).replace(b"\r\nUpgrade", b"\rUpgrade"),
    b"\r\n" + head(PLAIN),
    head([PLAIN[0].replace(b"GET", b"POST"), *PLAIN[1:]]),
    head([PLAIN[0].replace(b"GET", b"get"), *PLAIN[1:]]),
    head([PLAIN[0].replace(b"1.1", b"1.0"), *PLAIN[1:]]),
    head([PLAIN[0].replace(b" HTTP", b"  HTTP"), *PLAIN[1:]]),
    head([b"GET /v1/live  HTTP/1.1", *PLAIN[1:]]),
    head([b"GET /v1/live x HTTP/1.1", *PLAIN[1:]]),
    head([b"GET  /v1/live HTTP/1.1", *PLAIN[1:]]),
    head([b"GET /v1/live HTTP/1.1 ", *PLAIN[1:]]),
    head([b"GET /v1/live", *PLAIN[1:]]),
    head([b"GET /v1/live HTTP/1.1HTTP/1.1", *PLAIN[1:]]),
    head([b"GET /v1/lives HTTP/1.1", *PLAIN[1:]]),
    head([b"GET /v1/live/ HTTP/1.1", *PLAIN[1:]]),
    head([b"GET /v1/live#a HTTP/1.1", *PLAIN[1:]]),
    head([b"GET /v1/live?a#b HTTP/1.1", *PLAIN[1:]]),
    head([b"GET /v1/live?a?b HTTP/1.1", *PLAIN[1:]]),
    head([b"GET /v1/live?a b HTTP/1.1", *PLAIN[1:]]),
    head([b"GET /v1/live?a\tb HTTP/1.1", *PLAIN[1:]]),
    head([b"GET http://t/v1/live HTTP/1.1", *PLAIN[1:]]),
    head([*PLAIN, b" folded: x"]),
    head([*PLAIN, b"\tfolded: x"]),
    head([*PLAIN, b"No Token: x"]),
    head([*PLAIN, b"Token : x"]),
    head([*PLAIN, b": x"]),
    head([*PLAIN, b"Host"]),
    head([*PLAIN, b"Host:"]),
    head([*PLAIN, b"Host:t"]),
    head([*PLAIN, b"X: a\0b"]),
    head([*PLAIN, b"X: a\x7fb"]),
    head([*PLAIN, b"X: \xe9"]),
    head([*PLAIN, b"Content-Length: 0"]),
    head([*PLAIN, b"content-LENGTH: 5"]) + b"hello",
    head([*PLAIN, b"Transfer-Encoding: chunked"]) + b"0\r\n\r\n",
    head([*PLAIN, b"Expect: 100-continue"]),
    head([*PLAIN, PLAIN[2]]),
    head([*PLAIN, b"Sec-WebSocket-Version: 13"]),
    head([*PLAIN, PLAIN[6]]),
    head([*PLAIN, b"Origin: "]),
    head([*PLAIN[:6], b"Origin:  https://news.example"]),
    head([*PLAIN[:6], b"Origin: https://news.example "]),
    head([*PLAIN[:3], *PLAIN[4:]]),
    head([*PLAIN[:3], b"Connection: close", *PLAIN[4:]]),
    head([*PLAIN[:3], b"Connection: Upgrade, close", *PLAIN[4:]]),
    head([*PLAIN[:2], b"Upgrade: h2c", *PLAIN[3:]]),
    head([*PLAIN[:2], b"Upgrade: websocket, h2c", *PLAIN[3:]]),
    head([*PLAIN[:2], b"Upgrade: websocket/13", *PLAIN[3:]]),
    head([*PLAIN[:2], *PLAIN[3:]]),
    head(STREAM[:2]),
    head([*STREAM[:2], b"Accept: application/json"]),
    head([*STREAM, STREAM[2]]),
    b"GET /v1/live HTTP/1.1\r\n\r\n",
]


@pytest.mark.parametrize("data", SHORT_PARSER_HEADS)
def test_the_heads_of_browsers_and_apps_are_read_by_the_short_parser(data: bytes) -> None:
    assert agree(data)


@pytest.mark.parametrize("data", FULL_PARSER_HEADS)
def test_an_unusual_head_is_left_to_the_full_parser(data: bytes) -> None:
    assert HeadReader().read(data) is None


NAMES = st.sampled_from(
    b"Host Upgrade upgrade UPGRADE Connection connection Sec-WebSocket-Key sec-websocket-key Sec-WebSocket-Version "
    b"Sec-WebSocket-Protocol Sec-WebSocket-Extensions Origin Accept Last-Event-ID Content-Length Transfer-Encoding "
    b"Expect TE Trailer Proxy-Connection HTTP2-Settings Keep-Alive X-Forwarded-For Cookie".split()
)
HEADER_VALUES = [
    b"websocket",
    b"WebSocket",
    b"Upgrade",
    b"keep-alive, Upgrade",
    b"Upgrade, close",
    b"close",
    b"13",
    KEY,
    b"0",
]
HEADER_VALUES += [
    b"chunked",
    b"100-continue",
    b"text/event-stream",
    b"text/html, text/event-stream;q=0.1",
    b"https://a.example",
]
HEADER_VALUES += [
    b"permessage-deflate; client_max_window_bits",
    b"",
    b" ",
    b"a\tb",
    b" websocket",
    b"websocket ",
    b"h2c",
    b"5",
]
VALUES = st.one_of(st.sampled_from(HEADER_VALUES), st.binary(max_size=12))
LINES = st.builds(
    lambda name, colon, value: name + colon + value, NAMES, st.sampled_from([b": "] * 6 + [b":", b" : "]), VALUES
)
TARGETS = st.one_of(
    st.sampled_from([b"/v1/live", b"/v1/live?", b"/v1/live?edition=en&cursor=a.1.b", b"/v1/live?a#b", b"/v1/items"]),
    st.binary(max_size=8).map(lambda tail: b"/v1/live?" + tail),
    st.binary(max_size=8).map(lambda tail: b"/v1/live" + tail),
)


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Heads that are nearly valid, on which two parsers may disagree."""
    lines = [
        b"GET "
        + draw(TARGETS)
        + draw(st.sampled_from([b" HTTP/1.1"] * 8 + [b" HTTP/1.0", b" HTTP/2", b"", b"  HTTP/1.1"]))
    ]
    plain = draw(st.sampled_from([PLAIN, STREAM]))[1:]
    lines += draw(st.permutations(plain))[draw(st.sampled_from([0, 0, 0, 1, 2])) :]
    lines += draw(st.lists(st.one_of(LINES, st.binary(max_size=12)), max_size=3))
    if draw(st.booleans()):
        lines[1:] = draw(st.permutations(lines[1:]))
    data = head(lines, draw(st.sampled_from([b"\r\n\r\n"] * 8 + [b"\r\n", b"\n\n", b"\r\n\r\nrest", b"\r\r\n\n"])))
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=2)) + data[at + draw(st.integers(0, 2)) :]
    return data


@settings(max_examples=400, deadline=None)
@given(heads())
@example(head(PLAIN))
def test_both_parsers_read_a_head_the_same_way(data: bytes) -> None:
    agree(data)


def test_the_number_of_cached_header_names_is_bounded() -> None:
    reader = HeadReader()
    for number in range(2000):
        assert reader.read(head([*PLAIN, b"X-%d: 1" % number])) is not None
    assert len(reader._names) < 1000
    # A name is read the same way whether or not it is cached.
    assert reader.read(head([*PLAIN, b"ConTent-Length: 1"])) is None
