"""What is written through our own transport arrives, and what arrives is read, as asyncio promises of transports."""

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

from tests.support.pairs import HIGH, LOW, Pairs, fill, heard, numbered, paired, sip
from tests.support.serving import LIMIT_SECONDS
from tests.support.waiting import until_async as until

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
async def pairs() -> AsyncIterator[Pairs]:
    async with paired() as made:
        yield made


# What is written


async def test_what_is_written_arrives_whole_and_in_order_however_little_the_kernel_takes(pairs: Pairs) -> None:
    for told, theirs in (pairs.unix(), pairs.tcp()):
        written = numbered(3000, 200)
        for piece in written:
            told.transport.write(piece)
        assert told.transport.get_write_buffer_size() > 100_000
        told.transport.close()
        assert await heard(theirs, 777) == b"".join(written)


async def test_what_waits_is_handed_to_the_kernel_as_it_was_given_and_so_many_pieces_at_once_as_it_takes(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, theirs = pairs.unix()
    before, waiting = fill(told), numbered(2000, 1600)
    calls: list[list[Any]] = []
    writev = os.writev

    def spy(fd: int, pieces: list[Any]) -> int:
        calls.append([piece.obj if isinstance(piece, memoryview) else piece for piece in pieces])
        return writev(fd, pieces)

    monkeypatch.setattr("os.writev", spy)
    for piece in waiting:
        told.transport.write(piece)
    told.transport.close()
    assert await heard(theirs) == before + b"".join(waiting)
    assert 1 < max(map(len, calls)) <= os.sysconf("SC_IOV_MAX")
    handed = {id(piece) for pieces in calls for piece in pieces}
    # Not compared as sets: what differs would be written out for minutes.
    assert all(id(piece) in handed for piece in waiting)


async def test_what_waits_costs_about_the_bytes_that_are_counted_however_short_it_comes(pairs: Pairs) -> None:
    # The bug: answers to pings, two bytes each, cost 300 by themselves: 31 MB within a bound of 256 KiB.
    told, theirs = pairs.unix()
    before = fill(told)
    tracemalloc.start()
    try:
        for _ in range(50_000):
            told.transport.write(b"\x8a" + b"\x00")
        held, _most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told.transport.get_write_buffer_size() >= 100_000 and held < 250_000
    told.transport.close()
    assert await heard(theirs) == before + b"\x8a\x00" * 50_000


async def test_short_ones_that_wait_keep_their_order_among_long_ones(pairs: Pairs) -> None:
    told, theirs = pairs.unix()
    written = [fill(told)]
    for number in range(2000):
        written.append(b"%d," % number * (40 if number % 7 == 0 else 1))
        told.transport.write(written[-1])
    assert told.transport.get_write_buffer_size() <= sum(map(len, written))
    told.transport.close()
    assert await heard(theirs, 333) == b"".join(written)


async def test_writing_is_paused_above_the_high_mark_and_resumed_at_the_low_one_once_each(pairs: Pairs) -> None:
    told, theirs = pairs.unix()
    for turn in range(2):
        before = ["pause_writing", "resume_writing"] * turn
        fill(told)
        told.transport.write(b"x" * (HIGH - told.transport.get_write_buffer_size()))
        assert (told.calls, told.transport.get_write_buffer_size()) == (before, HIGH)
        told.transport.write(b"x")
        assert told.calls == [*before, "pause_writing"]
        told.transport.write(b"x")
        while told.transport.get_write_buffer_size() > LOW:
            assert told.calls == [*before, "pause_writing"]
            sip(theirs, 500)
            await asyncio.sleep(0)
        while told.transport.get_write_buffer_size():
            assert told.calls == [*before, "pause_writing", "resume_writing"]
            sip(theirs, 500)
            await asyncio.sleep(0)
    told.transport.close()
    await heard(theirs)
    assert told.calls == ["pause_writing", "resume_writing"] * 2


async def test_writing_is_resumed_at_exactly_the_low_mark(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    told, theirs = pairs.unix()
    fill(told)
    told.transport.write(b"x" * HIGH)
    size = told.transport.get_write_buffer_size()
    # A kernel that takes as much as that and no more.
    monkeypatch.setattr("os.writev", lambda _fd, _pieces: size - LOW)
    while sip(theirs):
        pass
    pairs.poller._on_ready()
    assert told.calls == ["pause_writing", "resume_writing"]
    assert told.transport.get_write_buffer_size() == LOW


async def test_the_buffers_size_is_what_the_kernel_has_not_taken(pairs: Pairs) -> None:
    told, theirs = pairs.unix()
    told.transport.write(b"little")
    assert told.transport.get_write_buffer_size() == 0
    written = 6 + len(fill(told))
    taken = 0
    while told.transport.get_write_buffer_size():
        taken += len(sip(theirs))
        await asyncio.sleep(0)
    while taken < written:
        taken += len(sip(theirs))
    assert taken == written


async def test_what_is_first_written_under_a_cork_leaves_when_it_is_drawn(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [pairs.unix() for _ in range(4)]
    (one, _), (closed, _), (aborted, _), (long, _) = made
    with pytest.raises(ValueError), pairs.poller.corked():
        for told, _theirs in made:
            told.transport.write(b"first,")
            told.transport.write(b"second")
        closed.transport.close()
        aborted.transport.abort()
        long.transport.write(b"." * 40_000)
        assert long.calls == ["pause_writing"]
        assert one.transport.get_write_buffer_size() == 12
        assert [sip(theirs) for _told, theirs in made[:2]] == [b"", b""]
        raise ValueError("others are still written to")
    assert [sip(theirs) for _told, theirs in made[:2]] == [b"first,second"] * 2
    assert one.transport.get_write_buffer_size() == 0
    # Corked no more.
    one.transport.write(b"third")
    assert sip(made[0][1]) == b"third"
    await until(lambda: closed.lost == [None] and aborted.lost == [None], "both have ended")
    long.transport.close()
    assert await heard(made[3][1]) == b"first,second" + b"." * 40_000
    assert await heard(made[1][1]) == b""


async def test_a_transport_with_nothing_waiting_costs_no_turns(pairs: Pairs) -> None:
    told, theirs = pairs.unix()
    fill(told)
    while told.transport.get_write_buffer_size():
        sip(theirs)
        await asyncio.sleep(0)
    before = pairs.poller.turns
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert pairs.poller.turns <= before + 1


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
            told, theirs = pairs.unix()
            written = read = b""
            for what, size in steps:
                if what == "w":
                    written += (piece := rng.randbytes(size))
                    told.transport.write(piece)
                elif what == "r":
                    read += sip(theirs, size)
                else:
                    await asyncio.sleep(0)
            told.transport.close()
            assert read + await heard(theirs, 1 + rng.randrange(5000)) == written
            await until(lambda: told.lost == [None], "it has ended")
            # One after the other, each once.
            assert "".join(call[0] for call in told.calls) in "pr" * 60

    asyncio.run(run())


# What is read


async def test_an_end_of_the_other_side_closes(pairs: Pairs) -> None:
    told, theirs = pairs.tcp()
    written = fill(told)
    theirs.shutdown(socket.SHUT_WR)
    await until(told.transport.is_closing, "it closes")
    assert told.lost == []
    assert await heard(theirs) == written
    await until(lambda: told.lost == [None], "it has ended")
    assert told.calls.count("eof_received") == 1


async def test_one_that_stays_after_the_other_sides_end_may_write_and_costs_no_turns(
    pairs: Pairs,
) -> None:
    for told, theirs in (pairs.tcp(), pairs.unix()):
        told.stays = True
        theirs.shutdown(socket.SHUT_WR)
        await until(lambda told=told: told.calls == ["eof_received"], "it is told")  # type: ignore[misc]  # a default binds the loop's variable
        before = pairs.poller.turns
        await asyncio.sleep(0.05)
        assert pairs.poller.turns <= before + 1
        told.transport.write(b"answer")
        told.transport.close()
        assert await heard(theirs) == b"answer"


async def test_a_pause_keeps_what_comes_until_reading_is_resumed(pairs: Pairs) -> None:
    told, theirs = pairs.unix()
    told.transport.pause_reading()
    theirs.send(b"later")
    await asyncio.sleep(0.02)
    assert told.data == b"" and pairs.poller.turns == 0
    told.transport.resume_reading()
    await until(lambda: told.data == b"later", "it is read")


async def test_a_detached_socket_is_usable_and_its_protocol_is_told_nothing_more(pairs: Pairs) -> None:
    told, theirs = pairs.unix()
    sock = told.transport.detach()
    with sock:
        assert not sock.getblocking() and sock.fileno() == told.fd
        assert len(pairs.poller) == 0 and told.transport.is_closing() and told.transport.fd < 0
        theirs.send(b"for the next")
        told.transport.write(b"not sent")
        told.transport.abort()
        told.transport.close()
        told.transport.end()
        async with asyncio.timeout(LIMIT_SECONDS):
            assert await asyncio.get_running_loop().sock_recv(sock, 100) == b"for the next"
        sock.send(b"answer")
        assert theirs.recv(100) == b"answer"
        theirs.close()
        await asyncio.sleep(0.02)
    assert told.calls == [] and told.lost == []
