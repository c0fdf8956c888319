"""Encodes a message once per format, whatever the number of clients.

Server frames have no mask (RFC 6455, 5.1), so the same bytes are valid for every connection. That is also true of
frames that are compressed alone, without the messages before them (RFC 7692, 7.1.1.1). For a frame that refers to them,
see `ticker.core.shared_context`.
"""

import zlib
from enum import IntEnum
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from ticker.contract.message import Message, cloud_event
from ticker.core import gzip_stream
from ticker.core.gzip_stream import blocks, stored

if TYPE_CHECKING:
    from ticker.core.long import LongMessage

# 4 KiB: only first messages are longer. Clients that ask for a smaller window get no compression.
WINDOW_BITS: Final = gzip_stream.WINDOW_BITS
# Below this size, deflate saves less than the header of a TCP segment.
DEFLATE_FROM: Final = 128
# Thousands of groups, each with a history of its own, would take 50 µs each.
MOST_CONTEXTS: Final = 64
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
    SHARED = 6
    """Deflated, for a client that keeps what it decompressed: a frame may refer to the messages before it."""
    CLOUDEVENTS_SHARED = 7
    SSE_GZIP = 8
    """The chunks of `SSE` in one gzip stream; a message refers to no other."""
    SSE_SHARED = 9
    """The same; a message may refer to the messages before it."""
    SSE_STORED = 10
    """The same, in blocks that are not compressed."""


ALONE: Final = {
    Format.SHARED: Format.DEFLATED,
    Format.CLOUDEVENTS_SHARED: Format.CLOUDEVENTS_DEFLATED,
    Format.SSE_SHARED: Format.SSE_GZIP,
}
"""The format of a message that refers to no other, by shared format."""
PLAIN_OF: Final = {
    Format.DEFLATED: Format.PLAIN,
    Format.SHARED: Format.PLAIN,
    Format.CLOUDEVENTS_DEFLATED: Format.CLOUDEVENTS,
    Format.CLOUDEVENTS_SHARED: Format.CLOUDEVENTS,
    Format.SSE_GZIP: Format.SSE_STORED,
    Format.SSE_SHARED: Format.SSE_STORED,
}
"""The uncompressed format, by compressed format. A client of the latter takes both (RFC 7692, 6)."""
GZIP: Final = frozenset((Format.SSE_GZIP, Format.SSE_SHARED, Format.SSE_STORED))
"""The formats of a gzip stream. Its clients keep all that they get, whether it is compressed or not."""


class Encoded:
    """One message in all formats. Each is encoded on first use and then shared.

    With `ping`, a WebSocket ping precedes the message.
    """

    __slots__ = ("_after", "_bytes", "_event", "_ping", "long", "message", "time")

    def __init__(self, message: Message, time: str, *, ping: bool = False) -> None:
        self.message = message
        self.time = time
        self._ping = PING if ping else b""
        self._bytes: list[bytes | None] = [None] * len(Format)
        self._after: dict[tuple[Format, tuple[bytes, ...]], bytes] = {}
        self._event: bytes | None = None
        self.long: WeakValueDictionary[Format | None, LongMessage] | None = None
        """The same message in pieces (`ticker.core.long`), by format, while a client reads it."""

    def bytes_for(self, form: Format) -> bytes:
        """Returns the bytes to write, including the framing."""
        data = self._bytes[form]
        if data is None:
            data = self._bytes[form] = self._encode(form)
        return data

    def payload(self, form: Format) -> bytes:
        """Returns what a client decompresses: a WebSocket message, or an event of a gzip stream."""
        if form in GZIP:
            return self.bytes_for(Format.SSE_UNCHUNKED)
        if PLAIN_OF.get(form, form) is Format.CLOUDEVENTS:
            if self._event is None:
                self._event = cloud_event(self.message, source=EVENT_SOURCE, time=self.time)
            return self._event
        return self.message.body

    def bytes_after(self, form: Format, payloads: tuple[bytes, ...]) -> bytes:
        """Returns the bytes for clients whose last compressed messages had these `payloads`, the newest last.

        After `MOST_CONTEXTS` different ones it is the frame that refers to none, which every client can read.
        """
        if not payloads:
            return self.bytes_for(form)
        data = self._after.get((form, payloads))
        if data is None:
            if len(self._after) >= MOST_CONTEXTS:
                return self.bytes_for(form)
            before = b"".join(payloads)[-(1 << WINDOW_BITS) :]
            if form in GZIP:
                data = chunk(blocks(self.payload(form), before))
            else:
                data = text_frame(self.payload(form), deflated=True, before=before)
            self._after[form, payloads] = data
        return data

    def _encode(self, form: Format) -> bytes:
        if form is Format.SSE:
            return chunk(sse_event(self.message))
        if form is Format.SSE_UNCHUNKED:
            return sse_event(self.message)
        if form is Format.SSE_GZIP:
            return chunk(blocks(self.payload(form)))
        if form is Format.SSE_STORED:
            return chunk(stored(self.payload(form)))
        if form in ALONE:
            if form in GZIP:
                return self.bytes_for(ALONE[form])
            # A message with a ping goes to all clients between two others, so it must not change what they keep.
            return self.bytes_for(PLAIN_OF[form] if self._ping else ALONE[form])
        return self._ping + text_frame(self.payload(form), deflated=form in PLAIN_OF)


def text_frame(payload: bytes, *, deflated: bool, before: bytes = b"") -> bytes:
    """Returns an unfragmented text frame; RSV1 marks a deflated payload (RFC 7692, 7.2.1).

    The payload may refer to `before`, the end of what the client decompressed before it.
    """
    if deflated and len(payload) >= DEFLATE_FROM:
        compressor = zlib.compressobj(level=6, wbits=-WINDOW_BITS, zdict=before)
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
