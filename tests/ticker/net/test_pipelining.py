"""Pipelined requests: answers keep the order of their requests (RFC 9112, 9.3.2)."""

import socket
import struct
import time

import pytest

from tests.support.serving import Serving, Wire, request
from tests.support.waiting import until_async as until
from ticker.net.http_fallback import PIECE_BYTES, PIPELINE_LIMIT, HttpProtocol

pytestmark = pytest.mark.anyio

VERSION = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"
ITEMS = b"GET /v1/items?edition=en HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /v1/items HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd"
POLL = b"GET /v1/live?wait=1 HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"GET /v1/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
STREAM = b"GET /v1/live HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
GARBAGE = b"\x00\x01 no HTTP\r\n\r\n"
# A masked ping, which the node answers.
PING = b"\x89\x80\x00\x00\x00\x00"


def waiting(node: Serving) -> bytes:
    """A long poll without new entries."""
    return request(f"cursor={node.node.backlog.newest}&wait=20")


async def status(wire: Wire) -> int:
    """Reads the next reply with its body; returns the status."""
    code, headers = await wire.head()
    await wire.reader.readexactly(int(headers.get("content-length", 0)))
    return code


@pytest.mark.parametrize(
    ("requests", "statuses"),
    [
        ([VERSION, UPGRADE], [200, 101]),
        ([VERSION, ITEMS, UPGRADE], [200, 200, 101]),
        ([POST, UPGRADE], [405, 101]),
        ([POST, VERSION, UPGRADE], [405, 200, 101]),
        ([VERSION, UPGRADE + PING], [200, 101]),
        ([VERSION, GARBAGE], [200, 400]),
        ([VERSION, ITEMS, GARBAGE], [200, 200, 400]),
        ([VERSION, POST, VERSION], [200, 405, 200]),
    ],
)
@pytest.mark.parametrize("pieces", ["at once", "one by one"])
async def test_answers_keep_the_order_of_requests(
    node: Serving, requests: list[bytes], statuses: list[int], pieces: str
) -> None:
    async with node.wire() as wire:
        for part in [b"".join(requests)] if pieces == "at once" else requests:
            wire.send(part)
        assert [await status(wire) for _ in statuses] == statuses


@pytest.mark.parametrize("previous", [[VERSION], [VERSION, POST, ITEMS]])
@pytest.mark.parametrize("pieces", ["at once", "one by one"])
async def test_a_stream_behind_a_request_comes_after_its_answer(
    node: Serving, previous: list[bytes], pieces: str
) -> None:
    requests = [*previous, STREAM]
    async with node.wire() as wire:
        for part in [b"".join(requests)] if pieces == "at once" else requests:
            wire.send(part)
        for _ in previous:
            assert await status(wire) in (200, 405)
        code, headers = await wire.head()
        assert code == 200 and headers["content-type"].startswith("text/event-stream")
        assert (await wire.event())["event"] == "snapshot"
        await node.publish("One")
        assert (await wire.event())["event"] == "item"


@pytest.mark.parametrize("last", [STREAM, UPGRADE])
async def test_a_client_that_left_before_its_answer_gets_no_stream(node: Serving, last: bytes) -> None:
    await node.publish("One")
    async with node.wire(waiting(node) + last) as wire:
        await until(lambda: node.node.polls == 1, "the poll waits")
        wire.writer.transport.abort()
        # The poll itself would end after 20 s.
        await until(lambda: node.node.polls == 0, "the poll ends", 10)
    await until(lambda: not len(node.node.http_connections), "the connection is gone")
    # A later join is answered after all work that started before it.
    async with node.joined() as later_client:
        await later_client.message()
        assert len(node.node.hub) == 1
    assert node.count("flashwire_joins_total", transport="websocket", kind="snapshot") == 1
    assert node.count("flashwire_joins_total", transport="sse", kind="snapshot") == 0


async def test_short_requests_before_a_long_one_are_answered_first(node: Serving) -> None:
    long = request(path="/version", X="y" * 20_000)
    async with node.wire(VERSION + ITEMS + long) as wire:
        assert [await status(wire) for _ in range(3)] == [200, 200, 431]
        await wire.read_to_end()
    # Together they are longer than the limit for one request.
    total = request(path="/version", X="y" * 2_000)
    async with node.wire(total * 20) as wire:
        assert [await status(wire) for _ in range(20)] == [200] * 20


async def test_a_body_that_no_route_reads_is_not_answered_a_second_time(node: Serving) -> None:
    async with node.wire(request(method="POST", path="/v1/items", Content_Length="200000")) as wire:
        for _ in range(20):
            wire.send(b"x" * 10_000)
        assert await status(wire) == 405
        assert await wire.read_to_end() == b""


@pytest.mark.parametrize("protocols", ["h2c", "TLS/1.0, HTTP/2.0"])
async def test_an_unsupported_upgrade_changes_nothing(node: Serving, protocols: str) -> None:
    """Java's HTTP client offers HTTP/2 with its first request."""
    offer = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": protocols,
        "HTTP2-Settings": "AAMAAABkAAQCAAAAAAIAAAAA",
    }
    async with node.wire(request(path="/version", **offer) + VERSION) as wire:
        assert [await status(wire) for _ in range(2)] == [200, 200]
    # A body is never read as a request.
    for framing in ({"Content_Length": str(len(VERSION))}, {"Transfer_Encoding": "chunked"}):
        async with node.wire(request(path="/version", **framing, **offer) + VERSION) as wire:
            assert await status(wire) == 200
            assert await wire.read_to_end() == b""
    async with node.wire(request(Accept="text/event-stream", **offer)) as wire:
        _status, headers = await wire.head()
        assert headers["content-type"].startswith("text/event-stream")
        assert (await wire.event())["event"] == "snapshot"


@pytest.mark.parametrize("requests", [[VERSION], [POST], [VERSION, ITEMS, VERSION], [POLL]])
async def test_a_half_closed_client_is_still_answered(node: Serving, requests: list[bytes]) -> None:
    async with node.wire(b"".join(requests)) as wire:
        wire.writer.write_eof()
        for _ in requests:
            assert await status(wire) in (200, 405)
        assert await wire.read_to_end() == b""


async def test_a_poll_of_a_half_closed_client_is_answered_at_once(node: Serving) -> None:
    await node.publish("One")
    began = time.monotonic()
    async with node.wire(waiting(node)) as wire:
        await until(lambda: node.node.polls == 1, "it waits")
        wire.writer.write_eof()
        assert await status(wire) == 200
        assert await wire.read_to_end() == b""
    assert time.monotonic() - began < 2 and node.node.polls == 0


# `PendingConnection` reads a join that comes first; `HttpProtocol` reads a join after a request.
@pytest.mark.parametrize("previous", [b"", VERSION], ids=["first", "later"])
async def test_bytes_after_an_upgrade_or_a_stream_are_no_request(node: Serving, previous: bytes) -> None:
    async with node.wire(previous + STREAM + VERSION) as wire:
        assert not previous or await status(wire) == 200
        code, headers = await wire.head()
        assert code == 200 and "event-stream" in headers["content-type"]
        assert (await wire.event())["event"] == "snapshot"
        await node.publish("One")
        assert (await wire.event())["event"] == "item", "nothing stands between the two"
    async with node.wire(previous + UPGRADE + VERSION) as wire:
        assert not previous or await status(wire) == 200
        assert (await wire.head())[0] == 101
        assert await wire.close_code() == 1002, "for WebSocket it is no frame"
        assert await wire.read_to_end() == b""


async def test_a_thousand_requests_in_one_write_are_not_all_read(
    node: Serving, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heads: list[None] = []
    complete = HttpProtocol.on_headers_complete

    def count_and_complete(self: HttpProtocol) -> None:
        heads.append(None)
        complete(self)

    monkeypatch.setattr(HttpProtocol, "on_headers_complete", count_and_complete)
    async with node.wire() as wire:
        wire.send(VERSION * 1_000)
        await wire.read_to_end()
    await until(lambda: not len(node.node.http_connections), "it has gone")
    # The requests in the kilobyte that crossed the limit were read too.
    assert len(heads) <= PIPELINE_LIMIT + 2 + PIECE_BYTES // len(VERSION)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("behind", [[VERSION], [VERSION, "poll", ITEMS]])
async def test_a_poll_with_requests_behind_it_ends_with_its_client(
    node: Serving, behind: list[bytes | str], reset: bool
) -> None:
    await node.publish("One")
    began = time.monotonic()
    async with node.wire() as wire:
        requests = [waiting(node) if data == "poll" else data for data in ("poll", *behind)]
        wire.send(b"".join(data for data in requests if isinstance(data, bytes)))
        await until(lambda: node.node.polls == 1, "it waits")
        if reset:
            sock = wire.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.writer.transport.abort()
        else:
            wire.writer.write_eof()
            assert [await status(wire) for _ in requests] == [200] * len(requests)
        await until(lambda: not len(node.node.http_connections) and not node.node.polls, "its place is free")
    assert time.monotonic() - began < 10
