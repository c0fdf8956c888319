"""The load client as a reader of server-sent events, and of text pings that come as lines among others."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.contender import Target
from bench.load import Load
from bench.load_reports import MissedError
from tests.bench.raw import Server, frame, message, within

pytestmark = pytest.mark.anyio
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTRANSFER-ENCODING: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(number: int) -> bytes:
    return b"id: e.%d.x\ndata: %b\n\n" % (number, message(number))


class Stream:
    """A server that accepts every reader with `head`, and says to all what a test wants it to say."""

    def __init__(self, head: bytes = HEAD) -> None:
        self.head = head
        self.requests: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Stream":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        self.target = Target(ports=(port,), path="/live", processes=(), joined=b"welcome", sse=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self.writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        self.writers.append(writer)
        writer.write(self.head + chunk(b"retry: 1000\n\n") + chunk(b": welcome\n\n"))

    def say(self, data: bytes) -> None:
        for writer in self.writers:
            writer.write(data)


@pytest.fixture
async def stream() -> AsyncIterator[Stream]:
    async with Stream() as stream:
        yield stream


async def test_events_are_counted_on_every_reader(stream: Stream) -> None:
    async with Load(stream.target, core=None) as load:
        await within(load.open(3, first=1))
        assert stream.requests[0].startswith(b"GET /live HTTP/1.1\r\n")
        assert b"\r\nAccept: text/event-stream\r\n" in stream.requests[0] and b"Upgrade" not in stream.requests[0]
        waiting = await load.expect(1, 3)
        # Two events in one chunk, and one event in two.
        third = event(3)
        stream.say(chunk(event(1) + event(2)) + chunk(b": still there\n\n") + chunk(third[:90]) + chunk(third[90:]))
        assert [arrival.count for arrival in await within(waiting)] == [3, 3, 3]
        stats = await load.stats()
        assert (stats.open, stats.items) == (3, 9)


@pytest.mark.parametrize("size", [1, 3, 7, 200])
async def test_events_are_counted_however_the_bytes_are_cut(stream: Stream, size: int) -> None:
    data = b"".join(chunk(event(number)) for number in (1, 2, 3))
    async with Load(stream.target, core=None) as load:
        await within(load.open(1, first=1))
        waiting = await load.expect(1, 3)
        for start in range(0, len(data), size):
            stream.say(data[start : start + size])
            await stream.writers[0].drain()
            await asyncio.sleep(0)
        assert len(await within(waiting)) == 3


FAULTS: dict[str, tuple[bytes, str]] = {
    "lost": (chunk(event(1)) + chunk(event(3)), "item 3 came where item 2 was due"),
    "doubled": (chunk(event(1) + event(1)), "item 1 came where item 2 was due"),
    "ended": (chunk(event(1)) + b"0\r\n\r\n", "cut off, code 1005"),
    "no size": (b"news\r\n", "a chunk came without its size"),
    "longer than its size": (b"3\r\ntoo long\r\n", "a chunk came that is longer than it said"),
}


@pytest.mark.parametrize("mutant", FAULTS)
async def test_a_wrong_stream_ends_the_measurement_with_a_sentence(stream: Stream, mutant: str) -> None:
    data, sentence = FAULTS[mutant]
    async with Load(stream.target, core=None) as load:
        await within(load.open(2, first=1))
        waiting = await load.expect(1, 9)
        stream.say(data)
        with pytest.raises(MissedError, match=sentence):
            await within(waiting)


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "a join failed: HTTP/1.1 503"),
        (HEAD.replace(b"TRANSFER-ENCODING: chunked\r\n", b""), "a stream came that is not in chunks"),
    ],
)
async def test_an_answer_that_is_no_stream_is_a_fault(head: bytes, sentence: str) -> None:
    async with Stream(head) as stream, Load(stream.target, core=None) as load:
        with pytest.raises(MissedError, match=sentence):
            await within(load.open(1))


async def test_a_ping_among_the_lines_of_a_message_is_answered() -> None:
    async with Server() as server:
        target = Target(ports=(server.port,), path="/", processes=(), answers=((b"{}", b"{}"),))
        async with Load(target, core=None) as load:
            await load.open(1, first=1)
            await server.until(lambda: server.clients)
            client = server.clients[0]
            waiting = await load.expect(1, 3)
            for text in (b"{}\n" + message(1), message(2) + b"\n{}", message(3) + b"\n" + b'{"a":{}}'):
                client.say(frame(text))
            await within(waiting)
            assert [await within(client.next_frame()) for _ in range(2)] == [(0x81, b"{}")] * 2
            assert (await load.stats()).pings == 2
