"""A long first message in pieces. A piece is made when a client needs it, and is shared by all that read the same.

1. A piece is joined from the bytes of the backlog. The whole message would be 7 MB for a replay of 10,000 entries, for
   each filter and cursor.
2. A WebSocket frame begins with its length. So a compressed message is compressed before its first byte is sent, in
   steps, because 7 MB at once would take 90 ms.
"""

import zlib
from collections.abc import Callable
from typing import Final
from weakref import WeakValueDictionary

from ticker.contract.message import Message, cloud_event_start
from ticker.core.frame import (
    EVENT_SOURCE,
    GZIP,
    PLAIN_OF,
    WINDOW_BITS,
    Encoded,
    Format,
    chunk,
    frame_head,
    sse_event_start,
)
from ticker.core.gzip_stream import stored

PIECE_BYTES: Final = 16_384
# Clients that joined together read the same piece at the same time.
_CACHED_PIECES: Final = 2


class LongMessage:
    """One message in one format; with the format None it is plain JSON."""

    __slots__ = (
        "__weakref__",
        "_compressed",
        "_compressor",
        "_ends",
        "_form",
        "_message",
        "_next",
        "_prefix",
        "_recent",
        "_suffix",
    )

    def __init__(self, message: Message, form: Format | None, time: str) -> None:
        self._message = message
        self._form = form
        self._prefix, self._suffix = _framing(message, form, time)
        self._ends: list[int] = []
        """The index after the last item of each piece so far; finding all at once would look at 10,000 items."""
        self._recent: dict[int, bytes] = {}
        self._compressed: list[bytes] = []
        self._compressor = zlib.compressobj(level=6, wbits=-WINDOW_BITS) if form in PLAIN_OF else None
        self._next = 0
        """The number of the piece to compress next."""

    @property
    def is_packed(self) -> bool:
        """Whether `piece` may be called."""
        return self._compressor is None

    @property
    def packed_size(self) -> int:
        """The compressed bytes that it keeps until its last reader is closed; 0 if it is not compressed."""
        return sum(map(len, self._compressed))

    def pack(self, is_late: Callable[[], bool]) -> None:
        """Compresses at least one more piece, until all are compressed or `is_late()`."""
        compressor = self._compressor
        while compressor is not None:
            joined = self._join(self._next)
            if joined is not None:
                self._compressed.append(compressor.compress(joined))
                self._next += 1
            else:
                self._compressed.append(compressor.flush(zlib.Z_SYNC_FLUSH))
                payload = b"".join(self._compressed)
                if self._form in GZIP:
                    data = chunk(payload)
                else:
                    # The flush ends with an empty stored block, of which RFC 7692 (7.2.1) removes four bytes.
                    data = frame_head(len(payload) - 4, deflated=True) + payload[:-4]
                self._compressed = [data[start : start + PIECE_BYTES] for start in range(0, len(data), PIECE_BYTES)]
                self._compressor = None
                return
            if is_late():
                return

    def piece(self, number: int) -> bytes | None:
        """Returns the piece with this number, from 0, or None after the last."""
        if self._compressed:
            return self._compressed[number] if number < len(self._compressed) else None
        piece = self._recent.get(number)
        if piece is None:
            piece = self._join(number)
            if piece is None:
                return None
            if len(self._recent) >= _CACHED_PIECES:
                del self._recent[next(iter(self._recent))]
            self._recent[number] = piece
        return piece

    def _join(self, number: int) -> bytes | None:
        end = self._end_of(number)
        if end is None:
            return None
        message = self._message
        start = self._ends[number - 1] if number else 0
        prefix = b"," if number else self._prefix + message.start
        suffix = message.end + self._suffix if end == len(message.items) else b""
        data = b"%b%b%b" % (prefix, b",".join(message.items[start:end]), suffix)
        # A block begins with its length, so the pieces of this format are chunks of their own.
        return chunk(stored(data)) if self._form is Format.SSE_STORED else data

    def _end_of(self, number: int) -> int | None:
        """Returns the index after the last item of a piece, or None after the last piece."""
        ends, items = self._ends, self._message.items
        while len(ends) <= number:
            end = ends[-1] if ends else 0
            if end == len(items):
                return None
            size = 0
            while end < len(items) and size < PIECE_BYTES:
                size += len(items[end])
                end += 1
            ends.append(end)
        return ends[number]


def long_message(encoded: Encoded, form: Format | None) -> LongMessage:
    """Returns the pieces of a message in one format, the same object for all clients that read it now."""
    if encoded.long is None:
        encoded.long = WeakValueDictionary()
    message = encoded.long.get(form)
    if message is None:
        message = encoded.long[form] = LongMessage(encoded.message, form, encoded.time)
    return message


def _framing(message: Message, form: Format | None, time: str) -> tuple[bytes, bytes]:
    """Returns the bytes before and after the message's JSON."""
    if form is None:
        return b"", b""
    if form is Format.SSE_UNCHUNKED or form in GZIP:
        return sse_event_start(message), b"\n\n"
    if form is Format.SSE:
        start = sse_event_start(message)
        # One chunk, like every message: its size is known before its pieces are made.
        return b"%x\r\n%b" % (len(start) + message.size + 2, start), b"\n\n\r\n"
    prefix, suffix = b"", b""
    if PLAIN_OF.get(form, form) is Format.CLOUDEVENTS:
        prefix, suffix = cloud_event_start(message, source=EVENT_SOURCE, time=time), b"}"
    if form not in PLAIN_OF:
        prefix = frame_head(len(prefix) + message.size + len(suffix), deflated=False) + prefix
    return prefix, suffix
