"""The audience of the benchmark: it counts every item once and in order, or there is no measurement."""

import asyncio
from typing import Any, cast

import pytest

from ticker.bench.round import numbered
from ticker.bench.subscribers import MissedError, Subscriber, Tally

pytestmark = pytest.mark.anyio
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data


def frame(payload: bytes, kind: int = 0x81) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes((kind, length)) + payload
    if length < 65_536:
        return bytes((kind, 126)) + length.to_bytes(2) + payload
    return bytes((kind, 127)) + length.to_bytes(8) + payload


def item(number: int) -> bytes:
    return frame(b'{"type":"item","item":' + numbered(number) + b"}")


def joined(tally: Tally, first: int = 1) -> tuple[Subscriber, Wire]:
    subscriber, wire = Subscriber(tally, "/live", first), Wire()
    subscriber.connection_made(cast(Any, wire))  # Any: only `write` is called
    subscriber.data_received(SWITCHED)
    return subscriber, wire


async def test_a_subscriber_asks_for_an_upgrade_and_joins_when_it_is_granted() -> None:
    subscriber, wire = joined(Tally())
    assert wire.written.startswith(b"GET /live HTTP/1.1\r\n") and b"Upgrade: websocket\r\n" in wire.written
    assert subscriber.joined.done() and subscriber.joined.result() is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 100_000])
async def test_items_are_counted_however_the_bytes_are_cut(size: int) -> None:
    tally = Tally()
    subscriber, _ = joined(tally)
    for number in (1, 2, 3):
        done = tally.expect(1)
        data = frame(b'{"type":"heartbeat"}') + item(number) + frame(b"x" * 70_000) + frame(b"x" * 125)
        for start in range(0, len(data), size):
            subscriber.data_received(data[start : start + size])
        assert done.done() and done.result() is None
    assert tally.fault is None and tally.last > 0


async def test_the_first_item_may_come_in_the_bytes_of_the_handshake() -> None:
    tally = Tally()
    subscriber, wire = Subscriber(tally, "/", 1), Wire()
    subscriber.connection_made(cast(Any, wire))  # Any: only `write` is called
    done = tally.expect(1)
    subscriber.data_received(SWITCHED[:20])
    subscriber.data_received(SWITCHED[20:] + item(1))
    assert done.done()


async def test_an_item_counts_only_when_every_subscriber_has_it() -> None:
    tally = Tally()
    one, _ = joined(tally)
    other, _ = joined(tally)
    done = tally.expect(2)
    one.data_received(item(1))
    assert not done.done()
    other.data_received(item(1))
    assert done.done()


@pytest.mark.parametrize("numbers", [(1, 1), (2,), (1, 3), (1, 2, 1)], ids=["twice", "out of order", "lost", "again"])
async def test_an_item_lost_doubled_or_out_of_order_ends_the_measurement(numbers: tuple[int, ...]) -> None:
    tally = Tally()
    subscriber, _ = joined(tally)
    for number in numbers:
        subscriber.data_received(item(number))
    with pytest.raises(MissedError, match=r"item \d came where item \d was due"):
        await tally.expect(1)


@pytest.mark.parametrize("data", [frame(b"\x03\xe8", 0x88), frame(b"x", 0x01), frame(b"x", 0x82), frame(b"x", 0xC1)])
async def test_a_frame_that_is_no_whole_text_ends_the_measurement(data: bytes) -> None:
    tally = Tally()
    done = tally.expect(1)
    joined(tally)[0].data_received(data)
    with pytest.raises(MissedError, match="a frame that starts with"):
        await done


async def test_a_refused_join_is_told_with_its_answer() -> None:
    tally = Tally()
    subscriber = Subscriber(tally, "/", 1)
    subscriber.connection_made(cast(Any, Wire()))  # Any: only `write` is called
    subscriber.data_received(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\n\r\n")
    with pytest.raises(MissedError, match=r"HTTP/1\.1 503 Service Unavailable"):
        await subscriber.joined
    assert tally.fault


@pytest.mark.parametrize("error", [None, ConnectionResetError("reset")])
async def test_a_subscriber_that_is_cut_off_ends_the_measurement(error: Exception | None) -> None:
    tally = Tally()
    subscriber, _ = joined(tally)
    done = tally.expect(1)
    subscriber.connection_lost(error)
    with pytest.raises(MissedError, match="cut off"):
        await done
    other = Tally()
    leaver, _ = joined(other)
    leaver.leaving = True
    leaver.connection_lost(error)
    assert other.fault is None


async def test_a_ping_is_answered_with_its_own_bytes_masked() -> None:
    subscriber, wire = joined(Tally())
    wire.written = b""
    subscriber.data_received(frame(b"abc", 0x89))
    assert wire.written == b"\x8a\x83\x00\x00\x00\x00abc"


async def test_the_first_fault_is_the_one_that_is_told() -> None:
    tally = Tally()
    done = tally.expect(1)
    tally.wrong("first")
    tally.wrong("second")
    tally.arrived()
    with pytest.raises(MissedError, match="first"):
        await asyncio.wait_for(done, 1)
