"""With `FLASHWIRE_TRANSPORT=asyncio`, and without epoll, the loop's transports serve clients in the same way."""

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
    """Both loops, because each has its own transports."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
async def node(start: Start) -> Serving:
    return await start(
        transport="asyncio", write_limit_bytes=LIMIT, slow_seconds=60, heartbeat_seconds=60, stream_length=1000
    )


def loop_transports(node: Serving) -> list[bool]:
    """For each live connection, whether the loop's transport serves it."""
    members = [member for member in node.node.hub.members() if isinstance(member, Connection)]
    return [not isinstance(member.transport, SocketTransport) for member in members]


async def test_a_system_without_epoll_uses_the_loops_transports(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticker.net.poller.is_available", lambda: False)
    node = await start(transport="auto")
    async with node.joined() as client:
        await client.message()
        assert loop_transports(node) == [True]


@pytest.mark.epoll("compares the two values of the setting")
async def test_the_setting_auto_uses_epoll_where_there_is_one(start: Start) -> None:
    node = await start(transport="auto")
    async with node.joined() as client:
        await client.message()
        assert loop_transports(node) == [False]


async def test_clients_of_every_transport_are_served_in_order(node: Serving) -> None:
    sse_request = request(Accept="text/event-stream")
    async with (
        node.joined() as socket,
        node.wire(sse_request) as stream,
        node.wire(request(path="/health/live")) as plain,
    ):
        await stream.head()
        assert "retry" in await stream.event()
        assert (await socket.message())["type"] == "snapshot"
        assert (await plain.reply())[0] == 200
        headlines = await flood(node, 50)
        assert [headline(await socket.message()) for _ in headlines] == headlines
        assert [headline((await stream.event())["data"]) for _ in headlines] == headlines
        assert loop_transports(node) == [True, True]
    await until(lambda: not len(node.node.hub), "they have gone")


@pytest.mark.deep
@pytest.mark.parametrize("sse", [False, True])
async def test_a_lagging_client_gets_what_it_missed_in_order(node: Serving, sse: bool) -> None:
    async with deaf(node, sse=sse) as wire:
        member = only(node)
        headlines = await flood(node, 200)
        await until(lambda: member in node.node.lagging, "it is behind")
        hear(wire)
        await wire.head()
        if sse:
            assert "retry" in await wire.event()
            got = [headline((await wire.event())["data"]) for _ in headlines]
        else:
            await wire.message()
            got = [headline(await wire.message()) for _ in headlines]
        assert got == headlines


async def test_an_aborted_client_gets_a_reset(node: Serving) -> None:
    async with deaf(node) as wire:
        await flood(node, 150)
        only(node).abort()
        await until(lambda: not len(node.node.hub), "it has gone")
        hear(wire)
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(5):
                while await wire.reader.read(65536):
                    pass


async def test_a_stop_drains_members_and_closes_silent_clients(node: Serving) -> None:
    async with node.joined() as joined, node.wire() as silent:
        await joined.message()
        await until(lambda: node.node.pending, "its connection is pending")
        [connection] = node.node.pending
        assert isinstance(connection, PendingConnection) and not isinstance(connection.transport, SocketTransport)
        node.server.should_exit = True
        assert (await joined.message())["type"] == "bye"
        assert await joined.close_code() == 4000
        assert await silent.read_to_end() == b""
