"""Decodes what a node sends, as a browser does; it knows nothing of how the node chose formats and references."""

import zlib
from collections.abc import Iterator

import msgspec

WINDOW_BITS = 12
_HEAD_END = b"\r\n\r\n"


class Message(msgspec.Struct):
    """A message of the protocol; the items stay the bytes that were sent."""

    type: str
    cursor: str = ""
    complete: bool = True
    stale: bool = False
    heartbeat: float = 0
    reconnect: float = 0.0
    item: msgspec.Raw = msgspec.Raw(b"")
    items: list[msgspec.Raw] = []


class _CloudEvent(msgspec.Struct):
    data: Message


_decode = msgspec.json.Decoder(Message).decode
_decode_event = msgspec.json.Decoder(_CloudEvent).decode


class Refused(Exception):
    """The node does not take the connection now."""


class WebSocketDecoder:
    """The frames of one connection; `pings` counts those that wait for an answer."""

    def __init__(self) -> None:
        self.pings = self.pongs = 0
        self.close_code: int | None = None
        self._data = b""
        self._is_open = False
        self._is_event = self._keeps_context = False
        self._inflater = zlib.decompressobj(-WINDOW_BITS)

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yields the messages that are complete with `data`."""
        self._data += data
        if not self._is_open and not self._open():
            return
        while (frame := self._next_frame()) is not None:
            first, payload = frame
            if first == 0x89:
                self.pings += 1
            elif first == 0x8A:
                self.pongs += 1
            elif first == 0x88:
                self.close_code = int.from_bytes(payload[:2], "big")
            else:
                assert first in (0x81, 0xC1), f"a frame of another kind: {first:#x}"
                if first == 0xC1:
                    if not self._keeps_context:
                        self._inflater = zlib.decompressobj(-WINDOW_BITS)
                    payload = self._inflater.decompress(payload + b"\0\0\xff\xff")
                yield _decode_event(payload).data if self._is_event else _decode(payload)

    def _open(self) -> bool:
        head, end, rest = self._data.partition(_HEAD_END)
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101 "):
            assert head.startswith(b"HTTP/1.1 503 "), f"refused: {head[:40]!r}"
            raise Refused
        self._is_open, self._data = True, rest
        self._is_event = b"cloudevents.json" in head
        self._keeps_context = b"server_no_context_takeover" not in head
        return True

    def _next_frame(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            return None
        self._data = data[start + size :]
        return data[0], data[start : start + size]


class EventStreamDecoder:
    """A chunked text/event-stream, perhaps in one gzip stream."""

    def __init__(self) -> None:
        self.pings = 0
        self.close_code: int | None = None
        self._data = b""
        self._text = b""
        self._is_open = False
        self._has_events = False
        self._inflater: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yields the messages of the events that are complete with `data`."""
        self._data += data
        if not self._is_open and not self._open():
            return
        while (chunk := self._next_chunk()) is not None:
            if not chunk:
                self.close_code = 1000
                if not self._has_events:
                    raise Refused
                return
            self._text += chunk if self._inflater is None else self._inflater.decompress(chunk)
            *events, self._text = self._text.split(b"\n\n")
            for event in events:
                # `retry:` may stand before an event, and alone.
                fields = dict(line.split(b": ", 1) for line in event.split(b"\n"))
                message = _decode(fields[b"data"])
                assert message.type.encode() == fields[b"event"]
                if message.type == "bye":
                    # An EventSource resumes after the newest id, whatever the event was.
                    message.cursor = fields[b"id"].decode()
                assert message.cursor.encode() == fields[b"id"]
                self._has_events = True
                yield message

    def _open(self) -> bool:
        head, end, rest = self._data.partition(_HEAD_END)
        if not end:
            return False
        assert head.startswith(b"HTTP/1.1 200 "), f"refused: {head[:40]!r}"
        if b"Transfer-Encoding: chunked" not in head:
            raise Refused
        self._is_open, self._data = True, rest
        if b"Content-Encoding: gzip" in head:
            # With the window that the header allows for, as a browser has it.
            self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return True

    def _next_chunk(self) -> bytes | None:
        digits, end, rest = self._data.partition(b"\r\n")
        if not end or len(rest) < (size := int(digits, 16)) + 2:
            return None
        assert rest[size : size + 2] == b"\r\n"
        self._data = rest[size + 2 :]
        return rest[:size]
