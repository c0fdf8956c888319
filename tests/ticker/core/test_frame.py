"""Ready bytes, read again by the parsers of others: websockets for frames, the standard's rules for SSE."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from ticker.contract.cursor import Cursor
from ticker.contract.message import Message, bye, heartbeat, live
from ticker.core import gzip_stream
from ticker.core.frame import (
    ALONE,
    DEFLATE_FROM,
    GZIP,
    PING,
    PLAIN_OF,
    WINDOW_BITS,
    Encoded,
    Format,
    chunk,
    sse_event,
    text_frame,
)

CURSOR = Cursor("e1", 7, "c7")


def frames(data: bytes, *, deflate: bool = True) -> list[Frame]:
    """What a client of the `websockets` package reads; without `deflate` it has not agreed to any."""
    client = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN, max_size=None)
    if deflate:
        client.extensions = [
            PerMessageDeflate(
                remote_no_context_takeover=True,
                local_no_context_takeover=True,
                remote_max_window_bits=WINDOW_BITS,
                local_max_window_bits=15,
            )
        ]
    client.receive_data(data)
    assert client.parser_exc is None
    received = client.events_received()
    assert all(isinstance(frame, Frame) for frame in received)
    return [frame for frame in received if isinstance(frame, Frame)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536, 70000])
@pytest.mark.parametrize("deflated", [False, True])
def test_a_payload_of_any_length_is_one_whole_text_frame(size: int, deflated: bool) -> None:
    payload = (b"0123456789abcdef" * 5000)[:size]
    [frame] = frames(text_frame(payload, deflated=deflated))
    assert (frame.opcode, frame.data, frame.fin) == (Opcode.TEXT, payload, True)


@given(st.lists(st.binary(max_size=9000), max_size=5))
def test_frames_in_one_write_keep_their_order_and_no_context(payloads: list[bytes]) -> None:
    data = b"".join(text_frame(payload, deflated=True) for payload in payloads)
    assert [frame.data for frame in frames(data)] == payloads


def test_a_short_message_is_not_deflated_and_its_frame_needs_no_extension() -> None:
    short, long = b"x" * (DEFLATE_FROM - 1), b"x" * DEFLATE_FROM
    assert text_frame(short, deflated=True) == text_frame(short, deflated=False)
    assert text_frame(long, deflated=True)[0] == 0xC1 and len(text_frame(long, deflated=True)) < 30
    assert [frame.data for frame in frames(text_frame(long, deflated=False), deflate=False)] == [long]


def test_a_ping_is_an_empty_ping() -> None:
    assert [(frame.opcode, frame.data) for frame in frames(PING, deflate=False)] == [(Opcode.PING, b"")]


def events(text: str) -> list[dict[str, str]]:
    """A text/event-stream as WHATWG HTML 9.2.6 reads it."""
    parsed: list[dict[str, str]] = []
    fields: dict[str, str] = {}
    for line in text.split("\n"):
        if not line:
            if "data" in fields:
                parsed.append(fields)
            fields = {}
        else:
            name, _, value = line.partition(":")
            assert name not in fields, "two lines of one field"
            fields[name] = value.removeprefix(" ")
    assert not fields, "the last event was not ended"
    return parsed


def test_each_kind_of_message_is_one_event_of_its_name_with_the_cursor_as_its_id() -> None:
    encodings = [
        live(CURSOR, '{"headline":"زلزال\u2028: x"}'.encode()),
        heartbeat(CURSOR, time="t", stale=True),
        bye(CURSOR, reason="a\nb", reconnect=1),
    ]
    parsed = events(b"".join(map(sse_event, encodings)).decode())
    assert [event["event"] for event in parsed] == ["item", "heartbeat", "bye"]
    assert {event["id"] for event in parsed} == {"e1.7.c7"}
    assert [event["data"].encode() for event in parsed] == [message.body for message in encodings]


def unchunked(data: bytes) -> bytes:
    """The content of whole chunks (RFC 9112, 7.1)."""
    content = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        assert data[int(size, 16) :].startswith(b"\r\n")
        content, data = content + data[: int(size, 16)], data[int(size, 16) + 2 :]
    return content


@pytest.mark.parametrize("size", [1, 9, 10, 15, 16, 255, 256, 70_000])
def test_a_chunk_starts_with_its_size_in_hexadecimal(size: int) -> None:
    assert unchunked(chunk(b"\r" * size) + chunk(b"\n")) == b"\r" * size + b"\n"


def test_a_message_is_encoded_once_per_format() -> None:
    encoded = Encoded(live(CURSOR, b'{"x":"%b"}' % (b"y" * 200)), "2026-05-01T09:30:00.125Z")
    for form in Format:
        assert encoded.bytes_for(form) is encoded.bytes_for(form)
    assert len({encoded.bytes_for(form) for form in Format}) == len(Format) - len(ALONE)
    # With a ping it goes to clients that keep different messages, so it refers to none and is not kept.
    beat = Encoded(encoded.message, encoded.time, ping=True)
    assert all(beat.bytes_for(form) is beat.bytes_for(PLAIN_OF[form]) for form in ALONE if form not in GZIP)
    assert events(encoded.bytes_for(Format.SSE_UNCHUNKED).decode())[0]["data"].encode() == encoded.message.body
    assert unchunked(encoded.bytes_for(Format.SSE)) == encoded.bytes_for(Format.SSE_UNCHUNKED)
    for form in (Format.PLAIN, Format.DEFLATED):
        assert [frame.data for frame in frames(encoded.bytes_for(form))] == [encoded.message.body]


@pytest.mark.parametrize("form", sorted(GZIP))
@pytest.mark.parametrize("size", [1, 300, 70_000])
def test_each_chunk_of_a_gzip_stream_can_be_read_at_once(form: Format, size: int) -> None:
    encoded = Encoded(live(CURSOR, b'{"x":"%b"}' % (b"y" * size)), "2026-05-01T09:30:00.125Z")
    # Python's own reader of gzip, and of a stream that nobody ends.
    reader = zlib.decompressobj(31)
    assert reader.decompress(gzip_stream.HEAD + gzip_stream.stored(b": hello\n\n")) == b": hello\n\n"
    for _ in range(3):
        event = reader.decompress(unchunked(encoded.bytes_for(form)))
        assert event == encoded.bytes_for(Format.SSE_UNCHUNKED)
    assert (len(encoded.bytes_for(form)) < len(event)) == (form is not Format.SSE_STORED)


@pytest.mark.parametrize("form", [Format.CLOUDEVENTS, Format.CLOUDEVENTS_DEFLATED])
def test_a_cloud_event_wraps_the_message_and_names_the_entry(form: Format) -> None:
    message = Message("item", str(CURSOR), b'{"type":"item","cursor":"e1.7.c7","item":{"a":"%b"}}' % (b"y" * 200))
    [frame] = frames(Encoded(message, "2026-05-01T09:30:00.125Z").bytes_for(form))
    event = json.loads(bytes(frame.data))
    assert event.pop("data") == json.loads(message.body)
    assert event == {
        "specversion": "1.0",
        "id": "item/e1.7.c7",
        "source": "/v1/live",
        "type": "flashwire.item",
        "time": "2026-05-01T09:30:00.125Z",
        "datacontenttype": "application/json",
    }
