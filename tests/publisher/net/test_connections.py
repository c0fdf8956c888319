"""What a client without a token may cost: heads, bodies, time, and how many connections; all on real sockets."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import msgspec
import psutil
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from publisher.api.app import create_app
from publisher.api.parts import Parts
from publisher.net import bounded_http, connections
from publisher.page import desk_routes
from publisher.server import DeskServer
from tests.support.desk_process import Machine
from tests.support.sample_items import line
from ticker.shared.http.headers import SECURITY_HEADERS
from ticker.shared.http.trusted_proxies import Proxies, counted_address

pytestmark = pytest.mark.anyio

_HEAD = b"GET /v1/items HTTP/1.1\r\nHost: desk.test\r\n"
_POST = b"POST /v1/items HTTP/1.1\r\nHost: desk.test\r\nContent-Type: application/json\r\n"


class Address(msgspec.Struct, frozen=True):
    """Where a desk listens in this process, and a token for it."""

    port: int
    token: str

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def sent(self, *pieces: bytes, pause: float = 0.0) -> bytes:
        """All that is answered to `pieces` on one connection, up to its end."""
        reader, writer = await self.open()
        answer = bytearray()

        async def read() -> None:
            with contextlib.suppress(ConnectionError):
                while data := await reader.read(65_536):
                    answer.extend(data)

        reading = asyncio.create_task(read())
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
        await asyncio.wait_for(reading, 8)
        await close(writer)
        return bytes(answer)


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


Started = Callable[..., Awaitable[Address]]


@pytest.fixture
async def start(parts: Parts) -> AsyncIterator[Started]:
    """Starts the desk's server in this loop, after the test has set the limits it needs."""
    servers: list[tuple[DeskServer, asyncio.Task[None]]] = []

    async def started(proxies: str = "127.0.0.1") -> Address:
        settings = parts.settings.model_copy(update={"forwarded_allow_ips": proxies})
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            create_app(parts, desk_routes("http://127.0.0.1:8000")), http="httptools", ws="none", log_config=None,
            proxy_headers=False, server_header=False, timeout_graceful_shutdown=1, timeout_keep_alive=1, lifespan="on",
        )  # fmt: skip
        server = DeskServer(config, msgspec.structs.replace(parts, settings=settings))
        servers.append((server, asyncio.create_task(server._serve([sock]))))
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110  # uvicorn has a flag and no event
                await asyncio.sleep(0.01)
        return Address(sock.getsockname()[1], parts.tokens.create("ed", "editor", unlimited=True))

    yield started
    for server, task in servers:
        server.should_exit = True
        await task


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times of a fraction of a second."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "DISCARD_SECONDS", "UNREAD_SECONDS"):
        monkeypatch.setattr(bounded_http, name, 0.4)
    monkeypatch.setattr(connections, "_SWEEP_SECONDS", 0.1)


def status(answer: bytes) -> int:
    return int(answer[9:12]) if answer else 0


def assert_secure(answer: bytes) -> None:
    """Every security header is there once, and nothing is allowed to other origins."""
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    names = [line.partition(":")[0].lower() for line in lines]
    assert all(names.count(name.lower()) == 1 for name in SECURITY_HEADERS), names
    assert not [name for name in names if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"OPTIONS * HTTP/1.1\r\n", 404),
        (b"GET /%2e%2e/%00 HTTP/1.1\r\n", 404),
        (b"GET http://desk.test/ HTTP/1.1\r\n", 200),
        (b"GET / HTTP/1.0\r\n", 200),
        (b"HEAD /desk/shell/main.js HTTP/1.1\r\n", 200),
        (b"GET /desk/shell/main.js HTTP/1.1\r\nRange: bytes=0-1\r\n", 200),
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", 200),
        (b"FROB / HTTP/1.1\r\n", 400),
        (b"GET / HTTP/1.1\r\nX-Forwarded-For: \xff, [::1, x:y:z:1\r\nForwarded: \xff=\r\n", 200),
    ],
)
async def test_every_answer_has_the_headers_for_browsers(start: Started, head: bytes, expected: int) -> None:
    answer = await (await start()).sent(head + b"Host: desk.test\r\nConnection: close\r\n\r\n")
    assert status(answer) == expected
    assert_secure(answer)


@pytest.mark.deep
@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([_HEAD + b"A: " + b"a" * 20_000], 431),
        ([_HEAD + b"A: b\r\n" * 200 + b"\r\n"], 431),
        ([_HEAD + b"A: " + b"a" * 9_000 + b"\r\nB: " + b"b" * 9_000 + b"\r\n\r\n"], 431),
        ([b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n"], 431),
        ([_HEAD + b"A: "] + [b"a" * 1_000] * 40, 431),
        ([_HEAD] + [b"A%d: b\r\n" % number for number in range(120)], 431),
        ([_HEAD + b"a" * 20_000], 431),
        ([b"\r\n" * 20_000], 431),
        ([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], 400),
        ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"], 400),
        ([_HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"], 400),
        ([_POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], 400),
        ([b"CONNECT desk.test:443 HTTP/1.1\r\n\r\n"], 400),
    ],
)
async def test_a_request_that_is_too_large_or_not_http_is_answered_and_closed(
    start: Started, pieces: list[bytes], expected: int
) -> None:
    answer = await (await start()).sent(*pieces)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status(answer) == expected and b"Connection: close" in head, answer
    assert_secure(answer)
    assert msgspec.json.decode(body)["status"] == expected


async def test_a_head_below_the_limit_is_read(start: Started) -> None:
    address = await start()
    filling = b"A: " + b"a" * 15_000 + b"\r\n" + b"B: c\r\n" * 90
    assert status(await address.sent(_HEAD + filling + b"Connection: close\r\n\r\n")) == 401


@pytest.mark.deep
@pytest.mark.parametrize(
    ("head", "drops"),
    [
        (b"", b"A"),
        (_HEAD, b"A"),
        (_POST + b"Content-Length: 50\r\n\r\n", b" "),
        (_POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (_POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
        (_POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    ],
)
@pytest.mark.parametrize("signed", [False, True])
async def test_a_request_that_never_ends_is_closed(
    start: Started, short: None, head: bytes, drops: bytes, signed: bool
) -> None:
    address = await start()
    if signed and head:
        head = head.replace(b"\r\n", b"\r\nAuthorization: Bearer %b\r\n" % address.token.encode(), 1)
    started_at = time.monotonic()
    answer = await address.sent(head, *[drops] * 60, pause=0.05)
    assert time.monotonic() - started_at < 6
    assert status(answer) in ((408,) if signed or not head.startswith(_POST) else (401,)) or not head, answer


@pytest.mark.deep
async def test_a_silent_connection_is_closed(start: Started, short: None) -> None:
    address = await start()
    started_at = time.monotonic()
    assert await address.sent() == b"" and time.monotonic() - started_at < 3


@pytest.mark.deep
async def test_a_slow_body_that_goes_on_is_waited_for(start: Started, short: None) -> None:
    # 20 pieces of 512 bytes in two seconds: more than the time for a body, and faster than the least rate.
    address = await start()
    body = b" " * (20 * 512 - 60) + msgspec.json.encode(line())
    head = _POST + b"Authorization: Bearer %b\r\nConnection: close\r\n" % address.token.encode()
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    pieces = [body[start : start + 512] for start in range(0, len(body), 512)]
    assert status(await address.sent(head, *pieces, pause=0.1)) == 201


@pytest.mark.parametrize("length", [b"Content-Length: 1000000000", b"Transfer-Encoding: chunked"])
async def test_the_body_of_an_unauthenticated_request_is_not_read(start: Started, length: bytes) -> None:
    address = await start()
    reader, writer = await address.open()
    writer.write(_POST + length + b"\r\n\r\n")
    sent = 0
    with contextlib.suppress(ConnectionError):
        for _ in range(2000):
            writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
            sent += 0x4000
            await writer.drain()
    # What the kernel's buffers hold comes on top.
    assert sent < 12_000_000
    with contextlib.suppress(ConnectionError):
        assert status(await reader.read(65_536)) in (0, 401)
    await close(writer)


async def test_a_client_that_expects_100_continue_sends_no_body_in_vain(start: Started) -> None:
    address = await start()
    expecting = b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 400\r\n"
    assert status(await address.sent(_POST + expecting + b"\r\n")) == 401
    body = msgspec.json.encode(line()).ljust(400)
    signed = b"Authorization: Bearer %b\r\n" % address.token.encode()
    answer = await address.sent(_POST + signed + expecting + b"\r\n", body, pause=0.1)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201")


async def test_trailers_do_not_count_as_headers(start: Started) -> None:
    address = await start()
    trailer = b"Authorization: Bearer %b\r\n" % address.token.encode()
    body = msgspec.json.encode(line())
    chunked = _POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n" % (len(body), body)
    assert status(await address.sent(chunked + trailer + b"\r\n")) == 401


async def test_pipelined_requests_are_answered_up_to_a_limit(start: Started, parts: Parts) -> None:
    address = await start()
    request = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
    last = request[:-2] + b"Connection: close\r\n\r\n"
    assert (await address.sent(request * 9 + last)).count(b"HTTP/1.1 200") == 10
    assert 10 <= (await address.sent(request * 5000 + last)).count(b"HTTP/1.1 200") <= 20
    # What was asked before something that is no HTTP is answered.
    assert (await address.sent(request + b"\x00\r\n\r\n")).count(b"HTTP/1.1 200") == 1


@pytest.mark.deep
@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket", b"TLS/1.0"])
async def test_a_request_with_an_unsupported_upgrade_is_answered_normally(start: Started, upgrade: bytes) -> None:
    address = await start()
    lines = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: %b\r\nHTTP2-Settings: AAMAAABk\r\n" % upgrade
    body = msgspec.json.encode(line())
    signed = b"Authorization: Bearer %b\r\nContent-Length: %d\r\n" % (address.token.encode(), len(body))
    for_one = _POST + signed + lines + b"\r\n" + body
    then = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    for pieces in ((for_one, then), (for_one + then,)):
        answer = await address.sent(*pieces, pause=0.2)
        assert answer.count(b"HTTP/1.1 201") == 1 and answer.count(b"HTTP/1.1 200") == 1, answer


@pytest.mark.deep
@pytest.mark.parametrize("target", [b"http://desk.test/v1/items", b"HTTP://desk.test:8001/v1/items?limit=1"])
async def test_an_absolute_target_is_read_as_its_path(start: Started, target: bytes) -> None:
    address = await start()
    signed = b"Authorization: Bearer %b\r\nHost: desk.test\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n"
    assert status(await address.sent(b"GET %b HTTP/1.1\r\n" % target + signed % address.token.encode())) == 200


async def test_a_client_that_ends_its_side_is_answered(start: Started) -> None:
    address = await start()
    body = msgspec.json.encode(line())
    signed = b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n" % (address.token.encode(), len(body))
    reader, writer = await address.open()
    writer.write(_POST + signed + body)
    writer.write_eof()
    assert status(await asyncio.wait_for(reader.read(), 5)) == 201
    await close(writer)
    # One that ends in the middle is not waited for.
    reader, writer = await address.open()
    writer.write(_POST)
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 2) == b""
    await close(writer)


@pytest.mark.deep
async def test_unread_answers_are_dropped(start: Started, short: None, parts: Parts) -> None:
    address = await start()
    request = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", address.port))
        client.setblocking(False)
        for _ in range(200):
            with contextlib.suppress(BlockingIOError, ConnectionError):
                client.send(request * 4)
            await asyncio.sleep(0.01)
            if parts.metrics.dropped.labels("unread")._value.get():
                break
    assert parts.metrics.dropped.labels("unread")._value.get() == 1


async def test_the_oldest_pending_connection_is_closed_beyond_the_limit(
    start: Started, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PENDING", 20)
    address = await start()
    streams = [await address.open() for _ in range(30)]
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{address.port}", trust_env=False) as http:
        page = (await http.get("/metrics")).text
    # The one that asks for the figures pushed out another one when it came.
    assert "flashwire_desk_pending_connections 19.0" in page
    assert 'flashwire_desk_dropped_connections_total{reason="full"} 11.0' in page
    for reader, _ in streams[:10]:
        assert await reader.read(1) == b""
    for _, writer in streams:
        await close(writer)


async def is_open(reader: asyncio.StreamReader) -> bool:
    """Whether the server has not ended a connection, after the time that it takes to do so."""
    try:
        await asyncio.wait_for(reader.read(1), 0.3)
    except TimeoutError:
        return True
    except ConnectionError:
        return False
    return False


@pytest.mark.deep
async def test_one_address_has_no_more_pending_connections_than_its_share(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS_PER_ADDRESS", 4)
    address = await start(proxies="")
    streams = [await address.open() for _ in range(3)]
    # One that was answered and is kept open waits too.
    reader, writer = await address.open()
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readuntil(b"}")
    streams.append((reader, writer))
    other = await asyncio.open_connection("127.0.0.1", address.port, local_addr=("127.0.0.2", 0))
    streams += [await address.open() for _ in range(2)]
    # The idle one goes first, then the oldest that has sent nothing.
    assert await asyncio.gather(*(is_open(client_reader) for client_reader, _ in streams)) == [
        False,
        True,
        True,
        False,
        True,
        True,
    ]
    assert await is_open(other[0])
    for _, writer in (*streams, other):
        await close(writer)
    assert status(await address.sent(_HEAD + b"Connection: close\r\n\r\n")) == 401


async def test_a_proxy_has_the_connections_of_all_its_clients(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS_PER_ADDRESS", 2)
    address = await start()
    streams = [await address.open() for _ in range(6)]
    assert all(await asyncio.gather(*(is_open(reader) for reader, _ in streams)))
    for _, writer in streams:
        await close(writer)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("10.0.0.5", ""),
        ("::ffff:10.0.0.5", ""),
    ],
)
def test_an_address_is_a_host_of_ipv4_a_network_of_ipv6_and_no_proxy(peer: str, address: str) -> None:
    assert counted_address(peer, Proxies("10.0.0.0/8")) == address


@pytest.mark.alone
@pytest.mark.deep
def test_endless_heads_use_no_memory_and_delay_no_editor(machine: Machine) -> None:
    process = psutil.Process(machine.desk.pid)
    machine.post("warm")
    memory_before = process.memory_info().rss
    port = machine.http.base_url.port
    assert port is not None
    attackers: list[socket.socket] = []

    def attack() -> None:
        while len(attackers) < 50:
            client = socket.create_connection(("127.0.0.1", port))
            client.sendall(_HEAD)
            client.setblocking(False)
            attackers.append(client)
        for client in attackers[:]:
            try:
                for _ in range(16):
                    client.send(b"X-Endless: " + b"a" * 4000 + b"\r\n")
            except BlockingIOError:
                pass
            except OSError:
                client.close()
                attackers.remove(client)

    waits: list[float] = []
    highest, until = memory_before, time.monotonic() + 4
    while time.monotonic() < until:
        for _ in range(5):
            attack()
        started_at = time.monotonic()
        assert machine.post(f"under attack {len(waits)}").status_code == 201
        waits.append(time.monotonic() - started_at)
        highest = max(highest, process.memory_info().rss)
    for client in attackers:
        client.close()
    assert highest - memory_before < 50_000_000 and max(waits) < 1, (highest - memory_before, waits)


@pytest.mark.alone
def test_an_editor_is_answered_during_five_hundred_slow_requests(machine: Machine) -> None:
    port = machine.http.base_url.port
    assert port is not None
    dripping = [socket.create_connection(("127.0.0.1", port)) for _ in range(500)]
    waits: list[float] = []
    until = time.monotonic() + 3
    while time.monotonic() < until:
        for client in dripping:
            with contextlib.suppress(OSError):
                client.send(b"GET /"[len(waits) : len(waits) + 1] or b"a")
        started_at = time.monotonic()
        with httpx2.Client(base_url=machine.http.base_url, headers=machine.http.headers, trust_env=False) as editor:
            assert editor.post("/v1/items", json=line(), timeout=5).status_code == 201
        waits.append(time.monotonic() - started_at)
    for client in dripping:
        client.close()
    assert max(waits) < 1 and machine.ready() is True, waits


async def test_a_body_in_thousands_of_chunks_is_passed_on_by_the_packet(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = await start()
    passed: list[int] = []
    pass_on = HttpToolsProtocol.on_body

    def counted(self: HttpToolsProtocol, body: bytes) -> None:
        passed.append(len(body))
        pass_on(self, body)

    monkeypatch.setattr(HttpToolsProtocol, "on_body", counted)
    # Spaces around it mean nothing in JSON.
    body = b" " * 5_000 + msgspec.json.encode(line())
    head = _POST + b"Authorization: Bearer %b\r\nConnection: close\r\n" % address.token.encode()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    answer = await address.sent(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert status(answer) == 201
    assert sum(passed) == len(body)
    # As many as the kernel made packets of it.
    assert len(passed) < 100
