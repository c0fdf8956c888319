"""How items reach contenders: in order, in one write, and with a sentence when somebody refuses them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from bench.contender import ContenderError
from bench.contenders import feed
from bench.contenders.bare import Intake
from bench.contenders.feed import Feed, Pipe, Poster
from bench.items import numbered
from ticker.contract.cursor import read_cursor

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def server(*connections: Sequence[bytes]) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that gives each connection the next list of answers, one a request, then hangs up; what was posted."""
    posted: list[bytes] = []
    due = iter(connections)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in next(due, ()):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next((line for line in head.split("\r\n") if line.startswith("Content-Length")), ": 0")
            body = await reader.readexactly(int(length.partition(":")[2]))
            if head.startswith("POST /publish "):
                posted.append(body)
            writer.write(answer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1], posted


HERE = b"HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nno."
TAKEN = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nta\r\nk"
NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"
CHUNKED = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
REFUSED = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"


async def test_messages_are_numbered_live_messages() -> None:
    feed = Feed()
    first, second = feed.messages([numbered(0), numbered(1)])
    (third,) = feed.messages([numbered(2)])
    for number, body in enumerate((first, second, third)):
        message = msgspec.json.decode(body)
        assert message["type"] == "item" and f"bench-item-{number:08}" in message["item"]["headline"]["value"]
        cursor = read_cursor(message["cursor"])
        assert cursor is not None and cursor.seq == number + 1


async def test_posts_go_out_together_and_every_answer_is_read() -> None:
    async with server([HERE, TAKEN, NOTHING, CHUNKED, TAKEN]) as (port, posted):
        poster = await Poster.open(port, "/publish")
        await poster.send([b"one", b"two", b"three"])
        await poster.send([b"four"])
        poster.close()
    assert posted == [b"one", b"two", b"three", b"four"]


async def test_a_refused_post_is_reported_with_its_status() -> None:
    async with server([HERE, TAKEN, REFUSED, TAKEN]) as (port, _):
        poster = await Poster.open(port, "/publish")
        with pytest.raises(ContenderError, match="a posted item was answered with 413"):
            await poster.send([b"one", b"two", b"three"])
        poster.close()


async def test_a_connection_that_was_closed_while_idle_is_opened_again() -> None:
    async with server([HERE], [TAKEN]) as (port, posted):
        poster = await Poster.open(port, "/publish")
        assert await poster._reader.read() == b""
        await poster.send([b"one"])
        poster.close()
    assert posted == [b"one"]


@pytest.mark.parametrize("answers", [(), (HERE,), (HERE, b"nonsense\r\n\r\n")], ids=["at once", "later", "nonsense"])
async def test_a_server_that_closes_or_sends_garbage_is_reported(answers: tuple[bytes, ...]) -> None:
    async with server(answers) as (port, _):
        with pytest.raises(ContenderError, match="a request was not answered"):
            poster = await Poster.open(port, "/publish")
            try:
                await poster.send([b"one"])
            finally:
                poster.close()


async def test_a_silent_server_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "ANSWER_SECONDS", 0.1)
    async with server([HERE, b"HTTP/1.1 200"]) as (port, _):
        poster = await Poster.open(port, "/publish")
        with pytest.raises(ContenderError, match="not answered"):
            await poster.send([b"one"])
        poster.close()


@pytest.mark.parametrize("size", [1, 3, 4, 5, 1000])
async def test_the_control_socket_gives_messages_back_however_they_are_cut(size: int, tmp_path: Path) -> None:
    class Written(asyncio.StreamWriter):
        def __init__(self) -> None:
            self.data = b""

        def write(self, data: "bytes | bytearray | memoryview") -> None:
            self.data += bytes(data)

        async def drain(self) -> None:
            return None

        def __del__(self) -> None:
            return None

    class Kept(Intake):
        def __init__(self) -> None:
            super().__init__()
            self.bursts: list[list[bytes]] = []

        def arrived(self, messages: list[bytes]) -> None:
            self.bursts.append(messages)

    transport, receiver = Written(), Kept()
    messages = [b"", b"a", b"bc" * 100, b"d"]
    await Pipe(transport).send(messages)
    for start in range(0, len(transport.data), size):
        receiver.data_received(transport.data[start : start + size])
    assert [message for burst in receiver.bursts for message in burst] == messages
    assert all(receiver.bursts) and (size < 1000 or len(receiver.bursts) == 1)
