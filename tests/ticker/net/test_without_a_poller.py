"""Where a system has no epoll, a node's clients are held by the loop's transports and are told the same."""

import asyncio

import pytest

from tests.support.serving import Serving, Start, request
from tests.support.waiting import until_async as until
from tests.ticker.node.test_slow_clients import LIMIT, deaf, flood, headline, hear, only
from ticker.net.connection import Connection
from ticker.net.first_bytes import PendingConnection
from ticker.net.transport import SocketTransport

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops: the transports are theirs."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
async def node(start: Start, monkeypatch: pytest.MonkeyPatch) -> Serving:
    monkeypatch.setattr("ticker.server.direct", False)
    return await start(write_limit_bytes=LIMIT, slow_seconds=60, heartbeat_seconds=60, stream_length=1000)


async def test_all_kinds_of_clients_are_served_in_order(node: Serving) -> None:
    asked = request(Accept="text/event-stream")
    async with node.joined() as socket, node.wire(asked) as stream, node.wire(request(path="/health/live")) as plain:
        await stream.head()
        assert "retry" in await stream.event()
        assert (await socket.message())["type"] == "snapshot"
        assert (await plain.reply())[0] == 200
        said = await flood(node, 50)
        assert [headline(await socket.message()) for _ in said] == said
        assert [headline((await stream.event())["data"]) for _ in said] == said
        # By the way that this file is about.
        members = [each for each in node.node.hub.members() if isinstance(each, Connection)]
        assert [isinstance(each.transport, SocketTransport) for each in members] == [False, False]
    await until(lambda: not len(node.node.hub), "they have gone")


@pytest.mark.parametrize("sse", [False, True])
async def test_one_that_falls_behind_gets_what_it_missed_in_order(node: Serving, sse: bool) -> None:
    async with deaf(node, sse=sse) as wire:
        member = only(node)
        said = await flood(node, 200)
        await until(lambda: member in node.node.lagging, "it is behind")
        hear(wire)
        await wire.head()
        if sse:
            assert "retry" in await wire.event()
            got = [headline((await wire.event())["data"]) for _ in said]
        else:
            await wire.message()
            got = [headline(await wire.message()) for _ in said]
        assert got == said


async def test_one_that_is_aborted_is_sent_a_reset(node: Serving) -> None:
    async with deaf(node) as wire:
        await flood(node, 150)
        only(node).abort()
        await until(lambda: not len(node.node.hub), "it has gone")
        hear(wire)
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(5):
                while await wire.reader.read(65536):
                    pass


async def test_a_stop_drains_those_who_joined_and_shows_out_those_who_say_nothing(node: Serving) -> None:
    async with node.joined() as joined, node.wire() as silent:
        await joined.message()
        await until(lambda: node.node.pending, "it is at the gate")
        [gate] = node.node.pending
        assert isinstance(gate, PendingConnection) and not isinstance(gate.transport, SocketTransport)
        node.server.should_exit = True
        assert (await joined.message())["type"] == "bye"
        assert await joined.close_code() == 4000
        assert await silent.ended() == b""
