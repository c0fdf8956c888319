"""Bad input to both sides over real sockets: the answer that the protocol names, a sentence, and nothing changed."""

import json
import socket
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.acceptance.audience import Client, listening, reached
from tests.acceptance.service import make_token, readiness, running
from tests.acceptance.truth import read_mark, read_stream
from tests.support.commands import Running

ORIGIN: Final = "https://news.example"
_UNKNOWN_URI: Final = "urn:flashwire:01m829zdda3j8n0z41ynycsc6j"
_WAYS: Final = ("websocket", "sse", "json")


class House(NamedTuple):
    """A service that took one item, tokens by role, and the item's uri; it is at version 2."""

    service: Running
    tokens: dict[str, str]
    uri: str
    cursor: str


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="fw") as name:
        folder = Path(name)
        with running(folder, FLASHWIRE_ALLOWED_ORIGINS=ORIGIN) as service:
            tokens = {role: make_token(folder, role, role=role) for role in ("reporter", "editor", "chief")}
            published = _desk(
                service, tokens["chief"], "POST", "/v1/items", {"text": "Civil Defence: Here", "edition": "en"}
            )
            uri = published.json()["item"]["uri"]
            act = {"act": "update", "urgency": 3}
            answer = _desk(service, tokens["chief"], "POST", f"/v1/items/{uri}/acts", act, {"If-Match": '"1"'})
            yield House(service, tokens, uri, answer.json()["cursor"])
            # What no case may have done, to the log and to the stream.
            assert "Traceback" not in service.errors() and '"level": "error"' not in service.errors()
            assert len(read_stream(service.data)) == 2


@pytest.fixture(autouse=True)
def nothing_changes(house: House) -> Iterator[None]:
    """Around every case: not an entry, not a number, not a key more or less, and both sides are ready."""
    mark_before = read_mark(house.service.data)
    yield
    assert read_mark(house.service.data) == mark_before
    assert readiness(house.service.ticker)[0] and readiness(house.service.desk)[0]


def _desk(
    service: Running, token: str | None, method: str, path: str, body: object, headers: dict[str, str] | None = None
) -> httpx2.Response:
    """One request; `body` is sent as it is if it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with httpx2.Client(base_url=service.desk, timeout=10, trust_env=False) as http:
        return http.request(method, path, content=content, headers=sent | (headers or {}))


def line(**changes: object) -> dict[str, object]:
    return {"text": "Civil Defence: Bridge closed", "edition": "en", **changes}


def _is_problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status and problem["type"] and problem["title"]
    sentences = [problem["detail"], *(error["message"] for error in problem.get("errors", ()))]
    assert all(_is_sentence(sentence) for sentence in sentences), sentences
    assert all(error["field"] for error in problem.get("errors", ()))
    return problem


def _is_sentence(text: str) -> bool:
    # Some begin with the name of the field that they are about.
    return text.count(" ") > 1 and text.endswith((".", ")"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"text": "\\ud800", "edition": "en"}', 400),
        (b'{"text": "\xff", "edition": "en"}', 400),
        (b'{"urgency": NaN}', 400),
        (b'{"edition": ' + b"[" * 30_000, 400),
        (b"[]", 422),
        (b'"a line"', 422),
        (line(text=3), 422),
        (line(text=None), 422),
        (line(urgency="2"), 422),
        (line(urgency=9), 422),
        (line(sections="politics"), 422),
        (line(surprise=1), 422),
        ({"edition": "en"}, 422),
        (line(edition="xx"), 422),
        (line(sections=["nowhere"]), 422),
        (line(text=""), 422),
        (line(text="   "), 422),
        (line(text="Civil Defence: " + "a" * 501), 422),
        (line(text="Civil Defence: a\nb"), 422),
        (line(text="Civil Defence: a\x00b"), 422),
        (line(text="Civil Defence: a\u202eb"), 422),
        (line(text="Civil Defence: a\ufffeb"), 422),
        (line(text="Somebody unknown: they say so"), 422),
        ({"headline": "x", "infoSources": [], "edition": "en"}, 422),
        ({"headline": "x", "infoSources": [{"name": "a" * 121, "role": "platform"}], "edition": "en"}, 422),
        ({"headline": "x", "infoSources": [{"name": "A", "role": "gossip"}], "edition": "en"}, 422),
        (line(link="javascript:alert(1)"), 422),
        (line(link="http://news.example/"), 422),
        (line(expires="yesterday"), 422),
        (b'{"text": "' + b"a" * 70_000 + b'"}', 413),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_a_bad_body_is_refused_with_a_sentence(house: House, body: object, status: int) -> None:
    answer = _desk(house.service, house.tokens["chief"], "POST", "/v1/items", body)
    problem = _is_problem(answer, status)
    assert status != 422 or body in (b"[]", b'"a line"') or problem["errors"]


@pytest.mark.deep
def test_a_refused_character_is_named_with_its_place(house: House) -> None:
    answer = _desk(house.service, house.tokens["chief"], "POST", "/v1/items", line(text="Civil Defence: a\u202eb"))
    [error] = _is_problem(answer, 422)["errors"]
    assert "U+202E" in error["message"] and "17" in error["message"], error


@pytest.mark.deep
@pytest.mark.parametrize("token", [None, "fw_wrong", "Bearer", "é"])
@pytest.mark.parametrize("path", ["/v1/items", f"/v1/items/{_UNKNOWN_URI}/acts"])
def test_a_missing_or_wrong_token_is_401(house: House, token: str | None, path: str) -> None:
    with httpx2.Client(base_url=house.service.desk, trust_env=False) as http:
        headers = {} if token is None else {b"Authorization": f"Bearer {token}".encode()}
        answer = http.post(path, json=line(), headers=headers)
    _is_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.deep
@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        ("reporter", "/v1/items", line()),
        ("reporter", "{uri}", {"act": "update", "urgency": 1}),
        ("editor", "{uri}", {"act": "correction", "note": "x"}),
        ("editor", "{uri}", {"act": "hold"}),
        ("editor", "{uri}", {"act": "withdraw", "note": "x"}),
    ],
)
def test_a_role_that_may_not_is_403(house: House, role: str, path: str, body: dict[str, object]) -> None:
    path = path.replace("{uri}", f"/v1/items/{house.uri}/acts")
    _is_problem(_desk(house.service, house.tokens[role], "POST", path, body, {"If-Match": '"2"'}), 403)


@pytest.mark.deep
@pytest.mark.parametrize(
    ("seen", "body", "status"),
    [
        (None, {"act": "hold"}, 428),
        ("*", {"act": "hold"}, 428),
        ("two", {"act": "hold"}, 400),
        ('W/"1"', {"act": "hold"}, 412),
        ("W/two", {"act": "hold"}, 400),
        ('"1"', {"act": "hold"}, 412),
        ('"3"', {"act": "hold"}, 412),
        ('"2"', {"act": "release"}, 409),
        ('"2"', {"act": "publish"}, 409),
        ('"2"', {"act": "vanish"}, 422),
        ('"2"', {"act": "correction"}, 422),
        ('"2"', {"act": "withdraw"}, 422),
        ('"2"', {"act": "update"}, 422),
        ('"2"', {"act": "hold", "headline": "x"}, 422),
        ('"2"', {"act": "update", "headline": ""}, 422),
    ],
)
def test_an_act_that_cannot_be_is_refused(house: House, seen: str | None, body: dict[str, object], status: int) -> None:
    headers = {"If-Match": seen} if seen else {}
    path = f"/v1/items/{house.uri}/acts"
    answer = _desk(house.service, house.tokens["chief"], "POST", path, body, headers)
    _is_problem(answer, status)
    assert status != 412 or answer.headers["etag"] == '"2"', "so that the editor's page knows what to show"


@pytest.mark.deep
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"/v1/items/{_UNKNOWN_URI}/acts", {"If-Match": '"1"'}, 404),
        ("/v1/items/no-uri/acts", {"If-Match": '"1"'}, 404),
        ("/v1/nowhere", {}, 404),
        ("/v1/items", {"Content-Type": "text/plain"}, 415),
        ("/v1/items", {"Idempotency-Key": "k" * 201}, 400),
    ],
)
def test_an_unknown_request_is_refused(house: House, path: str, headers: dict[str, str], status: int) -> None:
    body = {"act": "hold"} if path.endswith("acts") else line()
    _is_problem(_desk(house.service, house.tokens["chief"], "POST", path, body, headers), status)


# The audience's side


def _ask(house: House, transport: str, query: str, *headers: str) -> tuple[int, httpx2.Headers, bytes]:
    """A request for `/v1/live` on a bare socket; the reply's status, headers, and the first of its body."""
    where = urlsplit(house.service.ticker)
    lines = [f"GET /v1/live?{query} HTTP/1.1", f"Host: {where.netloc}", *headers]
    if transport == "websocket":
        lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]
    elif transport == "sse":
        lines += ["Accept: text/event-stream"]
    with socket.create_connection((where.hostname, where.port), 5) as sock:
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        data = b""
        # The whole of a problem, or of a first message, which is one JSON object.
        while b"\r\n\r\n" not in data or data.count(b"{") == 0 or data.count(b"{") != data.count(b"}"):
            chunk = sock.recv(65536)
            assert chunk, data
            data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    return int(first.split(" ")[1]), httpx2.Headers(dict(field.split(": ", 1) for field in fields)), body


def _object(body: bytes) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])
    return parsed


@pytest.mark.deep
@pytest.mark.parametrize("transport", _WAYS)
@pytest.mark.parametrize(
    "query",
    [
        "edition=xx", "section=nowhere", "place=atlantis", "role=gossip", "source=nobody", "language=tlh", "urgency=0",
        "urgency=high", "backlog=101", "backlog=-1", "edition=", "editions=en", "edition=%ff",
    ],
)  # fmt: skip
def test_a_bad_filter_is_400_before_anything_is_opened(house: House, transport: str, query: str) -> None:
    status, headers, body = _ask(house, transport, query)
    assert status == 400 and headers["content-type"].startswith("application/problem+json")
    problem = _object(body)
    assert problem["errors"] and all(_is_sentence(error["message"]) for error in problem["errors"]), problem


@pytest.mark.deep
def test_a_wait_beyond_the_limit_is_400(house: House) -> None:
    status, _, body = _ask(house, "json", "wait=31")
    assert status == 400 and _object(body)["errors"][0]["field"] == "wait"


@pytest.mark.deep
@pytest.mark.parametrize("transport", _WAYS)
@pytest.mark.parametrize(
    "cursor", ["", "rubbish", "a.b.c", "0", "%00", "{epoch}.1.0000000000", "{epoch}.9.0000000000", "x" * 5000]
)
def test_a_bad_cursor_gets_an_incomplete_snapshot(house: House, transport: str, cursor: str) -> None:
    cursor = cursor.replace("{epoch}", house.cursor.split(".")[0])
    status, _, body = _ask(house, transport, f"cursor={cursor}")
    assert status == (101 if transport == "websocket" else 200)
    message = _object(body)
    assert (message["type"], message["complete"]) == ("snapshot", False)
    assert [item["uri"] for item in message["items"]] == [house.uri]


@pytest.mark.deep
@pytest.mark.parametrize("transport", _WAYS)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{ORIGIN}.evil.example"])
def test_a_wrong_origin_is_403_and_the_right_one_is_not(house: House, transport: str, origin: str) -> None:
    status, _, body = _ask(house, transport, "", f"Origin: {origin}")
    assert status == 403 and _is_sentence(_object(body)["detail"])
    assert _ask(house, transport, "", f"Origin: {ORIGIN}")[0] in (101, 200)


def _frame(opcode: int, payload: bytes, *, fin: int = 0x80, masked: int = 0x80) -> bytes:
    size = len(payload)
    head = bytes((fin | opcode, masked | size)) if size < 126 else struct.pack("!BBH", fin | opcode, masked | 126, size)
    # A mask of zeros is a mask.
    return head + (bytes(4) if masked else b"") + payload


def _text(message: object) -> bytes:
    return _frame(1, json.dumps(message).encode())


@pytest.mark.deep
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (_frame(1, b"hello"), 4500),
        (_frame(1, b"{"), 4500),
        (_text([]), 4500),
        (_text({}), 4500),
        (_text({"type": "publish"}), 4500),
        (_frame(2, b"{}"), 4500),
        (_text({"type": "subscribe", "edition": "xx"}), 4501),
        (_text({"type": "subscribe", "edition": {"a": 1}}), 4501),
        (_text({"type": "subscribe", "urgency": True}), 4501),
        (_text({"type": "subscribe", "surprise": "x"}), 4501),
        (_frame(1, b"x" * 5000), 1009),
        (_frame(1, b"x" * 3000, fin=0) + _frame(0, b"x" * 3000), 1009),
        (_frame(1, b"\xff\xfe"), 1007),
        (_frame(1, b"{}", masked=0), 1002),
        (_frame(3, b""), 1002),
        (_frame(9, b"x" * 200), 1002),
        (_frame(0, b"x"), 1002),
        (_frame(1, b"{}", fin=0xC0), 1002),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_bad_message_ends_its_connection_with_its_code_and_a_reason(house: House, sent: bytes, code: int) -> None:
    where = urlsplit(house.service.ticker)
    with socket.create_connection((where.hostname, where.port), 5) as sock, sock.makefile("rb") as incoming:
        sock.sendall(
            f"GET /v1/live HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        while incoming.readline() != b"\r\n":
            pass
        sock.sendall(sent)
        opcode, payload = 0, b""
        while opcode != 8:
            first, size = incoming.read(2)
            size = int.from_bytes(incoming.read(2)) if size == 126 else size
            opcode, payload = first & 0x0F, incoming.read(size)
    assert int.from_bytes(payload[:2]) == code
    assert payload[2:].decode(), "a reason"
    # Where there is no more room in a close frame, a reason is cut.
    assert code < 4500 or _is_sentence(payload[2:].decode()) or len(payload) == 125


@pytest.mark.deep
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", f"/v1/items/{_UNKNOWN_URI}", 404),
        ("GET", "/v1/items/rubbish", 404),
        ("GET", "/v1/items/{uri}?version=9", 404),
        ("GET", "/v1/items/{uri}?version=x", 400),
        ("GET", "/v1/items?limit=0", 400),
        ("GET", "/v1/items?edition=xx", 400),
        ("POST", "/v1/items", 405),
        ("POST", "/v1/live", 405),
    ],
)
def test_the_ticker_answers_nothing_else_with_a_problem(house: House, method: str, path: str, status: int) -> None:
    with httpx2.Client(base_url=house.service.ticker, trust_env=False) as http:
        _is_problem(http.request(method, path.replace("{uri}", house.uri)), status)


@pytest.mark.deep
def test_a_head_without_end_is_431(house: House) -> None:
    status, _, body = _ask(house, "json", "", *(f"X-{number}: {'a' * 1000}" for number in range(40)))
    assert status == 431 and _is_sentence(_object(body)["detail"])


@pytest.mark.deep
@pytest.mark.anyio
async def test_garbage_on_one_connection_is_not_seen_on_another(house: House) -> None:
    bystanders = [Client(house.service.ticker, transport) for transport in ("websocket", "sse")]
    where = urlsplit(house.service.ticker)
    garbage: list[Callable[[socket.socket], object]] = [
        lambda sock: sock.sendall(b"\x00\xff" * 10_000),
        lambda sock: sock.sendall(b"GET / HTTP/9.9\r\n\r\n"),
        lambda sock: sock.sendall(b"GET /v1/live HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
        lambda sock: sock.shutdown(socket.SHUT_WR),
    ]
    async with listening(bystanders):
        for number in range(40):
            with socket.create_connection((where.hostname, where.port), 5) as sock:
                try:
                    garbage[number % len(garbage)](sock)
                    sock.recv(4096)
                except OSError:
                    # To be cut off is one of the right answers.
                    continue
        await reached(lambda: readiness(house.service.ticker)[0], "the node answers")
    for client in bystanders:
        assert client.connections == 1 and {received.kind for received in client.received} <= {"snapshot", "heartbeat"}
