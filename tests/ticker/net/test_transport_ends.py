"""A connection in the poller ends once, in order, whoever ends it, and no other with it."""

import asyncio
import gc
import socket
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from tests.support.node_audience import BreathingNode
from tests.support.pairs import Pairs, Told, fill, gone, heard, paired, sip
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
    async with paired() as made:
        yield made


@pytest.fixture
async def failures() -> AsyncIterator[list[dict[str, Any]]]:
    """What the loop's exception handler is told."""
    loop, found = asyncio.get_running_loop(), list[dict[str, Any]]()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: found.append(context))
    yield found
    loop.set_exception_handler(before)


# The end


async def test_a_close_with_waiting_bytes_delivers_them_first_and_reads_nothing_more(pairs: Pairs) -> None:
    told, theirs = pairs.unix()
    written = fill(told)
    told.transport.close()
    assert told.transport.is_closing() and not told.lost
    theirs.send(b"unheard")
    told.transport.write(b"too late")
    await asyncio.sleep(0.05)
    assert pairs.poller.turns <= 1
    data = b""
    while len(data) < len(written):
        data += sip(theirs)
        await asyncio.sleep(0)
    assert data == written
    await until(lambda: told.lost == [None], "it has ended")
    assert told.data == b""


def close(told: Told, _theirs: socket.socket) -> None:
    told.transport.close()
    told.transport.close()


def abort(told: Told, _theirs: socket.socket) -> None:
    told.transport.abort()
    told.transport.abort()
    told.transport.close()


def abort_a_closing_one(told: Told, _theirs: socket.socket) -> None:
    fill(told)
    told.transport.close()
    assert not gone(told.fd) and not told.transport.fd < 0
    told.transport.abort()


def end(told: Told, _theirs: socket.socket) -> None:
    told.transport.end()
    told.transport.abort()


def hang_up(_told: Told, theirs: socket.socket) -> None:
    theirs.close()


def hang_up_unheard(told: Told, theirs: socket.socket) -> None:
    told.transport.write(b"unread")
    theirs.close()


def hang_up_behind_bytes(told: Told, theirs: socket.socket) -> None:
    fill(told)
    told.transport.close()
    theirs.close()


WAYS = [close, abort, abort_a_closing_one, end, hang_up, hang_up_unheard, hang_up_behind_bytes]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["unix", "tcp"])
async def test_the_loss_is_told_once_in_a_turn_of_its_own_before_the_descriptor_is_closed(
    pairs: Pairs, kind: str, way: Callable[[Told, socket.socket], None]
) -> None:
    told, theirs = getattr(pairs, kind)()
    way(told, theirs)
    assert told.lost == [] and not gone(told.fd)
    await until(lambda: told.lost, "it is told")
    assert gone(told.fd) and told.transport.is_closing() and told.transport.fd < 0
    assert len(pairs.poller) == 0
    await asyncio.sleep(0.02)
    assert len(told.lost) == 1
    told.transport.write(b"nothing")
    told.transport.pause_reading()
    told.transport.resume_reading()


async def test_an_abort_sends_a_reset_and_an_end_sends_none(pairs: Pairs) -> None:
    told, theirs = pairs.tcp()
    told.transport.write(b"last words")
    told.transport.end()
    assert await heard(theirs) == b"last words"
    told, theirs = pairs.tcp()
    fill(told)
    told.transport.abort()
    with pytest.raises(ConnectionResetError):
        await heard(theirs)


async def test_one_that_is_written_to_after_it_has_gone_ends_and_says_why(pairs: Pairs) -> None:
    told, theirs = pairs.unix()
    theirs.close()
    told.transport.write(b"x")
    assert told.transport.is_closing() and told.lost == []
    await asyncio.sleep(0)
    assert isinstance(told.lost[0], BrokenPipeError)


async def test_a_poller_that_closes_ends_everyone_and_what_the_kernel_has_is_delivered() -> None:
    pairs = Pairs()
    made = [pairs.unix() for _ in range(3)]
    for told, _theirs in made:
        told.transport.write(b"bye")
    pairs.poller.close()
    for told, theirs in made:
        assert await heard(theirs) == b"bye"
        assert told.lost == [None] and gone(told.fd)
        theirs.close()


@pytest.fixture
def by_counts_alone() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.alone
async def test_what_has_ended_waits_for_no_collector(
    pairs: Pairs, by_counts_alone: None, way: Callable[[Told, socket.socket], None]
) -> None:
    async def live() -> list[weakref.ref[Any]]:
        told, theirs = pairs.tcp()
        theirs.send(b"x")
        await until(lambda: told.data, "it has read")
        way(told, theirs)
        await until(lambda: told.lost, "it has ended")
        return [weakref.ref(told), weakref.ref(told.transport)]

    left = await live()
    await until(lambda: not any(each() for each in left), "both are freed", seconds=1)


class Subscriber(JoiningConnection):
    """A client that is never sent away."""

    transport_name = "websocket"

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        raise AssertionError("nobody is sent away here")

    def refuse_join(self, refused: RefusalError) -> None:
        raise AssertionError("nobody is refused here")


async def test_nothing_is_written_after_something_was_dropped(pairs: Pairs) -> None:
    # The bug: the other side had ended, entries were dropped behind what waited, and in the turn between the end and
    # its being told a later one went straight to the descriptor: whoever came back with its cursor missed the others.
    told, theirs = pairs.unix()
    member = Subscriber(BreathingNode())
    member.connection_made(told.transport)
    told.transport.set_protocol(member)
    member.enter(b"", Subscription(), Format.PLAIN)
    while not told.transport.get_write_buffer_size():
        member.write(b"." * 500)
    theirs.shutdown(socket.SHUT_WR)
    pairs.poller._on_ready()
    assert told.transport.is_closing() and told.transport.fd >= 0
    member.write_now(b"dropped")
    data = b""
    while told.transport.fd >= 0:
        data += sip(theirs)
        pairs.poller._on_ready()
    member.write_now(b"after a gap")
    data += sip(theirs)
    assert data.endswith(b".")
    await until(lambda: gone(told.fd), "it has ended")


@pytest.mark.parametrize("full", [False, True])
async def test_a_reset_ends_one_that_does_not_read_and_costs_no_turns(pairs: Pairs, full: bool) -> None:
    told, theirs = pairs.tcp()
    told.transport.pause_reading()
    if full:
        fill(told)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    theirs.close()
    await until(lambda: told.lost, "it is told")
    assert isinstance(told.lost[0], OSError)
    before = pairs.poller.turns
    await asyncio.sleep(0.05)
    assert pairs.poller.turns == before <= 2


async def test_one_that_was_ended_earlier_in_the_same_turn_is_told_nothing(pairs: Pairs) -> None:
    for way in ("close", "close with waiting bytes", "abort", "end"):
        (one, its), (other, others) = pairs.unix(), pairs.unix()
        way, _, waiting = way.partition(" ")
        if waiting:
            fill(one)
            fill(other)
        one.then, other.then = getattr(other.transport, way), getattr(one.transport, way)
        its.send(b"1")
        others.send(b"2")
        await until(lambda one=one, other=other: one.calls or other.calls, "one is told")  # type: ignore[misc]  # a default binds the loop's variable
        await asyncio.sleep(0.02)
        assert sorted([one.data, other.data]) in ([b"", b"1"], [b"", b"2"]), way


# A protocol that raises


@pytest.mark.parametrize("call", ["data_received", "eof_received", "pause_writing", "resume_writing"])
async def test_a_protocol_that_raises_ends_its_own_connection_and_no_other(
    pairs: Pairs, failures: list[dict[str, Any]], call: str
) -> None:
    (told, theirs), (other, others) = pairs.tcp(), pairs.tcp()
    told.raising.add(call)
    theirs.send(b"x")
    others.send(b"x")
    if call.endswith("writing"):
        told.transport.write(b"x" * 4_000_000)
        if call == "resume_writing":
            while not told.lost and told.transport.get_write_buffer_size():
                sip(theirs)
                await asyncio.sleep(0)
    elif call == "eof_received":
        theirs.shutdown(socket.SHUT_WR)
    await until(lambda: told.lost, "it has ended")
    await until(lambda: other.data, "the other has read")
    [failure] = failures
    assert isinstance(failure["exception"], ValueError) and call.split("_")[1] in ("received", "writing")
    assert failure["transport"] is told.transport
    assert other.lost == [] and not other.transport.is_closing()
