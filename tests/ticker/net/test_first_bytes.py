"""The short parser and the full parser give the same answer to the same bytes, whole or in pieces."""

import asyncio
import base64
import re
import zlib

import pytest

from tests.support.serving import Serving, Start, frame, request, upgrade
from tests.support.waiting import until_async as until
from ticker.net.first_bytes import PendingConnection
from ticker.net.http_fallback import HttpProtocol
from ticker.node import http_connections

pytestmark = pytest.mark.anyio

KEY = base64.b64encode(b"0123456789abcdef").decode()


def socket(query: str = "", path: str = "/v1/live", **headers: str | None) -> bytes:
    return upgrade(query, path, **{"Sec_WebSocket_Key": KEY, **headers})


def stream(query: str = "", path: str = "/v1/live", **headers: str) -> bytes:
    return request(query, path, Accept="text/event-stream", **headers)


async def answer(node: Serving, data: bytes, step: int = 0) -> bytes:
    """Returns the answer without times and dates; `step` is the size of the pieces after the first byte, if any."""
    async with node.wire(b"" if step else data) as wire:
        if step:
            wire.send(data[:1])
            # The first byte alone makes uvicorn's parser read the request; the rest may come in any pieces.
            await until(lambda: any(isinstance(key, HttpProtocol) for key in node.node.pending), "uvicorn has it")
            for at in range(1, len(data), step):
                wire.send(data[at : at + step])
                await asyncio.sleep(0)
        status, headers = await wire.head()
        normalized = repr((status, sorted(headers.items()))).encode()
        if status == 101:
            first, payload = await wire.frame()
            if first & 0x40:
                payload = zlib.decompressobj(-12).decompress(payload + b"\0\0\xff\xff")
            normalized += bytes((first,)) + payload
            if data.endswith(b"tail"):
                normalized += repr(await wire.frame()).encode()
        elif headers.get("transfer-encoding") == "chunked":
            normalized += repr(sorted((await wire.event()).items())).encode()
        else:
            normalized += await wire.reader.readexactly(int(headers["content-length"]))
    normalized = re.sub(rb"'date', '[^']*'", b"", normalized)
    normalized = re.sub(rb"'retry', '\d+'|retry: \d+", b"", normalized)
    return re.sub(rb"""(time['"]: ?['"])[^'"]*""", b"", normalized)


JOINS = [
    socket(),
    socket("edition=en"),
    socket("edition=en&section=politics&urgency=3&backlog=1"),
    socket("backlog=0"),
    socket("edition=en&cursor=none.0.0"),
    socket("cursor=&edition=en"),
    socket("cursor=none.0.0&cursor=zz.9.x"),
    socket("cursor=zz.9.x&cursor=none.0.0"),
    socket("cursor=none%2E0.0"),
    socket("cursor=" + "a" * 5000),
    socket("edition=en", Connection="keep-alive, Upgrade"),
    socket(Connection="upgrade", Upgrade="WebSocket"),
    socket(Connection="Upgrade, keep-alive"),
    socket(Connection="close, Upgrade"),
    socket(Host=None),
    socket(Sec_WebSocket_Extensions="x, permessage-deflate; server_max_window_bits=12"),
    socket(Sec_WebSocket_Extensions="x\npermessage-deflate"),
    socket(Sec_WebSocket_Protocol="a, cloudevents.json"),
    socket(Origin="https://a.example", X_Forwarded_For="192.0.2.1"),
    socket(X="é".encode().decode("latin-1")),
    socket(Content_Length="0"),
    socket() + frame(9, b"tail", masked=True)[:6] + b"tail",
    stream(),
    stream("edition=en&backlog=2"),
    stream(Last_Event_ID="none.0.0"),
    stream(Last_Event_ID="zz.9.x"),
    stream("cursor=none.0.0", Last_Event_ID="zz.9.x"),
    stream("cursor=", Last_Event_ID="none.0.0"),
    stream(Connection="close"),
    request(),
]
REFUSED = [
    socket(Host="a\nb"),
    socket(path="/"),
    socket(path="/v1/live/"),
    socket("edition=xx&color=red&backlog=101"),
    socket("backlog=-1&cursor=none.0.0"),
    socket("xcursor=none.0.0"),
    socket("edition=canary&edition=en"),
    socket("%ff"),
    socket("section=%ff&cursor=a.1.b"),
    socket("&".join(["edition=en"] * 101)),
    socket("&".join(["edition=en"] * 100) + "&cursor=a.1.b"),
    socket(Sec_WebSocket_Version="8"),
    socket(Sec_WebSocket_Version=None),
    socket(Sec_WebSocket_Version="13\n8"),
    socket(Sec_WebSocket_Key=None),
    socket(Sec_WebSocket_Key="!" * 24),
    socket(Sec_WebSocket_Key=base64.b64encode(b"short").decode()),
    socket(Sec_WebSocket_Key=KEY + "\nAAAA"),
    socket().replace(b"GET ", b"HEAD "),
    stream("edition=xx"),
    stream("%ff"),
    stream(path="/nothing"),
    request("wait=31"),
    socket().replace(b"\r\nUpgrade", b"\nUp grade"),
    socket().replace(b"HTTP/1.1", b"HTTP/9.9"),
]


async def replies(node: Serving, data: bytes, step: int = 65536) -> bytes:
    short = await answer(node, data)
    assert short == await answer(node, data, step), data[:300]
    return short


async def test_both_parsers_answer_joins_with_the_same_bytes(node: Serving) -> None:
    await node.publish("Wards open")
    await node.publish("Schools too")
    for data in JOINS:
        for step in (1, 61, 65536):
            assert (await replies(node, data, step)).startswith((b"(101", b"(200")), data[:300]
    await until(lambda: not node.node.pending, "no connection is pending")


async def test_both_parsers_refuse_with_the_same_bytes_and_count_it(node: Serving) -> None:
    for data in REFUSED:
        assert (await replies(node, data)).startswith(b"(4"), data[:300]
    assert node.count("flashwire_connections", transport="websocket") == 0
    await until(lambda: not node.node.pending, "no connection is pending")


async def test_a_forbidden_or_surplus_client_gets_the_same_refusal_from_both_parsers(start: Start) -> None:
    node = await start(allowed_origins="https://news.example", max_connections=1)
    for origin in ("https://a.example", "null", "", "https://news.example\nhttps://news.example"):
        assert (await replies(node, socket(Origin=origin))).startswith(b"(403")
        if "\n" not in origin:
            assert (await replies(node, stream(Origin=origin))).startswith(b"(403")
    for data in (socket(Origin="https://news.example"), stream(Origin="https://news.example")):
        assert (await replies(node, data)).startswith((b"(101", b"(200"))
        await until(lambda: not len(node.node.hub), "it has left")
    async with node.joined():
        for data in (socket(), request()):
            reply = await replies(node, data)
            assert reply.startswith(b"(503") and b"full" in reply and b"retry-after" in reply
        reply = await replies(node, stream())
        assert reply.startswith(b"(200") and b"full" in reply
    node.node.draining = True
    for data in (socket(), stream()):
        assert b"stopping" in await replies(node, data)


async def test_one_timeout_covers_the_pending_connection_and_its_http_protocol(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connections, "REQUEST_SECONDS", 1.0)
    async with node.wire() as wire:
        await until(lambda: node.node.pending, "its connection is pending")
        ((connection, deadline),) = node.node.pending.items()
        assert isinstance(connection, PendingConnection)
        wire.send(b"G")
        await until(lambda: connection not in node.node.pending, "uvicorn has it")
        assert list(node.node.pending.values()) == [deadline]
        await wire.read_to_end()


async def test_a_stop_does_not_wait_for_silent_clients(start: Start) -> None:
    node = await start()
    async with node.wire() as wire:
        await until(lambda: node.node.pending, "its connection is pending")
        node.server.should_exit = True
        assert await wire.read_to_end() == b""
