"""Encodes a message once per format, whatever the number of clients.

Server frames have no mask (RFC 6455, 5.1), so the same bytes are valid for every connection. That is also true of
compressed frames, because no context is kept from message to message (RFC 7692, 7.1.1.1).
"""

import zlib
from enum import IntEnum
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from ticker.contract.message import Message, cloud_event

if TYPE_CHECKING:
    from ticker.core.long import LongMessage

# 4 KiB: only first messages are longer. Clients that ask for a smaller window get no compression.
WINDOW_BITS: Final = 12
# Below this size, deflate saves less than the header of a TCP segment.
DEFLATE_FROM: Final = 128
EVENT_SOURCE: Final = "/v1/live"
PING: Final = b"\x89\x00"
LAST_CHUNK: Final = b"0\r\n\r\n"


class Format(IntEnum):
    """The encoding of a connection's messages; the values are indexes into a message's cache."""

    PLAIN = 0
    DEFLATED = 1
    CLOUDEVENTS = 2
    CLOUDEVENTS_DEFLATED = 3
    SSE = 4
    """Each message is one chunk (RFC 9112, 7.1), so that all connections share its bytes."""
    SSE_UNCHUNKED = 5
    """For HTTP/1.0, which has no chunked encoding."""


class Encoded:
    """One message in all formats. Each is encoded on first use and then shared.

    With `ping`, a WebSocket ping precedes the message.
    """

    __slots__ = ("_bytes", "_ping", "long", "message", "time")

    def __init__(self, message: Message, time: str, *, ping: bool = False) -> None:
        self.message = message
        self.time = time
        self._ping = PING if ping else b""
        self._bytes: list[bytes | None] = [None] * len(Format)
        self.long: WeakValueDictionary[Format | None, LongMessage] | None = None
        """The same message in pieces (`ticker.core.long`), by format, while a client reads it."""

    def bytes_for(self, form: Format) -> bytes:
        """Returns the bytes to write, including the framing."""
        data = self._bytes[form]
        if data is None:
            data = self._bytes[form] = self._encode(form)
        return data

    def _encode(self, form: Format) -> bytes:
        if form is Format.SSE:
            return chunk(sse_event(self.message))
        if form is Format.SSE_UNCHUNKED:
            return sse_event(self.message)
        if form in (Format.CLOUDEVENTS, Format.CLOUDEVENTS_DEFLATED):
            body = cloud_event(self.message, source=EVENT_SOURCE, time=self.time)
        else:
            body = self.message.body
        return self._ping + text_frame(body, deflated=form in (Format.DEFLATED, Format.CLOUDEVENTS_DEFLATED))


def text_frame(payload: bytes, *, deflated: bool) -> bytes:
    """Returns an unfragmented text frame; RSV1 marks a deflated payload (RFC 7692, 7.2.1)."""
    if deflated and len(payload) >= DEFLATE_FROM:
        compressor = zlib.compressobj(level=6, wbits=-WINDOW_BITS)
        # The flush ends with an empty stored block, of which RFC 7692 (7.2.1) removes four bytes.
        compressed = (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
        return frame_head(len(compressed), deflated=True) + compressed
    return frame_head(len(payload), deflated=False) + payload


def chunk(data: bytes) -> bytes:
    """Returns `data`, which must not be empty, as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def frame_head(size: int, *, deflated: bool) -> bytes:
    """Returns the header of a text frame with a payload of `size` bytes."""
    first = 0xC1 if deflated else 0x81
    if size < 126:
        return bytes((first, size))
    if size < 65536:
        return bytes((first, 126)) + size.to_bytes(2, "big")
    return bytes((first, 127)) + size.to_bytes(8, "big")


def sse_event(message: Message) -> bytes:
    """Returns `message` as an event of a text/event-stream. A message body has no line breaks."""
    return b"%b%b\n\n" % (sse_event_start(message), message.body)


def sse_event_start(message: Message) -> bytes:
    """Returns the part of `sse_event` before the body; a blank line must follow the body."""
    return b"event: %b\nid: %b\ndata: " % (message.kind.encode(), message.cursor.encode())
