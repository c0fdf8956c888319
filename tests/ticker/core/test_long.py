"""Long first messages in pieces: the same bytes as in one go, in every format, and made step by step."""

import gc
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.ticker.core.test_frame import CURSOR, unchunked
from ticker.contract import message
from ticker.contract.message import LONG_BYTES
from ticker.core.frame import GZIP, Encoded, Format
from ticker.core.long import PIECE_BYTES, LongMessage, long_message

TIME = "2026-05-01T09:30:00.125Z"


def replay(count: int = 400, size: int = 500) -> Encoded:
    items = [b'{"uri":"%d","text":"%b"}' % (number, b"x" * size) for number in range(count)]
    return Encoded(message.replay(CURSOR, items, heartbeat=15, time=TIME), TIME)


def read(long: LongMessage) -> list[bytes]:
    long.pack(lambda: False)
    pieces: list[bytes] = []
    while (piece := long.piece(len(pieces))) is not None:
        pieces.append(piece)
    return pieces


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(("count", "size"), [(400, 500), (1, 40_000), (3, 31_000), (70, 500)])
def test_the_pieces_joined_are_the_message(form: Format, count: int, size: int) -> None:
    encoded = replay(count, size)
    assert encoded.message.items and encoded.message.size == len(encoded.message.body)
    pieces = read(long_message(encoded, form))
    whole = encoded.bytes_for(form)
    if form in (Format.DEFLATED, Format.CLOUDEVENTS_DEFLATED):
        head = 10 if len(whole) > 70_000 else 4
        assert _inflated(b"".join(pieces)) == _inflated(whole), head
    elif form in GZIP:
        reader = zlib.decompressobj(-15)
        event = b"".join(map(reader.decompress, map(unchunked, pieces if form is Format.SSE_STORED else [whole])))
        assert event == encoded.bytes_for(Format.SSE_UNCHUNKED)
        assert zlib.decompressobj(-15).decompress(unchunked(b"".join(pieces))) == event
    else:
        assert b"".join(pieces) == whole
    assert all(len(piece) < 2 * PIECE_BYTES + size for piece in pieces)


def _inflated(frame: bytes) -> bytes:
    assert frame[0] == 0xC1
    head = {126: 4, 127: 10}.get(frame[1], 2)
    size = int.from_bytes(frame[2:head], "big") if head > 2 else frame[1]
    assert len(frame) == head + size
    return zlib.decompressobj(-15).decompress(frame[head:] + b"\x00\x00\xff\xff")


class Counted(tuple[bytes, ...]):
    """Items that know how many of them were looked at."""

    looks = 0

    # Any: as of a tuple
    def __getitem__(self, at: Any) -> Any:
        self.looks += 1 if isinstance(at, int) else len(range(*at.indices(len(self))))
        return super().__getitem__(at)

    def __iter__(self) -> Iterator[bytes]:
        self.looks += len(self)
        return super().__iter__()


def test_the_first_piece_does_not_look_at_later_items() -> None:
    whole = replay(10_000, 900).message
    items = Counted(whole.items)
    long = LongMessage(msgspec.structs.replace(whole, items=items), None, TIME)
    first = long.piece(0)
    assert first is not None and items.looks < 100


def test_plain_json_has_no_frame() -> None:
    encoded = replay()
    assert b"".join(read(long_message(encoded, None))) == encoded.message.body


def test_a_short_list_is_one_piece_of_bytes() -> None:
    encoded = replay(count=3)
    assert not encoded.message.items and len(encoded.message.body) < LONG_BYTES


def test_compression_continues_step_by_step() -> None:
    long = long_message(replay(), Format.DEFLATED)
    steps = 0
    while not long.is_packed:
        long.pack(lambda: True)
        steps += 1
    assert steps >= 400 * 500 // PIECE_BYTES


def test_readers_share_pieces_and_keep_none_after_they_end() -> None:
    encoded = replay()
    first, second = long_message(encoded, Format.PLAIN), long_message(encoded, Format.PLAIN)
    assert first is second and first.piece(0) is second.piece(0)
    assert encoded.message.memory < 10_000 and not first.packed_size
    del first, second
    gc.collect()
    assert encoded.long is not None and not list(encoded.long.values())
