"""A connection in the poller ends once and in order, whichever side ends it, and no other connection ends with it."""

import asyncio
import gc
import socket
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from tests.support.node_audience import SteppedNode
from tests.support.pairs import Pairs, RecordingProtocol, fill, is_closed, paired, read_all, read_some
from tests.support.waiting import until_async as until
from ticker.contract.closes import CloseCode
from ticker.core.frame import Format
from ticker.core.joins import Subscription
from ticker.net.handshake import RefusalError
from ticker.net.joining import JoiningConnection

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
async def pairs() -> AsyncIterator[Pairs]:
    async with paired() as connections:
        yield connections


@pytest.fixture
async def failures() -> AsyncIterator[list[dict[str, Any]]]:
    """The contexts passed to the loop's exception handler."""
    loop, contexts = asyncio.get_running_loop(), list[dict[str, Any]]()
    previous = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: contexts.append(context))
    yield contexts
    loop.set_exception_handler(previous)


# How a connection ends
async def test_a_close_with_waiting_bytes_delivers_them_first_and_reads_nothing_more(pairs: Pairs) -> None:
    protocol, peer = pairs.unix()
    sent = fill(protocol)
    protocol.transport.close()
    assert protocol.transport.is_closing() and not protocol.lost
    peer.send(b"unheard")
    protocol.transport.write(b"too late")
    await asyncio.sleep(0.05)
    assert pairs.poller.turns <= 1
    data = b""
    while len(data) < len(sent):
        data += read_some(peer)
        await asyncio.sleep(0)
    assert data == sent
    await until(lambda: protocol.lost == [None], "it has ended")
    assert protocol.data == b""


def close(protocol: RecordingProtocol, _peer: socket.socket) -> None:
    protocol.transport.close()
    protocol.transport.close()


def abort(protocol: RecordingProtocol, _peer: socket.socket) -> None:
    protocol.transport.abort()
    protocol.transport.abort()
    protocol.transport.close()


def abort_while_closing(protocol: RecordingProtocol, _peer: socket.socket) -> None:
    fill(protocol)
    protocol.transport.close()
    assert not is_closed(protocol.fd) and not protocol.transport.fd < 0
    protocol.transport.abort()


def end_now(protocol: RecordingProtocol, _peer: socket.socket) -> None:
    protocol.transport.end()
    protocol.transport.abort()


def disconnect(_protocol: RecordingProtocol, peer: socket.socket) -> None:
    peer.close()


def disconnect_with_unread_bytes(protocol: RecordingProtocol, peer: socket.socket) -> None:
    protocol.transport.write(b"unread")
    peer.close()


def disconnect_with_full_buffer(protocol: RecordingProtocol, peer: socket.socket) -> None:
    fill(protocol)
    protocol.transport.close()
    peer.close()


ENDINGS = [
    close,
    abort,
    abort_while_closing,
    end_now,
    disconnect,
    disconnect_with_unread_bytes,
    disconnect_with_full_buffer,
]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", ["unix", "tcp"])
async def test_connection_lost_is_called_once_in_a_later_iteration_before_the_close(
    pairs: Pairs, kind: str, ending: Callable[[RecordingProtocol, socket.socket], None]
) -> None:
    protocol, peer = getattr(pairs, kind)()
    ending(protocol, peer)
    assert protocol.lost == [] and not is_closed(protocol.fd)
    await until(lambda: protocol.lost, "`connection_lost` is called")
    assert is_closed(protocol.fd) and protocol.transport.is_closing() and protocol.transport.fd < 0
    assert len(pairs.poller) == 0
    await asyncio.sleep(0.02)
    assert len(protocol.lost) == 1
    protocol.transport.write(b"nothing")
    protocol.transport.pause_reading()
    protocol.transport.resume_reading()


async def test_an_abort_sends_a_reset_and_an_end_sends_none(pairs: Pairs) -> None:
    protocol, peer = pairs.tcp()
    protocol.transport.write(b"last words")
    protocol.transport.end()
    assert await read_all(peer) == b"last words"
    protocol, peer = pairs.tcp()
    fill(protocol)
    protocol.transport.abort()
    with pytest.raises(ConnectionResetError):
        await read_all(peer)


async def test_a_write_to_a_closed_peer_ends_the_connection_with_its_error(pairs: Pairs) -> None:
    protocol, peer = pairs.unix()
    peer.close()
    protocol.transport.write(b"x")
    assert protocol.transport.is_closing() and protocol.lost == []
    await asyncio.sleep(0)
    assert isinstance(protocol.lost[0], BrokenPipeError)


async def test_closing_the_poller_ends_all_connections_and_the_kernel_delivers_its_bytes() -> None:
    pairs = Pairs()
    connections = [pairs.unix() for _ in range(3)]
    for protocol, _peer in connections:
        protocol.transport.write(b"bye")
    pairs.poller.close()
    for protocol, peer in connections:
        assert await read_all(peer) == b"bye"
        assert protocol.lost == [None] and is_closed(protocol.fd)
        peer.close()


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.alone
async def test_an_ended_connection_needs_no_garbage_collection(
    pairs: Pairs, without_collector: None, ending: Callable[[RecordingProtocol, socket.socket], None]
) -> None:
    async def live() -> list[weakref.ref[Any]]:
        protocol, peer = pairs.tcp()
        peer.send(b"x")
        await until(lambda: protocol.data, "it has read")
        ending(protocol, peer)
        await until(lambda: protocol.lost, "it has ended")
        return [weakref.ref(protocol), weakref.ref(protocol.transport)]

    remaining = await live()
    await until(lambda: not any(reference() for reference in remaining), "both are freed", seconds=1)


class Subscriber(JoiningConnection):
    """A subscriber that must never be closed or refused."""

    transport_name = "websocket"

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        raise AssertionError("no client is closed in this test")

    def refuse_join(self, refused: RefusalError) -> None:
        raise AssertionError("no client is refused in this test")


async def test_after_a_dropped_entry_nothing_is_written(pairs: Pairs) -> None:
    # The bug: after the peer's EOF, entries behind a full buffer were dropped, but a later one was written directly.
    # A client that returned with the later cursor then missed the dropped entries.
    protocol, peer = pairs.unix()
    member = Subscriber(SteppedNode())
    member.connection_made(protocol.transport)
    protocol.transport.set_protocol(member)
    member.enter(b"", Subscription(), Format.PLAIN)
    while not protocol.transport.get_write_buffer_size():
        member.write(b"." * 500)
    peer.shutdown(socket.SHUT_WR)
    pairs.poller._on_ready()
    assert protocol.transport.is_closing() and protocol.transport.fd >= 0
    member.write_now(b"dropped")
    data = b""
    while protocol.transport.fd >= 0:
        data += read_some(peer)
        pairs.poller._on_ready()
    member.write_now(b"after a gap")
    data += read_some(peer)
    assert data.endswith(b".")
    await until(lambda: is_closed(protocol.fd), "it has ended")


@pytest.mark.parametrize("full", [False, True])
async def test_a_reset_ends_a_paused_connection_without_further_events(pairs: Pairs, full: bool) -> None:
    protocol, peer = pairs.tcp()
    protocol.transport.pause_reading()
    if full:
        fill(protocol)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    await until(lambda: protocol.lost, "`connection_lost` is called")
    assert isinstance(protocol.lost[0], OSError)
    previous = pairs.poller.turns
    await asyncio.sleep(0.05)
    assert pairs.poller.turns == previous <= 2


async def test_a_connection_ended_earlier_in_an_iteration_gets_no_event(pairs: Pairs) -> None:
    for ending in ("close", "close with waiting bytes", "abort", "end"):
        (first, first_peer), (other, other_peer) = pairs.unix(), pairs.unix()
        ending, _, waiting = ending.partition(" ")
        if waiting:
            fill(first)
            fill(other)
        first.then, other.then = getattr(other.transport, ending), getattr(first.transport, ending)
        first_peer.send(b"1")
        other_peer.send(b"2")
        await until(lambda first=first, other=other: first.calls or other.calls, "one connection has an event")  # type: ignore[misc]  # a default binds the loop's variable
        await asyncio.sleep(0.02)
        assert sorted([first.data, other.data]) in ([b"", b"1"], [b"", b"2"]), ending


# A protocol that raises


@pytest.mark.parametrize("call", ["data_received", "eof_received", "pause_writing", "resume_writing"])
async def test_a_protocol_that_raises_ends_its_own_connection_and_no_other(
    pairs: Pairs, failures: list[dict[str, Any]], call: str
) -> None:
    (protocol, peer), (other, other_peer) = pairs.tcp(), pairs.tcp()
    protocol.raising.add(call)
    peer.send(b"x")
    other_peer.send(b"x")
    if call.endswith("writing"):
        protocol.transport.write(b"x" * 4_000_000)
        if call == "resume_writing":
            while not protocol.lost and protocol.transport.get_write_buffer_size():
                read_some(peer)
                await asyncio.sleep(0)
    elif call == "eof_received":
        peer.shutdown(socket.SHUT_WR)
    await until(lambda: protocol.lost, "it has ended")
    await until(lambda: other.data, "the other has read")
    [failure] = failures
    assert isinstance(failure["exception"], ValueError) and call.split("_")[1] in ("received", "writing")
    assert failure["transport"] is protocol.transport
    assert other.lost == [] and not other.transport.is_closing()
