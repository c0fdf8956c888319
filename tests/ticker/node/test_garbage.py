"""A client that left is freed at once: no reference cycle waits for the collector, whatever the client sent."""

import asyncio
import gc
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from tests.support.serving import LIMIT_SECONDS, Serving, Wire, frame, request, subscribe, upgrade
from tests.support.waiting import until_async as until
from ticker.net.connection import Connection
from ticker.net.websocket import WebSocketConnection

pytestmark = pytest.mark.anyio

# Objects made per client; shared values may grow.
OURS = (
    "ticker.node.",
    "ticker.net.",
    "ticker.http.",
    "ticker.workers.",
    "uvicorn.",
    "httptools.",
    "websockets.",
    "uvloop.loop.TCP",
    "starlette.",
)
DEFLATE = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
SSE = request(Accept="text/event-stream")

# The messages of each kind of client; each is sent when the answer to the one before has begun.
SAYINGS: dict[str, Callable[[], list[bytes]]] = {
    "a listener": lambda: [upgrade()],
    "a client that answers pings": lambda: [upgrade(), frame(10) + frame(9)],
    "a client that subscribes again": lambda: [upgrade(**DEFLATE), subscribe(edition="en")],
    "a client that closes": lambda: [upgrade(), frame(8, (1000).to_bytes(2, "big"))],
    "a client that breaks a rule": lambda: [upgrade(), frame(1, b"\xff")],
    "a client that sends an unknown message": lambda: [upgrade(), frame(1, b"hello")],
    "a client with an unknown edition": lambda: [upgrade("edition=nowhere")],
    "an SSE client": lambda: [SSE],
    "an SSE client whose head comes with more": lambda: [SSE + b"GET / HTTP/1.1\r\n\r\n"],
    "a client that reads pages": lambda: [request("", "/v1/items"), request("", "/metrics")],
    "a long poll": lambda: [request("cursor=lost&wait=1")],
    "a client that does not speak HTTP": lambda: [b"\x16\x03\x01\r\n\r\n"],
}


@asynccontextmanager
async def watched() -> AsyncIterator[list[str]]:
    """Disables collection in the block; afterwards the list names our types of which there are more objects.

    The collector's own findings are not enough: it does not report a cycle with a generator, which ends when found.
    """
    cycles: list[str] = []
    gc.collect()
    gc.disable()
    try:
        previous = population()
        yield cycles
        cycles += [f"{name} × {count}" for name, count in (population() - previous).items()]
    finally:
        gc.enable()


def population() -> Counter[str]:
    """The number of objects of each of our types, and of generators."""
    # By type first: a name made for each of some hundred thousand objects takes a second.
    kinds = Counter(map(type, gc.get_objects()))
    cycles: Counter[str] = Counter()
    for kind, count in kinds.items():
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name.startswith(OURS) or name == "builtins.generator":
            cycles[name] += count
    return cycles


async def come_and_go(node: Serving, sayings: Callable[[], list[bytes]], count: int, in_pieces: bool = False) -> None:
    """Raw sockets: a client library's garbage would be in the way."""
    loop = asyncio.get_running_loop()
    for _ in range(count):
        with socket.socket() as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", node.port))
            for saying in sayings():
                if in_pieces:
                    await loop.sock_sendall(sock, saying[:20])
                    await asyncio.sleep(0.001)
                    saying = saying[20:]
                await loop.sock_sendall(sock, saying)
                async with asyncio.timeout(LIMIT_SECONDS):
                    await loop.sock_recv(sock, 65536)


async def empty(node: Serving) -> None:
    state = node.node
    await until(
        lambda: not (len(state.hub) or state.pending or state.closing or state.lagging or state.polls),
        "all clients have left",
    )
    assert not state.hub.groups and not state.unsent.bytes
    await until(lambda: not node.server.server_state.connections, "uvicorn has no connections")
    # A transport is freed one iteration after its connection.
    await asyncio.sleep(0)


@pytest.mark.parametrize("sayings", SAYINGS.values(), ids=SAYINGS)
async def test_a_client_that_left_is_freed_without_the_collector(
    node: Serving, sayings: Callable[[], list[bytes]]
) -> None:
    await come_and_go(node, sayings, 3)
    await empty(node)
    async with watched() as cycles:
        await come_and_go(node, sayings, 100)
        await empty(node)
    assert not cycles


async def test_a_thousand_clients_that_get_an_item_and_leave_leak_nothing(node: Serving) -> None:
    loop = asyncio.get_running_loop()
    async with watched() as cycles:
        for turn in range(4):
            socks = [socket.socket() for _ in range(250)]
            for sock in socks:
                sock.setblocking(False)
                await loop.sock_connect(sock, ("127.0.0.1", node.port))
                await loop.sock_sendall(sock, upgrade())
            await until(lambda: len(node.node.hub) == 250, "all have joined")
            await node.publish(f"Turn {turn}")
            node.node.send_heartbeat()
            for sock in socks:
                sock.close()
            await empty(node)
    assert not cycles


@pytest.mark.parametrize("first", [upgrade(), SSE], ids=["WebSocket", "SSE"])
async def test_a_client_whose_request_came_in_pieces_is_freed_without_the_collector(
    node: Serving, first: bytes
) -> None:
    await come_and_go(node, lambda: [first], 3, in_pieces=True)
    await empty(node)
    async with watched() as cycles:
        await come_and_go(node, lambda: [first], 50, in_pieces=True)
        await empty(node)
    assert not cycles


async def test_a_cycle_in_a_connection_would_be_seen(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    # The mutant: a connection that holds itself.
    meet = Connection.connection_made

    def knot(self: Connection, transport: asyncio.BaseTransport) -> None:
        meet(self, transport)
        vars(Connection)["_lagging_since"].__set__(self, [self])

    monkeypatch.setattr(Connection, "connection_made", knot)
    async with watched() as cycles:
        await come_and_go(node, SAYINGS["a listener"], 3)
        await empty(node)
    assert "ticker.net.websocket.WebSocketConnection × 3" in cycles


async def test_a_parser_that_is_not_ended_would_be_seen(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    # The bug: a parser and its generator hold each other, and set aside by the collector they stayed for good.
    monkeypatch.setattr(WebSocketConnection, "_drop_parser", lambda self: setattr(self, "_parser", None))
    async with watched() as cycles:
        await come_and_go(node, SAYINGS["a client that closes"], 3)
        await empty(node)
    assert "websockets.protocol.Protocol × 3" in cycles


async def test_a_client_that_has_sent_messages_keeps_no_parser(node: Serving) -> None:
    async with node.joined() as wire:
        [member] = node.node.hub.members()
        assert isinstance(member, WebSocketConnection)
        await wire.message()
        for _ in range(2):
            wire.send(frame(9, b"here?") + subscribe(edition="en", backlog=3))
            assert await answer(wire) == "snapshot"
            assert vars(WebSocketConnection)["_parser"].__get__(member) is None


async def test_a_message_in_pieces_is_read_like_a_whole_one(node: Serving) -> None:
    whole = subscribe(edition="en", backlog=3)
    text = b'{"type":"subscribe","edition":"en"' + b" " * 200 + b"}"
    fragments = frame(1, text[:9], fin=False) + frame(9) + frame(0, text[9:])
    for content in (whole, frame(1, text), fragments):
        for cut in (1, 2, 5, 7, len(content) // 2, len(content) - 1):
            async with node.joined() as wire:
                await wire.message()
                wire.send(content[:cut])
                await asyncio.sleep(0.005)
                wire.send(content[cut:])
                assert await answer(wire) == "snapshot"
                wire.send(content)
                assert await answer(wire) == "snapshot"


async def answer(wire: Wire) -> str:
    """The type of the next message but pongs."""
    while True:
        first, payload = await wire.frame()
        if first == 0x81 and (kind := msgspec.json.decode(payload)["type"]) != "heartbeat":
            return str(kind)
