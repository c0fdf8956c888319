"""The opening handshake: which requests may join, what is negotiated, and the answer to each refusal."""

import asyncio
import base64
import hashlib
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.support.serving import LIMIT_SECONDS, Serving, Start, frame, upgrade
from tests.support.waiting import until_async as until
from ticker.core.frame import ALONE
from ticker.net.handshake import accept, agree_deflate, read_head
from ticker.node.window_faults import WindowFaults
from ticker.settings import Deflate

pytestmark = pytest.mark.anyio

PROBLEM = "application/problem+json"


async def refused(node: Serving, data: bytes) -> tuple[int, dict[str, str], Any]:  # Any: a problem body
    """Sends `data`; returns the refusal, after which the server closes the connection."""
    async with node.wire(data) as wire:
        status, headers, body = await wire.reply()
        assert await wire.read_to_end() == b""
    assert headers["content-type"] == PROBLEM and body["status"] == status
    assert body["type"].startswith("urn:flashwire:problem:") and body["detail"].endswith((".", "allow it."))
    assert node.count("flashwire_refused_total", status=str(status)) >= 1
    assert node.count("flashwire_connections", transport="websocket") == 0
    return status, headers, body


async def test_a_join_is_answered_with_the_101_and_the_snapshot_in_one_write(node: Serving) -> None:
    key = base64.b64encode(b"0123456789abcdef").decode()
    line = await node.publish("Wards open")
    async with node.wire(upgrade(Sec_WebSocket_Key=key)) as wire:
        # One write is one segment on loopback, so one read finds both.
        data = await wire.reader.read(65536)
    head, _, rest = data.partition(b"\r\n\r\n")
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Accept: " + base64.b64encode(digest) in head
    assert b"Extensions" not in head and b"Sec-WebSocket-Protocol" not in head
    assert rest[:2] == b"\x81\x7e" and len(rest) == 4 + int.from_bytes(rest[2:4], "big")
    snapshot = msgspec.json.decode(rest[4:])
    assert snapshot["type"] == "snapshot" and snapshot["complete"] is True and snapshot["heartbeat"] == 15
    assert [text["uri"] for text in snapshot["items"]] == [line.uri]


REFUSALS: list[tuple[dict[str, str | None], int, str]] = [
    ({"Sec_WebSocket_Version": "8"}, 426, "version 13"),
    ({"Sec_WebSocket_Version": None}, 426, "version 13"),
    ({"Sec_WebSocket_Version": "13\n8"}, 426, "version 13"),
    ({"Sec_WebSocket_Key": None}, 400, "Sec-WebSocket-Key"),
    ({"Sec_WebSocket_Key": ""}, 400, "Sec-WebSocket-Key"),
    ({"Sec_WebSocket_Key": base64.b64encode(b"short").decode()}, 400, "Sec-WebSocket-Key"),
    ({"Sec_WebSocket_Key": "!" * 24}, 400, "Sec-WebSocket-Key"),
    ({"Sec_WebSocket_Key": base64.b64encode(b"0" * 16).decode() + "\nAAAA"}, 400, "Sec-WebSocket-Key"),
    ({"path": "/"}, 404, "/v1/live"),
    ({"path": "/v1/live/"}, 404, "/v1/live"),
    ({"path": "/v1/items"}, 404, "/v1/live"),
    ({"query": "%ff"}, 400, "UTF-8"),
    ({"query": "section=%ff"}, 400, "UTF-8"),
    ({"query": "&".join(["edition=en"] * 101)}, 400, "hundred"),
    ({"query": "edition=canary&edition=en"}, 400, "alone"),
]


async def test_an_invalid_handshake_is_refused_with_a_sentence(node: Serving) -> None:
    for change, status, text in REFUSALS:
        data = upgrade(
            change.get("query") or "",
            change.get("path") or "/v1/live",
            **{name: value for name, value in change.items() if name not in ("query", "path")},
        )
        reply_status, headers, body = await refused(node, data)
        assert (reply_status, text in str(body["detail"])) == (status, True), change
        assert (headers.get("sec-websocket-version") == "13") == (status == 426)


async def test_only_get_opens_a_websocket(node: Serving) -> None:
    status, _headers, body = await refused(node, upgrade().replace(b"GET ", b"HEAD "))
    assert status == 400 and "GET" in str(body["detail"])


async def test_every_wrong_parameter_is_named_at_once(node: Serving) -> None:
    query = "edition=xx&section=none&place=mars&role=boss&source=nobody&language=tlh&urgency=9&backlog=101&color=red"
    status, _headers, body = await refused(node, upgrade(query))
    assert status == 400
    errors = msgspec.convert(body["errors"], list[dict[str, str]])
    fields = ["backlog", "color", "edition", "language", "place", "role", "section", "source", "urgency"]
    assert sorted(error["field"] for error in errors) == fields
    assert all(error["message"] and error["field"] in str(body["detail"]) for error in errors)


async def test_a_backlog_must_be_a_whole_number_up_to_100(node: Serving) -> None:
    for value in ("-1", "1.5", "", "1e1", "+1", "٣", "9" * 20, "0x1", "101"):
        query = "backlog=" + "".join(f"%{byte:02x}" for byte in value.encode())
        _status, _headers, body = await refused(node, upgrade(query))
        assert [error["field"] for error in body["errors"]] == ["backlog"], value


FOREIGN = [
    "null",
    "https://news.example.evil.test",
    "https://evil.test/https://news.example",
    "http://news.example",
    "https://sub.news.example",
    "https://news.exampl",
    "",
    "*",
    "https://news.example\nhttps://news.example",
    "https://news.example https://app.example",
    "https://n\xe9ws.example",
]


async def test_an_origin_that_is_not_listed_is_refused(start: Start) -> None:
    node = await start(allowed_origins="https://news.example, https://app.example")
    for origin in FOREIGN:
        status, _headers, body = await refused(node, upgrade(Origin=origin))
        assert (status, body["type"]) == (403, "urn:flashwire:problem:origin"), origin


async def test_a_listed_origin_and_a_client_without_an_origin_may_join(start: Start) -> None:
    node = await start(allowed_origins="https://news.example, https://app.example")
    for origin in ("https://news.example", "https://app.example", None):
        async with node.joined(Origin=origin) as wire:
            assert (await wire.message())["type"] == "snapshot"


async def test_a_star_allows_every_origin(node: Serving) -> None:
    async with node.joined(Origin="null") as wire:
        assert (await wire.message())["type"] == "snapshot"


async def test_a_starting_node_refuses_with_a_retry_time(start: Start) -> None:
    node = await start(ready=False, stream_url="unix:///nowhere/s")
    status, headers, body = await refused(node, upgrade())
    assert status == 503 and int(headers["retry-after"]) > 0 and "starting" in str(body["detail"])


async def test_a_full_node_refuses_until_a_client_leaves(start: Start) -> None:
    node = await start(max_connections=1)
    async with node.joined() as first:
        await first.message()
        async with node.wire(upgrade()) as second:
            status, headers, body = await second.reply()
    assert status == 503 and int(headers["retry-after"]) > 0 and "full" in body["detail"]
    async with node.joined() as third:
        assert (await third.message())["type"] == "snapshot"


async def test_a_draining_node_refuses_every_join(node: Serving) -> None:
    node.node.draining = True
    status, headers, body = await refused(node, upgrade())
    assert status == 503 and int(headers["retry-after"]) > 0 and "stopping" in str(body["detail"])


async def test_cloudevents_are_sent_to_clients_that_offer_them(node: Serving) -> None:
    for offer in ("cloudevents.json", "x, cloudevents.json", "x\ncloudevents.json"):
        async with node.wire(upgrade(Sec_WebSocket_Protocol=offer)) as wire:
            status, headers = await wire.head()
            assert status == 101 and headers["sec-websocket-protocol"] == "cloudevents.json"
            _first, payload = await wire.frame()
            event = msgspec.json.decode(payload)
            assert event["specversion"] == "1.0" and event["type"] == "flashwire.snapshot"
            assert event["data"]["type"] == "snapshot"


async def test_no_subprotocol_is_selected_from_unknown_offers(node: Serving) -> None:
    async with node.wire(upgrade(Sec_WebSocket_Protocol="chat, CloudEvents.json")) as wire:
        status, headers = await wire.head()
        assert status == 101 and "sec-websocket-protocol" not in headers
        assert (await wire.message())["type"] == "snapshot"


PLAIN = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
WINDOW = "; server_max_window_bits=12"


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("", None),
        ("permessage-deflate", PLAIN),
        ("permessage-deflate; client_max_window_bits", PLAIN),
        ("permessage-deflate; client_max_window_bits=8", PLAIN),
        ('permessage-deflate; client_max_window_bits="15"', PLAIN),
        ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", PLAIN),
        ("permessage-deflate; server_max_window_bits=12", PLAIN + "; server_max_window_bits=12"),
        ('permessage-deflate;server_max_window_bits="15"', PLAIN + "; server_max_window_bits=12"),
        ("permessage-deflate; server_max_window_bits=11", None),
        ("permessage-deflate; server_max_window_bits=8", None),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; server_max_window_bits=16", None),
        ("permessage-deflate; server_max_window_bits=012", None),
        ("permessage-deflate; client_max_window_bits=7", None),
        ("permessage-deflate; client_max_window_bits=x", None),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        ("permessage-deflate; server_no_context_takeover=1", None),
        ("permessage-deflate; unknown", None),
        ("permessage-deflate; unknown=1", None),
        ("permessage-deflate; client_max_window_bits; unknown", None),
        # A server must decline an invalid value (RFC 7692, 7.1); an empty one is no token (RFC 6455, 9.1).
        ("permessage-deflate; client_max_window_bits=", None),
        ('permessage-deflate; client_max_window_bits=""', None),
        ('permessage-deflate; client_max_window_bits="15', None),
        ('permessage-deflate; client_max_window_bits=15"', None),
        ('permessage-deflate; server_max_window_bits=""12""', None),
        ('permessage-deflate; server_no_context_takeover=""', None),
        ("permessage-deflate; client_no_context_takeover=true", None),
        ("permessage-deflate; client_max_window_bits = 15 ; client_no_context_takeover", PLAIN),
        ("permessage-deflate; server_max_window_bits=9", None),
        ("permessage-deflate; client_max_window_bits=8; server_max_window_bits=13", PLAIN + WINDOW),
        # The first offer that can be met counts, and none of the parameters of those before it (7.1.3).
        ("permessage-deflate; server_max_window_bits=9, permessage-deflate; client_max_window_bits", PLAIN),
        ("permessage-deflate; server_max_window_bits=12; unknown, permessage-deflate", PLAIN),
        ("permessage-deflate, permessage-deflate; server_max_window_bits=12", PLAIN),
        ('x-other; a="1", permessage-deflate; server_max_window_bits="12"', PLAIN + WINDOW),
        ("permessage-deflate; ", None),
        ("x-webkit-deflate-frame", None),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", PLAIN),
        ("x-webkit-deflate-frame, permessage-deflate", PLAIN),
    ],
)
async def test_deflate_is_negotiated_without_context_takeover_or_not_at_all(offer: str, answer: str | None) -> None:
    assert agree_deflate(offer.encode()) == (None if answer is None else answer.encode())


SENT = "flashwire_bytes_total"
CHROMIUM = "permessage-deflate; client_max_window_bits"
SHARED = "permessage-deflate; client_no_context_takeover"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
GO = "Go-http-client/1.1"
SAFARI = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"


@pytest.mark.parametrize(
    ("setting", "offer", "agent", "answer"),
    [
        ("shared", CHROMIUM, "", SHARED),
        ("shared", CHROMIUM, SAFARI, SHARED),
        ("shared", "permessage-deflate", FIREFOX, SHARED),
        ("shared", "permessage-deflate", SAFARI, PLAIN),
        ("shared", CHROMIUM + "; server_no_context_takeover", FIREFOX, PLAIN),
        ("shared", CHROMIUM + "; server_max_window_bits=12", "", SHARED + "; server_max_window_bits=12"),
        ("shared", CHROMIUM + "; server_max_window_bits=11", "", None),
        ("shared", CHROMIUM + "; server_no_context_takeover=", "", None),
        # `coder/websocket`, which offers nothing besides the extension, with Go's own name.
        ("shared", "permessage-deflate", GO, SHARED),
        ("shared", "permessage-deflate; client_no_context_takeover; server_no_context_takeover", GO, PLAIN),
        # A smaller window is asked for first: what can be met is the second offer, and the client keeps its window.
        ("shared", "permessage-deflate; server_max_window_bits=9, " + CHROMIUM + "=8", "", SHARED),
        ("fresh", CHROMIUM, FIREFOX, PLAIN),
        ("off", CHROMIUM, FIREFOX, None),
    ],
)
async def test_only_clients_known_to_keep_what_they_decompressed_are_asked_to(
    setting: Deflate, offer: str, agent: str, answer: str | None
) -> None:
    head, form = accept(read_head(upgrade(Sec_WebSocket_Extensions=offer, User_Agent=agent)), setting)
    lines = head.decode().split("\r\n")
    assert [line for line in lines if "Extensions" in line] == (
        [f"Sec-WebSocket-Extensions: {answer}"] if answer else []
    )
    assert (form in ALONE) == (answer is not None and answer.startswith(SHARED))


@pytest.mark.parametrize("parser", [{}, {"TE": "trailers"}], ids=["plain", "full parser"])
async def test_firefox_is_known_by_its_name_on_both_ways_in(node: Serving, parser: dict[str, str]) -> None:
    # The bug: the reader of plain heads skipped `User-Agent`, so that no Firefox got references.
    offer = upgrade(Sec_WebSocket_Extensions="permessage-deflate", User_Agent=FIREFOX, **parser)
    async with node.wire(offer) as wire:
        status, headers = await wire.head()
        assert (status, headers["sec-websocket-extensions"]) == (101, SHARED)


async def test_a_client_with_a_window_reads_items_that_refer_to_earlier_ones(node: Serving) -> None:
    async def read(client: ClientConnection) -> Any:  # Any: JSON
        async with asyncio.timeout(LIMIT_SECONDS):
            return msgspec.json.decode(await client.recv())

    async with connect(node.live, user_agent_header=FIREFOX) as client:
        assert (await read(client))["type"] == "snapshot"
        before = node.count(SENT)
        for number in range(20):
            line = await node.publish(f"Wards {number} open in the north")
            assert (await read(client))["item"]["uri"] == line.uri
        assert (node.count(SENT) - before) / 20 < 200, "an item alone takes more than 300 bytes"
        # A new filter, and with it a new first message and another group.
        await client.send('{"type": "subscribe", "urgency": 8}')
        assert (await read(client))["type"] == "snapshot"
        for _ in range(5):
            line = await node.publish("Wards open in the south")
            assert (await read(client))["item"]["uri"] == line.uri


async def test_a_client_that_breaks_off_twice_and_returns_at_once_gets_each_message_alone(node: Serving) -> None:
    line = await node.publish("Wards open")
    cursor = str(node.node.backlog.newest)
    assert line.version == 1

    async def answer(*, resumes: bool = True) -> str:
        query = f"cursor={cursor}" if resumes else ""
        async with node.wire(upgrade(query, Sec_WebSocket_Extensions=CHROMIUM, X_Forwarded_For="192.0.2.7")) as wire:
            _status, headers = await wire.head()
            await wire.frame()
        # The end of the block resets the connection, as a client does that cannot go on.
        await until(lambda: len(node.node.hub) == 0, "the node sees the end")
        return headers["sec-websocket-extensions"]

    assert [await answer(resumes=False), await answer(), await answer()] == [SHARED, SHARED, PLAIN]
    assert await answer(resumes=False) == PLAIN, "for an hour"


@pytest.mark.parametrize("code", [1007, 1000])
async def test_a_client_that_closes_because_it_cannot_read_gets_each_message_alone(node: Serving, code: int) -> None:
    answers = []
    for _ in range(2):
        async with node.wire(upgrade(Sec_WebSocket_Extensions=CHROMIUM, X_Forwarded_For="192.0.2.8")) as wire:
            _status, headers = await wire.head()
            answers.append(headers["sec-websocket-extensions"])
            wire.send(frame(8, code.to_bytes(2, "big")))
            await wire.read_to_end()
    assert answers == [SHARED, PLAIN if code == 1007 else SHARED]


def test_many_people_behind_one_address_and_late_returns_are_no_fault() -> None:
    now = 0.0
    faults = WindowFaults(lambda: now)
    for address, connections, pause in (("office", 100, 1.0), ("train", 1, 20.0), ("", 1, 1.0)):
        for _ in range(5):
            faults.note_end(address, connections)
            now += pause
            assert not faults.is_suspect(address, resumes=True)
    for _ in range(2):
        faults.note_end("broken", 1)
        now += 1
        is_suspect = faults.is_suspect("broken", resumes=True)
    assert is_suspect
    now += 3601
    assert not faults.is_suspect("broken", resumes=True)


async def test_an_offer_on_a_second_line_counts(node: Serving) -> None:
    async with node.wire(upgrade(Sec_WebSocket_Extensions="x-other\npermessage-deflate")) as wire:
        _status, headers = await wire.head()
        assert headers["sec-websocket-extensions"] == PLAIN


async def test_frames_that_come_with_the_request_are_read(node: Serving) -> None:
    # The bug: uvicorn's own class drops them, and half a frame would have put the parser out of step.
    async with node.wire(upgrade() + frame(9, b"early")) as wire:
        await wire.head()
        await wire.message()
        assert await wire.frame() == (0x8A, b"early")
