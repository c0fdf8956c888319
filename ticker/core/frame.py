"""Messages as ready bytes: one encoding per message and format on a node, whatever the number of clients.

Server frames carry no mask (RFC 6455, 5.1), so that the same bytes are right for every connection; compressed
ones too, as long as no context is kept from message to message (RFC 7692, 7.1.1.1).
"""

import zlib
from enum import IntEnum
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from ticker.contract.message import Message, cloud_event

if TYPE_CHECKING:
    from ticker.core.long import LongMessage

# 4 KiB: no message but a snapshot is longer, and clients that ask for a smaller window are answered without deflate.
WINDOW_BITS: Final = 12
# Below this, deflate saves less than the header of a TCP segment.
DEFLATE_FROM: Final = 128
EVENT_SOURCE: Final = "/v1/live"
PING: Final = b"\x89\x00"
LAST_CHUNK: Final = b"0\r\n\r\n"


class Format(IntEnum):
    """How a connection gets its messages; the values index a message's cache."""

    PLAIN = 0
    DEFLATED = 1
    CLOUDEVENTS = 2
    CLOUDEVENTS_DEFLATED = 3
    SSE = 4
    """Events in chunks (RFC 9112, 7.1): each message is one chunk, so that its bytes are shared too."""
    SSE_UNCHUNKED = 5
    """For HTTP/1.0, which has no chunks."""


class Encoded:
    """One message in all its formats, each made when it is first asked for, and then shared.

    With `ping` a WebSocket's frame comes after a ping.
    """

    __slots__ = ("_bytes", "_ping", "long", "message", "time")

    def __init__(self, message: Message, time: str, *, ping: bool = False) -> None:
        self.message = message
        self.time = time
        self._ping = PING if ping else b""
        self._bytes: list[bytes | None] = [None] * len(Format)
        self.long: WeakValueDictionary[Format | None, LongMessage] | None = None
        """The same message in pieces, by format, while somebody reads it (ticker.core.long)."""

    def bytes_for(self, form: Format) -> bytes:
        """The bytes to write, framing included."""
        ready = self._bytes[form]
        if ready is None:
            ready = self._bytes[form] = self._make(form)
        return ready

    def _make(self, form: Format) -> bytes:
        if form is Format.SSE:
            return chunk(sse_event(self.message))
        if form is Format.SSE_UNCHUNKED:
            return sse_event(self.message)
        events = form in (Format.CLOUDEVENTS, Format.CLOUDEVENTS_DEFLATED)
        body = cloud_event(self.message, source=EVENT_SOURCE, time=self.time) if events else self.message.body
        return self._ping + text_frame(body, deflated=form in (Format.DEFLATED, Format.CLOUDEVENTS_DEFLATED))


def text_frame(payload: bytes, *, deflated: bool) -> bytes:
    """An unfragmented text frame; RSV1 marks a deflated payload (RFC 7692, 7.2.1)."""
    if deflated and len(payload) >= DEFLATE_FROM:
        packer = zlib.compressobj(level=6, wbits=-WINDOW_BITS)
        # An empty stored block ends the flush; its four bytes are left out on the wire.
        packed = (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        return frame_head(len(packed), deflated=True) + packed
    return frame_head(len(payload), deflated=False) + payload


def chunk(data: bytes) -> bytes:
    """`data`, which is not empty, as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def frame_head(size: int, *, deflated: bool) -> bytes:
    """What comes before the `size` bytes of a text frame's payload."""
    first = 0xC1 if deflated else 0x81
    if size < 126:
        return bytes((first, size))
    if size < 65536:
        return bytes((first, 126)) + size.to_bytes(2, "big")
    return bytes((first, 127)) + size.to_bytes(8, "big")


def sse_event(message: Message) -> bytes:
    """`message` as an event of a text/event-stream; a body never holds a line break."""
    return b"%b%b\n\n" % (sse_event_start(message), message.body)


def sse_event_start(message: Message) -> bytes:
    """All of `sse_event` before the body; a blank line ends it."""
    return b"event: %b\nid: %b\ndata: " % (message.kind.encode(), message.cursor.encode())
