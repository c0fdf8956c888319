"""The load client's inflate, compared with zlib; corrupt and too large data are refused."""

import ctypes
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import compiled

Inflate = Callable[..., bytes | None]
ROOM = 1 << 20
STRATEGIES = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED)


@pytest.fixture(scope="module")
def inflate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inflate]:
    library = tmp_path_factory.mktemp("inflate") / "inflate.so"
    source = Path(compiled.__file__).parent / "inflate.c"
    # With the compiler's own guards, so that a read or write beyond the ends is not overlooked.
    guards = ("-fsanitize=undefined", "-fno-sanitize-recover", "-D_FORTIFY_SOURCE=2")
    subprocess.run(["cc", "-O1", *guards, "-shared", "-fPIC", "-o", library, source], check=True)
    function = ctypes.CDLL(str(library)).inflate_message
    function.restype = ctypes.c_long

    def call(data: bytes, room: int = ROOM, before: bytes = b"") -> bytes | None:
        out = ctypes.create_string_buffer(before, len(before) + room + 16)
        sizes = ctypes.c_size_t(len(before)), ctypes.c_size_t(len(before) + room)
        end = function(data, ctypes.c_size_t(len(data)), out, *sizes)
        assert out.raw[len(before) + room :] == bytes(16), "nothing is written beyond the room"
        assert out.raw[: len(before)] == before
        return None if end < 0 else out.raw[len(before) : end]

    yield call


def pack(data: bytes, level: int, strategy: int, flush: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, strategy=strategy)
    return packer.compress(data) + packer.flush(flush)


ANYTHING = st.one_of(
    st.binary(max_size=3000),
    st.text('abcdef {}":,0123', max_size=3000).map(str.encode),
    st.tuples(st.binary(min_size=1, max_size=20), st.integers(1, 3000)).map(
        lambda piece_and_count: piece_and_count[0] * piece_and_count[1]
    ),
)


@given(ANYTHING, st.sampled_from((0, 1, 6, 9)), st.sampled_from(STRATEGIES))
@settings(deadline=None, max_examples=150)
def test_data_from_zlib_is_inflated(inflate: Inflate, data: bytes, level: int, strategy: int) -> None:
    synced = pack(data, level, strategy, zlib.Z_SYNC_FLUSH)
    # A message as RFC 7692 truncates it, complete, and as the end of a stream.
    assert inflate(synced[:-4], ROOM) == data
    assert inflate(synced, ROOM) == data
    assert inflate(pack(data, level, strategy, zlib.Z_FINISH) + b"\0", ROOM) == data


@given(ANYTHING, ANYTHING)
@settings(deadline=None, max_examples=150)
def test_data_may_refer_to_what_was_inflated_before_it(inflate: Inflate, before: bytes, data: bytes) -> None:
    packer = zlib.compressobj(6, zlib.DEFLATED, -12, zdict=before)
    packed = (packer.compress(before + data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    assert inflate(packed, ROOM, before) == before + data
    # References to what is not there are refused.
    if len(before) > 100 and len(packed) < len(before) // 2:
        assert inflate(packed, ROOM) is None


def test_data_above_the_limit_is_refused(inflate: Inflate) -> None:
    for data in (b"x" * 1000, bytes(range(256)) * 4):
        for level, strategy in ((0, zlib.Z_DEFAULT_STRATEGY), (6, zlib.Z_DEFAULT_STRATEGY), (6, zlib.Z_HUFFMAN_ONLY)):
            packed = pack(data, level, strategy, zlib.Z_SYNC_FLUSH)[:-4]
            assert inflate(packed, len(data)) == data
            assert inflate(packed, len(data) - 1) is None


@given(st.binary(max_size=400), st.integers(0, 400), st.integers(0, 7))
@settings(deadline=None, max_examples=150)
def test_corrupt_data_is_refused_without_a_crash(inflate: Inflate, data: bytes, byte: int, bit: int) -> None:
    inflate(data, 4096)
    packed = bytearray(pack(data * 3, 6, zlib.Z_DEFAULT_STRATEGY, zlib.Z_SYNC_FLUSH))
    packed[byte % len(packed)] ^= 1 << bit
    inflate(bytes(packed), 4096)


def test_a_kind_of_block_that_does_not_exist_and_a_cut_stored_block_are_refused(inflate: Inflate) -> None:
    assert inflate(b"\x07", ROOM) is None
    assert inflate(b"\x00\x05\x00\xfa\xff12", ROOM) is None
    assert inflate(b"\x00\x05\x00\xfa\xfe12345", ROOM) is None
