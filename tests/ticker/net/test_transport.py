"""Our transport writes and reads all bytes, and keeps the rules of asyncio's transports."""

import asyncio
import os
import random
import socket
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.pairs import HIGH, LOW, Pairs, fill, numbered, paired, read_all, read_some
from tests.support.serving import LIMIT_SECONDS
from tests.support.waiting import until_async as until

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
async def pairs() -> AsyncIterator[Pairs]:
    async with paired() as connections:
        yield connections


# Writing


async def test_writes_arrive_complete_and_in_order_however_small_the_send_buffer(pairs: Pairs) -> None:
    for protocol, peer in (pairs.unix(), pairs.tcp()):
        sent = numbered(3000, 200)
        for piece in sent:
            protocol.transport.write(piece)
        assert protocol.transport.get_write_buffer_size() > 100_000
        protocol.transport.close()
        assert await read_all(peer, 777) == b"".join(sent)


async def test_buffered_pieces_reach_the_kernel_uncopied_and_many_per_call(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol, peer = pairs.unix()
    previous, buffered = fill(protocol), numbered(2000, 1600)
    calls: list[list[Any]] = []
    writev = os.writev

    def record(fd: int, pieces: list[Any]) -> int:
        calls.append([piece.obj if isinstance(piece, memoryview) else piece for piece in pieces])
        return writev(fd, pieces)

    monkeypatch.setattr("os.writev", record)
    for piece in buffered:
        protocol.transport.write(piece)
    protocol.transport.close()
    assert await read_all(peer) == previous + b"".join(buffered)
    assert 1 < max(map(len, calls)) <= os.sysconf("SC_IOV_MAX")
    written_ids = {id(piece) for pieces in calls for piece in pieces}
    # Not compared as sets: pytest would print the difference for minutes.
    assert all(id(piece) in written_ids for piece in buffered)


async def test_the_buffer_costs_about_the_counted_bytes_for_any_size_of_writes(pairs: Pairs) -> None:
    # The bug: each pong of two bytes cost 300 bytes, so that a bound of 256 KiB held 31 MB.
    protocol, peer = pairs.unix()
    previous = fill(protocol)
    tracemalloc.start()
    try:
        for _ in range(50_000):
            protocol.transport.write(b"\x8a" + b"\x00")
        bytes_used, _limit = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert protocol.transport.get_write_buffer_size() >= 100_000 and bytes_used < 250_000
    protocol.transport.close()
    assert await read_all(peer) == previous + b"\x8a\x00" * 50_000


async def test_short_buffered_writes_keep_their_order_among_long_ones(pairs: Pairs) -> None:
    protocol, peer = pairs.unix()
    sent = [fill(protocol)]
    for number in range(2000):
        sent.append(b"%d," % number * (40 if number % 7 == 0 else 1))
        protocol.transport.write(sent[-1])
    assert protocol.transport.get_write_buffer_size() <= sum(map(len, sent))
    protocol.transport.close()
    assert await read_all(peer, 333) == b"".join(sent)


async def test_writing_is_paused_above_the_high_mark_and_resumed_at_the_low_one_once_each(pairs: Pairs) -> None:
    protocol, peer = pairs.unix()
    for rounds in range(2):
        previous = ["pause_writing", "resume_writing"] * rounds
        fill(protocol)
        protocol.transport.write(b"x" * (HIGH - protocol.transport.get_write_buffer_size()))
        assert (protocol.calls, protocol.transport.get_write_buffer_size()) == (previous, HIGH)
        protocol.transport.write(b"x")
        assert protocol.calls == [*previous, "pause_writing"]
        protocol.transport.write(b"x")
        while protocol.transport.get_write_buffer_size() > LOW:
            assert protocol.calls == [*previous, "pause_writing"]
            read_some(peer, 500)
            await asyncio.sleep(0)
        while protocol.transport.get_write_buffer_size():
            assert protocol.calls == [*previous, "pause_writing", "resume_writing"]
            read_some(peer, 500)
            await asyncio.sleep(0)
    protocol.transport.close()
    await read_all(peer)
    assert protocol.calls == ["pause_writing", "resume_writing"] * 2


async def test_writing_is_resumed_at_exactly_the_low_mark(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol, peer = pairs.unix()
    fill(protocol)
    protocol.transport.write(b"x" * HIGH)
    size = protocol.transport.get_write_buffer_size()
    # A kernel that takes exactly this many bytes.
    monkeypatch.setattr("os.writev", lambda _fd, _pieces: size - LOW)
    while read_some(peer):
        pass
    pairs.poller._on_ready()
    assert protocol.calls == ["pause_writing", "resume_writing"]
    assert protocol.transport.get_write_buffer_size() == LOW


async def test_the_buffer_size_counts_the_bytes_that_the_kernel_has_not_taken(pairs: Pairs) -> None:
    protocol, peer = pairs.unix()
    protocol.transport.write(b"little")
    assert protocol.transport.get_write_buffer_size() == 0
    sent = 6 + len(fill(protocol))
    received = 0
    while protocol.transport.get_write_buffer_size():
        received += len(read_some(peer))
        await asyncio.sleep(0)
    while received < sent:
        received += len(read_some(peer))
    assert received == sent


async def test_corked_writes_are_sent_when_the_cork_is_removed(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = [pairs.unix() for _ in range(4)]
    (first, _), (closed, _), (aborted, _), (long, _) = connections
    with pytest.raises(ValueError), pairs.poller.corked():
        for protocol, _theirs in connections:
            protocol.transport.write(b"first,")
            protocol.transport.write(b"second")
        closed.transport.close()
        aborted.transport.abort()
        long.transport.write(b"." * 40_000)
        assert long.calls == ["pause_writing"]
        assert first.transport.get_write_buffer_size() == 12
        assert [read_some(peer) for _protocol, peer in connections[:2]] == [b"", b""]
        raise ValueError("others are still written to")
    assert [read_some(peer) for _protocol, peer in connections[:2]] == [b"first,second"] * 2
    assert first.transport.get_write_buffer_size() == 0
    # The cork is removed.
    first.transport.write(b"third")
    assert read_some(connections[0][1]) == b"third"
    await until(lambda: closed.lost == [None] and aborted.lost == [None], "both have ended")
    long.transport.close()
    assert await read_all(connections[3][1]) == b"first,second" + b"." * 40_000
    assert await read_all(connections[1][1]) == b""


async def test_an_idle_transport_causes_no_events(pairs: Pairs) -> None:
    protocol, peer = pairs.unix()
    fill(protocol)
    while protocol.transport.get_write_buffer_size():
        read_some(peer)
        await asyncio.sleep(0)
    previous = pairs.poller.turns
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert pairs.poller.turns <= previous + 1


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from("wwwr."), st.integers(1, 200) | st.integers(1, 9000)), max_size=60),
    st.integers(),
)
def test_random_writes_reach_a_reader_of_random_amounts_as_they_were_written(
    steps: list[tuple[str, int]], seed: int
) -> None:
    rng = random.Random(seed)

    async def run() -> None:
        async with paired() as pairs:
            protocol, peer = pairs.unix()
            sent = read = b""
            for what, size in steps:
                if what == "w":
                    sent += (piece := rng.randbytes(size))
                    protocol.transport.write(piece)
                elif what == "r":
                    read += read_some(peer, size)
                else:
                    await asyncio.sleep(0)
            protocol.transport.close()
            assert read + await read_all(peer, 1 + rng.randrange(5000)) == sent
            await until(lambda: protocol.lost == [None], "it has ended")
            # Each in order and once.
            assert "".join(call[0] for call in protocol.calls) in "pr" * 60

    asyncio.run(run())


# Reading


async def test_an_eof_from_the_peer_closes_the_transport(pairs: Pairs) -> None:
    protocol, peer = pairs.tcp()
    sent = fill(protocol)
    peer.shutdown(socket.SHUT_WR)
    await until(protocol.transport.is_closing, "it closes")
    assert protocol.lost == []
    assert await read_all(peer) == sent
    await until(lambda: protocol.lost == [None], "it has ended")
    assert protocol.calls.count("eof_received") == 1


async def test_a_half_closed_connection_may_write_and_causes_no_events(
    pairs: Pairs,
) -> None:
    for protocol, peer in (pairs.tcp(), pairs.unix()):
        protocol.stays = True
        peer.shutdown(socket.SHUT_WR)
        await until(lambda protocol=protocol: protocol.calls == ["eof_received"], "`eof_received` is called")  # type: ignore[misc]  # a default binds the loop's variable
        previous = pairs.poller.turns
        await asyncio.sleep(0.05)
        assert pairs.poller.turns <= previous + 1
        protocol.transport.write(b"answer")
        protocol.transport.close()
        assert await read_all(peer) == b"answer"


async def test_bytes_that_arrive_in_a_pause_are_read_after_it(pairs: Pairs) -> None:
    protocol, peer = pairs.unix()
    protocol.transport.pause_reading()
    peer.send(b"later")
    await asyncio.sleep(0.02)
    assert protocol.data == b"" and pairs.poller.turns == 0
    protocol.transport.resume_reading()
    await until(lambda: protocol.data == b"later", "it is read")


async def test_a_detached_socket_is_usable_and_its_protocol_gets_no_more_calls(pairs: Pairs) -> None:
    protocol, peer = pairs.unix()
    sock = protocol.transport.detach()
    with sock:
        assert not sock.getblocking() and sock.fileno() == protocol.fd
        assert len(pairs.poller) == 0 and protocol.transport.is_closing() and protocol.transport.fd < 0
        peer.send(b"for the next")
        protocol.transport.write(b"not sent")
        protocol.transport.abort()
        protocol.transport.close()
        protocol.transport.end()
        async with asyncio.timeout(LIMIT_SECONDS):
            assert await asyncio.get_running_loop().sock_recv(sock, 100) == b"for the next"
        sock.send(b"answer")
        assert peer.recv(100) == b"answer"
        peer.close()
        await asyncio.sleep(0.02)
    assert protocol.calls == [] and protocol.lost == []
