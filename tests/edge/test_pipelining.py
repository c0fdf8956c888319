"""Requests that a client sends before it has the answers to earlier ones: answers keep the order (RFC 9112, 9.3.2)."""

import pytest

from tests.edge.serving import Serving, Wire

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


async def status(wire: Wire) -> int:
    """The status of the next reply, whose body is read too."""
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


async def test_a_stream_behind_a_request_comes_after_its_answer(node: Serving) -> None:
    async with node.wire(VERSION + STREAM) as wire:
        assert [await status(wire) for _ in range(2)] == [200, 200]


async def test_requests_behind_an_upgrade_or_a_stream_are_not_answered_as_requests(node: Serving) -> None:
    async with node.wire(STREAM + VERSION) as wire:
        code, headers = await wire.head()
        assert code == 200 and "event-stream" in headers["content-type"]
    async with node.wire(UPGRADE + VERSION) as wire:
        assert (await wire.head())[0] == 101
