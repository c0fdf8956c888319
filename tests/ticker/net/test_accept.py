"""Accepting clients: errors are survived, and a client that leaves holds no descriptor, timer or object."""

import asyncio
import errno
import os
import resource
import socket
import struct
import time
from typing import Any

import pytest
from structlog.typing import EventDict

from tests.support.serving import Serving, Start, request, upgrade
from tests.support.waiting import until_async as until
from ticker.net import accept as acceptor
from ticker.net import first_bytes
from ticker.net.first_bytes import Router
from ticker.net.poller import Pollable, Poller
from ticker.net.websocket import WebSocketConnection
from ticker.node import http_connections
from ticker.shared.http.accept import Acceptor

pytestmark = [pytest.mark.anyio, pytest.mark.epoll("tests the acceptor that belongs to the epoll transport")]

LIVE = request(path="/health/live")
RESET = struct.pack("ii", 1, 0)


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops, because a connection that is handed over gets the loop's transport."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def descriptors_used(node: Serving) -> int:
    """Descriptors that the node's poller holds."""
    assert node.server._poller is not None
    return len(node.server._poller)


def client(node: Serving, data: bytes = b"") -> socket.socket:
    """Connects and sends `data` before the node's loop runs again."""
    sock = socket.create_connection(("127.0.0.1", node.port))
    sock.send(data)
    sock.setblocking(False)
    return sock


async def answers(node: Serving) -> bool:
    async with node.wire(LIVE) as wire:
        return (await wire.reply())[0] == 200


async def idle_descriptors(node: Serving) -> int:
    """Returns the number of descriptors in use after one request, without any client."""
    assert await answers(node)
    await until(lambda: not descriptors_used(node) and not node.server.server_state.connections, "it has gone")
    # The loop closes a descriptor one or two iterations after `connection_lost`.
    await asyncio.sleep(0.05)
    return descriptors()


async def empty(node: Serving, previous: int) -> None:
    await until(lambda: not node.node.pending and not descriptors_used(node), "no descriptor is in use")
    await until(lambda: descriptors() == previous, "every descriptor is closed")


def refusals(log_lines: list[EventDict]) -> list[EventDict]:
    return [line for line in log_lines if line["event"] == "cannot accept"]


# Errors


async def test_a_node_without_a_free_descriptor_accepts_pending_clients_later(
    node: Serving, monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]
) -> None:
    monkeypatch.setattr("ticker.shared.http.accept.ERROR_PAUSE_SECONDS", 0.2)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with client(node, LIVE) as waiting:
        # All numbers below the limit are in use.
        spare = [os.dup(0) for _ in range(max(map(int, os.listdir("/proc/self/fd"))) + 1 - descriptors())]
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, spare), default=waiting.fileno()) + 1, hard))
        try:
            began = time.monotonic()
            await until(lambda: len(refusals(log_lines)) == 2, "it is logged twice")
            # Not in every iteration of the loop.
            assert time.monotonic() - began >= 0.18
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for descriptor in spare:
                os.close(descriptor)
        async with asyncio.timeout(5):
            assert (await asyncio.get_running_loop().sock_recv(waiting, 100)).startswith(b"HTTP/1.1 200")


@pytest.mark.deep
@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
async def test_after_an_exhaustion_accept_is_tried_again_once_per_pause(
    node: Serving, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("ticker.shared.http.accept.ERROR_PAUSE_SECONDS", 0.1)
    calls: list[float] = []

    def fail(_sock: socket.socket) -> tuple[int, Any]:
        calls.append(time.monotonic())
        raise OSError(number, "exhausted")

    with monkeypatch.context() as patch, client(node, LIVE) as waiting:
        patch.setattr(socket.socket, "_accept", fail)
        await until(lambda: len(calls) == 4, "it has tried again")
        assert calls[-1] - calls[0] >= 0.27
        patch.undo()
        async with asyncio.timeout(5):
            assert (await asyncio.get_running_loop().sock_recv(waiting, 100)).startswith(b"HTTP/1.1 200")


async def test_a_client_that_left_before_accept_does_not_block_the_next(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept = socket.socket._accept  # type: ignore[attr-defined]  # not in typeshed
    errors = [errno.ECONNABORTED, errno.EPROTO, errno.EPERM]

    def fail(sock: socket.socket) -> Any:
        if errors:
            raise OSError(errors.pop(), "gone")
        return accept(sock)

    monkeypatch.setattr(socket.socket, "_accept", fail)
    assert await answers(node)
    assert not errors


async def test_a_second_close_does_nothing_and_a_close_in_a_pause_is_final(
    node: Serving,
) -> None:
    [acceptor] = node.server.servers
    assert isinstance(acceptor, Acceptor)
    acceptor._pause_for(0.05)
    acceptor.close()
    acceptor.close()
    await acceptor.wait_closed()
    # Longer than the pause.
    await asyncio.sleep(0.1)
    with pytest.raises(ConnectionRefusedError):
        client(node)


class Failing(WebSocketConnection):
    def open(self, request: Any) -> None:
        raise ValueError("broken")


@pytest.mark.deep
@pytest.mark.parametrize("late", [False, True])
async def test_a_join_that_raises_closes_only_its_own_connection(start: Start, late: bool) -> None:
    # The bug: if the request arrived with the connection, its descriptor was never closed.
    node = await start(connection=Failing)
    failures: list[Any] = []
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: failures.append(context["exception"]))
    previous = await idle_descriptors(node)
    with client(node, b"" if late else upgrade()) as failing, client(node, LIVE) as other:
        if late:
            await until(lambda: descriptors_used(node) == 1, "its connection is pending")
            failing.send(upgrade())
        async with asyncio.timeout(5):
            assert (await loop.sock_recv(other, 100)).startswith(b"HTTP/1.1 200")
            with pytest.raises(ConnectionResetError):
                await loop.sock_recv(failing, 100)
    await empty(node, previous)
    assert list(map(repr, failures)) == ["ValueError('broken')"]
    loop.set_exception_handler(handler)


@pytest.mark.deep
async def test_a_client_that_the_poller_cannot_add_does_not_block_others(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    previous = await idle_descriptors(node)
    add, errors = Poller.add, [errno.ENOSPC]

    def fail(poller: Poller, fd: int, owner: Pollable) -> None:
        if errors:
            raise OSError(errors.pop(), "no more")
        add(poller, fd, owner)

    monkeypatch.setattr(Poller, "add", fail)
    with client(node, LIVE) as first, client(node, LIVE) as second:
        async with asyncio.timeout(5):
            assert (await asyncio.get_running_loop().sock_recv(second, 100)).startswith(b"HTTP/1.1 200")
            assert await asyncio.get_running_loop().sock_recv(first, 100) == b""
    await empty(node, previous)


# Clients


@pytest.mark.deep
async def test_a_client_that_disconnects_at_once_leaves_nothing_behind(node: Serving) -> None:
    previous = await idle_descriptors(node)
    for data in (b"", b"GET ", LIVE, upgrade()):
        for linger in (None, RESET):
            for _ in range(20):
                with client(node, data) as sock:
                    if linger:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            await empty(node, previous)
    assert not node.server.server_state.connections and not len(node.node.hub)


@pytest.mark.deep
async def test_a_silent_client_is_reset_after_the_request_timeout(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    previous = await idle_descriptors(node)
    monkeypatch.setattr(http_connections, "REQUEST_SECONDS", 0.5)
    began = time.monotonic()
    with client(node) as silent:
        async with asyncio.timeout(5):
            with pytest.raises(ConnectionResetError):
                await asyncio.get_running_loop().sock_recv(silent, 100)
        assert time.monotonic() - began >= 0.5
    await empty(node, previous)


async def test_whole_split_and_pipelined_requests_are_answered(node: Serving) -> None:
    async with node.wire(LIVE) as wire:
        for _ in range(3):
            assert (await wire.reply())[0] == 200
            # The next request on the same connection.
            wire.send(LIVE)
    for size in (1, 7, 20):
        async with node.wire() as wire:
            await until(lambda: descriptors_used(node) == 1, "its connection is pending")
            for at in range(0, len(LIVE), size):
                wire.send(LIVE[at : at + size])
                await asyncio.sleep(0)
            assert (await wire.reply())[0] == 200
    async with node.wire(LIVE + LIVE) as wire:
        assert [(await wire.reply())[0] for _ in range(2)] == [200, 200]
    await until(lambda: not descriptors_used(node), "no descriptor is in use")


async def test_each_iteration_accepts_as_many_clients_as_its_time_allows(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptor, "STEP_SECONDS", 0.0)
    loop, iteration, iterations = asyncio.get_running_loop(), 0, list[int]()
    route = Router.route

    def record(self: Router, transport: Any, data: bytes, peer: str, until: float | None = None) -> None:
        iterations.append(iteration)
        route(self, transport, data, peer, until)

    def count() -> None:
        nonlocal iteration
        iteration += 1
        counting.append(loop.call_soon(count))

    monkeypatch.setattr(Router, "route", record)
    counting: list[asyncio.Handle] = []
    clients = [client(node, LIVE) for _ in range(8)]
    try:
        count()
        for sock in clients:
            assert (await loop.sock_recv(sock, 12)).endswith(b"200")
        counting[-1].cancel()
    finally:
        for sock in clients:
            sock.close()
    assert len(set(iterations[:8])) == 8, iterations


class SlowHandover:
    """Makes the loop finish no handover of a socket before `done` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        make = loop.connect_accepted_socket
        self.handover: Any = None
        self.done = asyncio.Event()

        async def slow(factory: Any, sock: socket.socket) -> tuple[Any, Any]:
            connection = await make(factory, sock)
            self.handover = connection[1]
            await self.done.wait()
            return connection

        monkeypatch.setattr(loop, "connect_accepted_socket", slow)


async def test_bytes_that_arrive_during_a_handover_are_not_lost(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowHandover(monkeypatch)
    data = LIVE + LIVE + LIVE[:20]
    async with node.wire(data[:10]) as wire:
        for start, stop in ((10, 30), (30, len(data))):
            await until(lambda start=start: slow.handover and slow.handover.data == data[:start], "it has come")  # type: ignore[misc]  # a default binds the loop's variable
            wire.send(data[start:stop])
        await until(lambda: slow.handover.data == data, "all has come")
        assert isinstance(slow.handover, first_bytes.Handover) and list(node.node.pending) == [slow.handover]
        # The sweep may run during the handover.
        slow.handover.expire()
        slow.done.set()
        assert [(await wire.reply())[0] for _ in range(2)] == [200, 200]
        wire.send(LIVE[20:])
        assert (await wire.reply())[0] == 200
    await until(lambda: not node.node.pending, "no connection is open")


@pytest.mark.deep
@pytest.mark.parametrize("linger", [None, RESET])
async def test_a_client_that_leaves_during_a_handover_leaves_nothing_behind(
    node: Serving, monkeypatch: pytest.MonkeyPatch, linger: bytes | None
) -> None:
    previous = await idle_descriptors(node)
    slow = SlowHandover(monkeypatch)
    with client(node, LIVE) as sock:
        await until(lambda: slow.handover, "the handover has begun")
        if linger:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    await until(lambda: slow.handover.is_at_end or linger, "the loop has read its EOF, if there is one")
    slow.done.set()
    await empty(node, previous)
    await until(lambda: not node.server.server_state.connections, "no connection is open")


async def test_a_client_that_half_closes_during_a_handover_is_answered(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bug: an EOF during the handover was treated as a lost connection.
    slow = SlowHandover(monkeypatch)
    async with node.wire(LIVE) as wire:
        await until(lambda: slow.handover, "the handover has begun")
        wire.writer.write_eof()
        await until(lambda: slow.handover.is_at_end, "it has ended")
        slow.done.set()
        assert (await wire.reply())[0] == 200
        await wire.read_to_end()
    await until(lambda: not node.server.server_state.connections, "no connection is open")


async def test_clients_that_arrive_together_are_handed_over_a_few_at_a_time(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bug: 48 requests for pages in one iteration blocked the loop for 10 to 58 ms.
    loop = asyncio.get_running_loop()
    make, running, highest = loop.connect_accepted_socket, 0, 0

    async def counted(factory: Any, sock: socket.socket) -> tuple[Any, Any]:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        try:
            # One iteration, in which other handovers may begin.
            await asyncio.sleep(0)
            return await make(factory, sock)
        finally:
            running -= 1

    monkeypatch.setattr(loop, "connect_accepted_socket", counted)
    clients = [client(node, LIVE) for _ in range(40)]
    for sock in clients:
        async with asyncio.timeout(5):
            assert (await loop.sock_recv(sock, 100)).startswith(b"HTTP/1.1 200")
        sock.close()
    assert 1 < highest <= first_bytes.HANDOVERS_AT_ONCE


async def test_a_failed_handover_leaves_nothing_behind(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    previous = await idle_descriptors(node)

    async def fail(_factory: Any, _sock: socket.socket) -> None:
        raise OSError(errno.ENOMEM, "no room")

    monkeypatch.setattr(asyncio.get_running_loop(), "connect_accepted_socket", fail)
    with client(node, LIVE) as sock:
        async with asyncio.timeout(5):
            assert await asyncio.get_running_loop().sock_recv(sock, 100) == b""
    await empty(node, previous)


@pytest.mark.deep
async def test_hundreds_of_clients_of_all_kinds_leave_nothing_behind(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    previous = await idle_descriptors(node)
    kinds = [b"", b"G", LIVE, LIVE[:30], LIVE * 2, upgrade(), upgrade("edition=xx"), b"\0\1\2\r\n\r\n"]
    kinds += [request(Accept="text/event-stream"), request(Accept="text/event-stream", X="y" * 20_000), upgrade()[:40]]
    monkeypatch.setattr(http_connections, "REQUEST_SECONDS", 1.0)
    for attempt in range(3):
        clients = [client(node, kinds[number % len(kinds)]) for number in range(143)]
        # This later client is answered only after all earlier ones are accepted.
        assert await answers(node)
        await until(lambda: len(node.node.hub) == 26, "all valid requests have joined")
        for number, sock in enumerate(clients):
            if (number + attempt) % 3 == 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            sock.close()
        await empty(node, previous)
    assert not len(node.node.hub) and not node.server.server_state.connections
