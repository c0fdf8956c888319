"""A client that left is freed by reference counts alone, whatever it sent and however its connection ended."""

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

# Packages of the objects made for one client; the number of shared values may grow.
CLIENT_PACKAGES = (
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

# What a client sends: each part follows the first bytes of the answer to the part before.
CONVERSATIONS: dict[str, Callable[[], list[bytes]]] = {
    "a listener": lambda: [upgrade()],
    "a client that answers pings": lambda: [upgrade(), frame(10) + frame(9)],
    "a client that subscribes again": lambda: [upgrade(**DEFLATE), subscribe(edition="en")],
    "a client that closes": lambda: [upgrade(), frame(8, (1000).to_bytes(2, "big"))],
    "a protocol error": lambda: [upgrade(), frame(1, b"\xff")],
    "an unknown message": lambda: [upgrade(), frame(1, b"hello")],
    "an unknown edition": lambda: [upgrade("edition=nowhere")],
    "an SSE client": lambda: [SSE],
    "an SSE client with a request after its head": lambda: [SSE + b"GET / HTTP/1.1\r\n\r\n"],
    "two plain requests": lambda: [request("", "/v1/items"), request("", "/metrics")],
    "a long poll": lambda: [request("cursor=lost&wait=1")],
    "a client that does not send HTTP": lambda: [b"\x16\x03\x01\r\n\r\n"],
}


@asynccontextmanager
async def watched() -> AsyncIterator[list[str]]:
    """Turns collection off in the block; afterwards the list names the types with more instances than before.

    The result of a collection is not enough: it does not report a cycle with a generator, which ends when found.
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
    """Counts the instances of each type in `CLIENT_PACKAGES`, and generators."""
    # By type first: to build a name for each of some hundred thousand objects takes a second.
    kinds = Counter(map(type, gc.get_objects()))
    cycles: Counter[str] = Counter()
    for kind, count in kinds.items():
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name.startswith(CLIENT_PACKAGES) or name == "builtins.generator":
            cycles[name] += count
    return cycles


async def come_and_go(
    node: Serving, conversation: Callable[[], list[bytes]], count: int, in_pieces: bool = False
) -> None:
    """Connects `count` raw sockets, because a client library would leave garbage too."""
    loop = asyncio.get_running_loop()
    for _ in range(count):
        with socket.socket() as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", node.port))
            for part in conversation():
                if in_pieces:
                    await loop.sock_sendall(sock, part[:20])
                    await asyncio.sleep(0.001)
                    part = part[20:]
                await loop.sock_sendall(sock, part)
                async with asyncio.timeout(LIMIT_SECONDS):
                    await loop.sock_recv(sock, 65536)


async def empty(node: Serving) -> None:
    state = node.node
    await until(
        lambda: not (len(state.hub) or state.pending or state.closing or state.lagging or state.polls),
        "every client has left",
    )
    assert not state.hub.groups and not state.unsent.bytes
    await until(lambda: not node.server.server_state.connections, "uvicorn has no connection")
    # A transport is freed one iteration after its connection.
    await asyncio.sleep(0)


@pytest.mark.deep
@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS)
async def test_a_client_that_left_needs_no_garbage_collection(
    node: Serving, conversation: Callable[[], list[bytes]]
) -> None:
    await come_and_go(node, conversation, 3)
    await empty(node)
    async with watched() as cycles:
        await come_and_go(node, conversation, 100)
        await empty(node)
    assert not cycles


async def test_a_thousand_clients_that_get_an_item_and_leave_need_no_collection(node: Serving) -> None:
    loop = asyncio.get_running_loop()
    async with watched() as cycles:
        for batch in range(4):
            socks = [socket.socket() for _ in range(250)]
            for sock in socks:
                sock.setblocking(False)
                await loop.sock_connect(sock, ("127.0.0.1", node.port))
                await loop.sock_sendall(sock, upgrade())
            await until(lambda: len(node.node.hub) == 250, "all have joined")
            await node.publish(f"Batch {batch}")
            node.node.send_heartbeat()
            for sock in socks:
                sock.close()
            await empty(node)
    assert not cycles


@pytest.mark.parametrize("first", [upgrade(), SSE], ids=["WebSocket", "SSE"])
async def test_a_client_that_sent_its_request_in_pieces_needs_no_collection(node: Serving, first: bytes) -> None:
    await come_and_go(node, lambda: [first], 3, in_pieces=True)
    await empty(node)
    async with watched() as cycles:
        await come_and_go(node, lambda: [first], 50, in_pieces=True)
        await empty(node)
    assert not cycles


async def test_the_check_detects_a_cycle_in_a_connection(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    # The mutant: a connection that references itself.
    connection_made = Connection.connection_made

    def make_cycle(self: Connection, transport: asyncio.BaseTransport) -> None:
        connection_made(self, transport)
        vars(Connection)["_lagging_since"].__set__(self, [self])

    monkeypatch.setattr(Connection, "connection_made", make_cycle)
    async with watched() as cycles:
        await come_and_go(node, CONVERSATIONS["a listener"], 3)
        await empty(node)
    assert "ticker.net.websocket.WebSocketConnection × 3" in cycles


async def test_the_check_detects_a_parser_that_was_not_closed(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    # The bug: a parser and its generator reference each other, and once frozen they were never collected.
    monkeypatch.setattr(WebSocketConnection, "_drop_parser", lambda self: setattr(self, "_parser", None))
    async with watched() as cycles:
        await come_and_go(node, CONVERSATIONS["a client that closes"], 3)
        await empty(node)
    assert "websockets.protocol.Protocol × 3" in cycles


async def test_the_parser_is_freed_after_each_message(node: Serving) -> None:
    async with node.joined() as wire:
        [member] = node.node.hub.members()
        assert isinstance(member, WebSocketConnection)
        await wire.message()
        for _ in range(2):
            wire.send(frame(9, b"here?") + subscribe(edition="en", backlog=3))
            assert await answer(wire) == "snapshot"
            assert vars(WebSocketConnection)["_parser"].__get__(member) is None


async def test_a_message_sent_in_pieces_is_parsed_like_a_whole_one(node: Serving) -> None:
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
