"""Clients whose messages refer to earlier ones, on real sockets, when something comes in between.

The inflaters know nothing of how the node chose the references, and keep a window of 4 KiB.
"""

import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate

from tests.support.serving import Serving, Wire, frame, request, subscribe
from ticker.core.frame import ALONE, WINDOW_BITS
from ticker.node.rounds import soon

pytestmark = pytest.mark.anyio

OFFER = "permessage-deflate; client_max_window_bits"
TRANSPORTS = ("websocket", "sse")


class Client:
    """A client that has joined; `controls` has the first bytes of the control frames that it got."""

    def __init__(self, wire: Wire, transport: str) -> None:
        self.wire = wire
        self.controls: list[int] = []
        self._transport = transport
        self._window = zlib.decompressobj(-WINDOW_BITS)

    async def message(self) -> Any:  # Any: JSON
        """The next message but heartbeats."""
        if self._transport == "sse":
            return (await self.wire.event())["data"]
        while True:
            first, payload = await self.wire.frame()
            if first & 0x08:
                self.controls.append(first)
                continue
            assert first in (0x81, 0xC1)
            if first == 0xC1:
                payload = self._window.decompress(payload + b"\0\0\xff\xff")
            content = msgspec.json.decode(payload)
            if content["type"] != "heartbeat":
                return content

    async def headline(self) -> str:
        """The headline of the next message, which must be an item."""
        return str((await self.message())["item"]["headline"]["value"])


@asynccontextmanager
async def joined(node: Serving, transport: str = "websocket", query: str = "") -> AsyncIterator[Client]:
    """A client that has its first message."""
    if transport == "websocket":
        opened = node.joined(query, Sec_WebSocket_Extensions=OFFER)
    else:
        opened = node.wire(request(query, Accept="text/event-stream", Accept_Encoding="gzip, deflate, br"))
    async with opened as wire:
        if transport == "sse":
            assert (await wire.head())[1]["content-encoding"] == "gzip"
        client = Client(wire, transport)
        assert (await client.message())["type"] == "snapshot"
        yield client


@contextmanager
def paused_rounds(node: Serving, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within the block a round writes to one member and then waits; after it the round goes on."""
    rounds, steps = node.node.rounds, list[Callable[[], None]]()
    with monkeypatch.context() as patch:
        patch.setattr("ticker.node.rounds.STEP_SECONDS", -1.0)
        patch.setattr(rounds, "_batch", 1)
        patch.setattr(rounds, "_later", steps.append)
        # The entry that the test publishes would wait for its end.
        patch.setattr(node.node.heartbeats, "begin_due", lambda _next_look: None)
        yield
        while steps:
            steps.pop()()
    assert rounds._later is soon and not rounds.busy


@pytest.mark.parametrize("parameters", [{}, {"urgency": 8}, {"section": "world"}, {"section": "world", "backlog": 0}])
async def test_a_filter_that_changes_in_the_middle_of_a_round(
    node: Serving, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, Any]
) -> None:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(joined(node)) for _ in range(4)]
        # Members of the other filter, so that its group is served before or after the change.
        others = [await stack.enter_async_context(joined(node, query="section=world")) for _ in range(2)]
        for number in range(5):
            await node.publish(f"Before {number}", sections=("world",))
            assert [await client.headline() for client in (*clients, *others)] == [f"Before {number}"] * 6
        assert all(member.form in ALONE for member in node.node.hub.members())
        with paused_rounds(node, monkeypatch):
            line = await node.publish("In the middle", sections=("world",))
            pending = sum(map(node.node.rounds.is_pending, node.node.hub.members()))
            assert pending == 5
            written = 0
            for client in clients:
                client.wire.send(subscribe(**parameters))
                first = await client.message()
                if first["type"] == "item":
                    assert first["item"]["uri"] == line.uri
                    written, first = written + 1, await client.message()
                assert first["type"] == "snapshot" and first["cursor"] == str(node.node.backlog.newest)
                assert "backlog" in parameters or first["items"][0]["uri"] == line.uri
            assert written <= 1
        assert [await client.headline() for client in others] == ["In the middle"] * 2
        for number in range(12):
            node.node.send_heartbeat()
            await node.publish(f"After {number}", sections=("world",))
            assert [await client.headline() for client in (*clients, *others)] == [f"After {number}"] * 6


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_client_that_joins_or_leaves_in_the_middle_of_a_round(
    node: Serving, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(joined(node, transport)) for _ in range(3)]
        for number in range(5):
            await node.publish(f"Before {number}")
            assert [await client.headline() for client in clients] == [f"Before {number}"] * 3
        with paused_rounds(node, monkeypatch):
            await node.publish("In the middle")
            clients.append(await stack.enter_async_context(joined(node, transport)))
            async with joined(node, transport):
                pass
        assert [await client.headline() for client in clients[:3]] == ["In the middle"] * 3
        for number in range(12):
            await node.publish(f"After {number}")
            assert [await client.headline() for client in clients] == [f"After {number}"] * 4


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("climbed", [0, 1, 2, 3, 5, 9])
async def test_a_client_that_lags_and_catches_up_while_it_climbs(node: Serving, transport: str, climbed: int) -> None:
    lines: list[str] = []

    async def publish(count: int) -> None:
        for _ in range(count):
            lines.append((await node.publish(f"Line {len(lines)}")).headline.value)

    async with joined(node, transport) as client:
        [member] = node.node.hub.members()
        async with joined(node, transport) as neighbour:
            await publish(climbed)
            # What missed meanwhile it gets in messages of its own, and its neighbour climbs on.
            for missed, received in ((3, 2), (1, 1), (0, 4), (2, 12)):
                member.mark_lagging(member.position)
                node.node.send_heartbeat()
                await publish(missed)
                member.catch_up()
                assert member not in node.node.lagging
                await publish(received)
            for reader in (client, neighbour):
                assert [await reader.headline() for _ in lines] == lines


async def test_fragments_of_a_compressed_message_may_have_control_frames_and_news_between_them(node: Serving) -> None:
    async with joined(node) as client:
        text = msgspec.json.encode({"type": "subscribe", "section": "sport"})
        packer = zlib.compressobj(wbits=-15)
        data = (packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        for number in range(3):
            await node.publish(f"Before {number}")
            assert await client.headline() == f"Before {number}"
        client.wire.send(frame(1, data[:5], reserved=0x40, fin=False) + frame(9, b"one"))
        line = await node.publish("Between the fragments", sections=("sport",))
        assert await client.headline() == "Between the fragments"
        client.wire.send(frame(0, data[5:9], fin=False) + frame(10) + frame(9, b"two") + frame(0, b"", fin=False))
        client.wire.send(frame(0, data[9:]))
        answer = await client.message()
        assert answer["type"] == "snapshot" and [item["uri"] for item in answer["items"]] == [line.uri]
        for number in range(10):
            await node.publish("Not for it", sections=("politics",))
            await node.publish(f"After {number}", sections=("sport",))
            assert await client.headline() == f"After {number}"
        assert client.controls.count(0x8A) == 2, "each ping was answered"


@pytest.mark.parametrize("bits", [9, 12, 15])
async def test_a_client_that_agreed_to_a_window_of_4_kib_reads_all_references(node: Serving, bits: int) -> None:
    offer = ClientPerMessageDeflateFactory(server_max_window_bits=WINDOW_BITS, client_max_window_bits=bits)
    async with connect(node.live, extensions=[offer], compression=None, proxy=None) as client:
        [extension] = client.protocol.extensions
        assert isinstance(extension, PerMessageDeflate)
        # Its inflater has this window, and takes no reference to what is further back.
        assert extension.remote_max_window_bits == WINDOW_BITS and not extension.remote_no_context_takeover
        await client.recv()
        for number in range(30):
            line = await node.publish(f"Line {number} " + f"{number:04x}" * (number * 4))
            assert msgspec.json.decode(await client.recv())["item"]["uri"] == line.uri
