"""Limits for one client address: half of a node's connections over all transports, and a few lookups."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from tests.support.serving import Serving, Start, Wire, request, upgrade
from tests.support.waiting import until_async as until
from ticker.net.client_address import client_address
from ticker.node import lookups
from ticker.node.lookups import Lookups
from ticker.node.work_queue import BusyError
from ticker.shared.http.trusted_proxies import network

pytestmark = pytest.mark.anyio
# Loopback addresses that, unlike 127.0.0.1, are not trusted as proxies.
CLIENT_ADDRESS, OTHER_ADDRESS = "127.0.0.2", "127.0.0.3"


@asynccontextmanager
async def wire_from(node: Serving, address: str, data: bytes) -> AsyncIterator[Wire]:
    """A raw connection from `address` that has sent `data`."""
    sock = socket.socket()
    sock.setblocking(False)
    sock.bind((address, 0))
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", node.port))
    reader, writer = await asyncio.open_connection(sock=sock)
    try:
        writer.write(data)
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("settings", [{"max_connections": 6}, {"max_connections": 100, "address_connections": 3}])
async def test_one_address_cannot_take_all_connections(start: Start, settings: dict[str, Any]) -> None:
    node = await start(**settings)
    await node.publish("One")
    cursor = node.node.backlog.newest
    stream = request(Accept="text/event-stream")
    async with AsyncExitStack() as stack:

        async def joins(address: str, data: bytes) -> Wire:
            return await stack.enter_async_context(wire_from(node, address, data))

        assert (await (await joins(CLIENT_ADDRESS, upgrade())).head())[0] == 101
        assert (await (await joins(CLIENT_ADDRESS, stream)).head())[0] == 200
        poll = await joins(CLIENT_ADDRESS, request(f"cursor={cursor}&wait=30"))
        await until(lambda: node.node.polls == 1, "the poll waits")
        for refused_request in (upgrade(), request(Accept="text/event-stream", X_Temporary_Refusal="503"), request()):
            status, headers = await (await joins(CLIENT_ADDRESS, refused_request)).head()
            assert (status, headers["retry-after"]) == (503, "2"), refused_request
        refused = await joins(CLIENT_ADDRESS, stream)
        # An EventSource reconnects only after a 200 with an event stream.
        assert (await refused.head())[0] == 200 and b"retry: " in await refused.read_to_end()
        assert node.count("flashwire_address_refusals_total") == 4
        assert (await (await joins(OTHER_ADDRESS, upgrade())).head())[0] == 101
        # A client that leaves frees its slot, also after a long poll.
        poll.writer.transport.abort()
        await until(lambda: node.node.polls == 0, "the poll is gone")
        assert (await (await joins(CLIENT_ADDRESS, upgrade())).head())[0] == 101
    await until(lambda: len(node.node.hub) == 0, "all are gone")
    assert not node.node.address_counts._counts


async def test_a_proxy_has_no_limit_and_its_clients_have_one(start: Start) -> None:
    node = await start(max_connections=100, address_connections=2)
    await node.publish("One")
    async with AsyncExitStack() as stack:
        for forwarded, expected in (("9.9.9.9", [101, 101, 503]), ("2001:db8::1", [101, 101]), (None, [101] * 5)):
            for status in expected:
                wire = await stack.enter_async_context(node.wire(upgrade(X_Forwarded_For=forwarded)))
                assert (await wire.head())[0] == status, forwarded
        # A client can choose the second half of its IPv6 address, so it does not count.
        wire = await stack.enter_async_context(node.wire(upgrade(X_Forwarded_For="2001:db8::ffff")))
        assert (await wire.head())[0] == 503


def test_an_ipv6_address_counts_by_its_network() -> None:
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2::") != network("2001:db8:1:3::")
    assert network("192.0.2.7") == "192.0.2.7" and network("") == network("no:address") == network("unknown") == ""
    assert network("::ffff:192.0.2.7") == network("::ffff:c000:207") == "192.0.2.7" != network("::ffff:192.0.2.8")
    assert network("fe80::1%eth0") == "fe80::/64"


async def test_lookups_are_queued_and_refused_above_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "LIMIT", 10)
    lookup = Lookups()
    answer = asyncio.Event()
    running = 0

    async def look_up() -> bool:
        nonlocal running
        running += 1
        return await answer.wait()

    tasks = [asyncio.ensure_future(lookup.run(look_up)) for _ in range(10)]
    await asyncio.sleep(0)
    assert running == lookups.AT_ONCE and len(lookup) == 10
    with pytest.raises(BusyError):
        await lookup.run(look_up)
    tasks[0].cancel()
    answer.set()
    assert await asyncio.gather(*tasks[1:]) == [True] * 9 and len(lookup) == 0


@pytest.mark.epoll("asyncio accepts one connection per iteration, so that requests do not come together")
async def test_a_flood_of_history_requests_reaches_redis_a_few_at_a_time(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await node.publish("One")
    running = highest = 0
    ledger = "ticker.stream.redis_stream.Stream.ledger"

    async def count_and_wait(self: object, uri: str) -> list[bytes]:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        await asyncio.sleep(0.05)
        running -= 1
        return []

    monkeypatch.setattr(ledger, count_and_wait)
    monkeypatch.setattr(lookups, "LIMIT", 20)
    requests = [node.get(f"/v1/items/{line.uri}/history") for _ in range(40)]
    statuses = [reply.status_code for reply in await asyncio.gather(*requests)]
    # The bug: each request opened a separate connection to Redis.
    assert highest == lookups.AT_ONCE and set(statuses) == {404, 503} and running == 0


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "expected"),
    [
        ("192.0.2.7", None, "127.0.0.1", "192.0.2.7"),
        # The header counts only from a trusted proxy.
        ("192.0.2.7", "9.9.9.9", "127.0.0.1", "192.0.2.7"),
        ("127.0.0.1", "9.9.9.9", "127.0.0.1", "9.9.9.9"),
        ("127.0.0.1", "1.1.1.1, 9.9.9.9, 127.0.0.1", "127.0.0.1", "9.9.9.9"),
        # A proxy that forwards no address has no limit, over IPv6 and on a dual-stack socket too.
        ("127.0.0.1", None, "127.0.0.1", ""),
        ("::1", None, "::1", ""),
        ("2001:db8::7", None, "2001:db8::/64", ""),
        ("::ffff:10.0.0.5", None, "10.0.0.0/8", ""),
        ("::ffff:10.0.0.5", "9.9.9.9", "10.0.0.0/8", "9.9.9.9"),
        ("::ffff:10.0.0.5", "9.9.9.9, ::ffff:10.1.2.3", "10.0.0.0/8", "9.9.9.9"),
        ("::ffff:9.9.9.9", "8.8.8.8", "10.0.0.0/8", "9.9.9.9"),
        ("127.0.0.1", "unknown", "127.0.0.1", ""),
        ("127.0.0.1", "", "127.0.0.1", ""),
        ("127.0.0.1", "10.0.0.5", "127.0.0.1,10.0.0.0/8", ""),
        # With `*` every address is a proxy, and the addresses it forwards are clients.
        ("192.0.2.7", "9.9.9.9", "*", "9.9.9.9"),
        ("192.0.2.7", None, "*", ""),
    ],
)
def test_the_address_under_which_a_client_counts(peer: str, forwarded: str | None, proxies: str, expected: str) -> None:
    forwarded_header = None if forwarded is None else forwarded.encode()
    assert client_address(peer, forwarded_header, proxies) == expected
