"""The limit in C: clients that join in pieces, read late, leave, or speak another protocol."""

import asyncio
import base64
import hashlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from bench.contender import Target
from bench.contenders.feed import text_frame
from bench.contenders.limit import Limit
from bench.process import cpu_seconds

pytestmark = pytest.mark.anyio
CORE = max(os.sched_getaffinity(0))
SECONDS = 30.0


class Running(Limit):
    """The limit, given messages as they stand."""

    target: Target

    async def say(self, *messages: bytes) -> None:
        await self._publisher.send(messages)


@pytest.fixture
async def limit() -> AsyncIterator[Running]:
    running = Running()
    try:
        running.target = await running.start(CORE)
        yield running
    finally:
        await running.stop()


def request(key: bytes, name: bytes = b"Sec-WebSocket-Key", rest: bytes = b"") -> bytes:
    return b"GET / HTTP/1.1\r\nHost: x\r\n%b%b: %b\r\nUpgrade: websocket\r\n\r\n" % (rest, name, key)


class Client:
    """A client of loopback that says and reads plain bytes."""

    def __init__(self, target: Target, buffer: int = 0) -> None:
        self._sock = socket.socket()
        if buffer:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._sock.setblocking(False)
        self._address = (target.host, target.port)

    async def say(self, *pieces: bytes) -> "Client":
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._sock, self._address)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            await loop.sock_sendall(self._sock, piece)
            await asyncio.sleep(0)
        return self

    async def join(self) -> "Client":
        key = base64.b64encode(secrets.token_bytes(16))
        await self.say(request(key))
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        answer = await self.read(129)
        assert answer.startswith(b"HTTP/1.1 101 ") and answer.endswith(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        return self

    async def read(self, length: int) -> bytes:
        """`length` bytes, or fewer if the server hung up before."""
        data = bytearray()
        async with asyncio.timeout(SECONDS):
            while len(data) < length and (part := await self._part(length - len(data))):
                data += part
        return bytes(data)

    async def _part(self, length: int) -> bytes:
        try:
            return await asyncio.get_running_loop().sock_recv(self._sock, length)
        except ConnectionResetError:
            return b""

    def close(self) -> None:
        self._sock.close()


@pytest.fixture
async def client(limit: Running) -> AsyncIterator[Callable[..., Client]]:
    clients: list[Client] = []

    def make(buffer: int = 0) -> Client:
        clients.append(Client(limit.target, buffer))
        return clients[-1]

    yield make
    for opened in clients:
        opened.close()


@pytest.mark.parametrize("size", [1, 125, 126, 65_535, 65_536, 300_000])
async def test_a_message_of_any_length_gets_a_correct_frame(
    limit: Running, client: Callable[..., Client], size: int
) -> None:
    member = await client().join()
    message = secrets.token_bytes(size)
    await limit.say(message, b"and the next")
    due = text_frame(message) + text_frame(b"and the next")
    assert await member.read(len(due)) == due


async def test_every_key_gets_its_answer_in_any_spelling_and_in_pieces(
    client: Callable[..., Client],
) -> None:
    for length in (1, 16, 19, 20, 24, 27, 28, 60):
        key = b"k" * length
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        whole = request(key, b"sec-websocket-KEY")
        answer = await (await client().say(whole[:9], whole[9:50], whole[50:])).read(129)
        assert answer.endswith(accept + b"\r\n\r\n"), length


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        request(b"k" * 61),
        request(b""),
        b"x" * 5000,
        request(b"key", rest=b"Cookie: " + b"x" * 5000 + b"\r\n"),
    ],
    ids=["no key", "a long key", "an empty key", "no request", "a long request"],
)
async def test_an_unknown_request_is_closed(client: Callable[..., Client], request_bytes: bytes) -> None:
    assert await (await client().say(request_bytes)).read(1) == b""


async def test_a_late_reader_gets_everything_in_order_without_busy_waiting(
    limit: Running, client: Callable[..., Client]
) -> None:
    late, other = await client(buffer=4096).join(), await client().join()
    messages = [number.to_bytes(4) * 20_000 for number in range(100)]
    due = b"".join(map(text_frame, messages))
    await limit.say(*messages)
    assert await other.read(len(due)) == due
    await limit.say(b"last")
    assert await other.read(6) == text_frame(b"last")
    cpu_before = cpu_seconds(limit.target.processes)
    await asyncio.sleep(0.2)  # what is looked for is that nothing happens
    assert cpu_seconds(limit.target.processes) - cpu_before < 0.05
    assert await late.read(len(due) + 6) == due + text_frame(b"last")


async def test_a_client_that_leaves_does_not_affect_the_others(limit: Running, client: Callable[..., Client]) -> None:
    members = [await client().join() for _ in range(30)]
    stuck = await client(buffer=4096).join()
    await limit.say(b"x" * 8_000_000)
    staying = members[1::2]
    for member in members[::2]:
        member.close()
    due = len(text_frame(b"x" * 8_000_000))
    for member in staying:
        assert len(await member.read(due)) == due
    stuck.close()
    await limit.say(b"still")
    for member in staying:
        assert await member.read(7) == text_frame(b"still")
    later = await client().join()
    await limit.say(b"there")
    assert await later.read(7) == text_frame(b"there")
    for member in staying:
        assert await member.read(7) == text_frame(b"there")
