"""A long first message in pieces, made when a client is ready for them and shared by all who read the same.

1. A piece is joined from the backlog's own bytes. Whole, a replay of 10,000 entries would be 7 MB for each filter and
   cursor that anybody asks for.
2. A WebSocket frame begins with its length. So a compressed message is packed before its first byte is sent, in steps:
   in one go 7 MB would take 90 ms.
"""

import zlib
from collections.abc import Callable
from typing import Final
from weakref import WeakValueDictionary

from ticker.contract.message import Message, cloud_event_start
from ticker.core.frame import EVENT_SOURCE, WINDOW_BITS, Encoded, Format, frame_head, sse_event_start

PIECE_BYTES: Final = 16_384
# Clients that joined together read the same piece at the same time.
_RECENT: Final = 2
_DEFLATED: Final = (Format.DEFLATED, Format.CLOUDEVENTS_DEFLATED)


class LongMessage:
    """One message in one format; without a format its plain JSON."""

    __slots__ = (
        "__weakref__",
        "_after",
        "_before",
        "_ends",
        "_message",
        "_packed",
        "_packer",
        "_position",
        "_recent",
    )

    def __init__(self, message: Message, form: Format | None, time: str) -> None:
        self._message = message
        self._before, self._after = _around(message, form, time)
        self._ends: list[int] = []
        """Where the items of each piece end, as far as they were asked for: for all of them 10,000 are looked at."""
        self._recent: dict[int, bytes] = {}
        self._packed: list[bytes] = []
        self._packer = zlib.compressobj(level=6, wbits=-WINDOW_BITS) if form in _DEFLATED else None
        self._position = 0

    @property
    def packed(self) -> bool:
        """Whether its pieces can be asked for."""
        return self._packer is None

    @property
    def packed_size(self) -> int:
        """Bytes that it holds compressed until its last reader has gone; 0 where it is not compressed."""
        return sum(map(len, self._packed))

    def pack(self, late: Callable[[], bool]) -> None:
        """Goes on compressing, at least one piece, until it is packed or `late()`."""
        packer = self._packer
        while packer is not None:
            joined = self._joined(self._position)
            if joined is not None:
                self._packed.append(packer.compress(joined))
                self._position += 1
            else:
                # An empty stored block ends the flush; its four bytes are left out on the wire.
                self._packed.append(packer.flush(zlib.Z_SYNC_FLUSH)[:-4])
                whole = b"".join(self._packed)
                self._packed = [frame_head(len(whole), deflated=True) + whole[:PIECE_BYTES]]
                self._packed += [whole[at : at + PIECE_BYTES] for at in range(PIECE_BYTES, len(whole), PIECE_BYTES)]
                self._packer = None
                return
            if late():
                return

    def piece(self, number: int) -> bytes | None:
        """The piece after `number` others, or None after the last."""
        if self._packed:
            return self._packed[number] if number < len(self._packed) else None
        found = self._recent.get(number)
        if found is None:
            found = self._joined(number)
            if found is None:
                return None
            if len(self._recent) >= _RECENT:
                del self._recent[next(iter(self._recent))]
            self._recent[number] = found
        return found

    def _joined(self, number: int) -> bytes | None:
        end = self._end_of(number)
        if end is None:
            return None
        message = self._message
        begin = self._ends[number - 1] if number else 0
        before = b"," if number else self._before + message.start
        after = message.end + self._after if end == len(message.items) else b""
        return b"%b%b%b" % (before, b",".join(message.items[begin:end]), after)

    def _end_of(self, number: int) -> int | None:
        """Where the items of the piece after `number` others end, or None after the last."""
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
    """The pieces of a message for one format: the same for all who read them at the same time."""
    if encoded.long is None:
        encoded.long = WeakValueDictionary()
    found = encoded.long.get(form)
    if found is None:
        found = encoded.long[form] = LongMessage(encoded.message, form, encoded.time)
    return found


def _around(message: Message, form: Format | None, time: str) -> tuple[bytes, bytes]:
    """What stands before and after the message's JSON."""
    if form is None:
        return b"", b""
    if form is Format.SSE_UNCHUNKED:
        return sse_event_start(message), b"\n\n"
    if form is Format.SSE:
        start = sse_event_start(message)
        # One chunk, as of any other message: its size is known before its pieces are made.
        return b"%x\r\n%b" % (len(start) + message.size + 2, start), b"\n\n\r\n"
    before, after = b"", b""
    if form in (Format.CLOUDEVENTS, Format.CLOUDEVENTS_DEFLATED):
        before, after = cloud_event_start(message, source=EVENT_SOURCE, time=time), b"}"
    if form not in _DEFLATED:
        before = frame_head(len(before) + message.size + len(after), deflated=False) + before
    return before, after
