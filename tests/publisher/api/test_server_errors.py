"""Every error of the server becomes StreamAwayError, so that an editor gets 503 and never 500."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from publisher.stream.store import Store
from tests.support.sample_items import URI, an_item
from ticker.contract.entry import Keyring
from ticker.stream.redis_stream import Keys, StreamAwayError, connect

pytestmark = pytest.mark.anyio

ERRORS = [
    "LOADING Redis is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "NOREPLICAS Not enough good replicas to write.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    "CLUSTERDOWN The cluster is down",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "MOVED 866 127.0.0.1:1",
    "ASK 866 127.0.0.1:1",
    "CROSSSLOT Keys in request don't hash to the same slot",
    "BUSY Redis is busy running a script.",
    "NOSCRIPT No matching script.",
    "NOPERM User default has no permissions to run the 'evalsha' command",
    "NOAUTH Authentication required.",
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "UNKILLABLE Sorry the script already executed write commands",
    "EXECABORT Transaction discarded because of previous errors.",
    "ERR unknown command",
    "SOMETHING that no release has said yet",
]


@asynccontextmanager
async def refusing(folder: Path, error: str) -> AsyncIterator[str]:
    """A server that accepts clients and answers every other command with `error`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            command = []
            for _ in range(int(line[1:])):
                size = int((await reader.readline())[1:])
                command.append((await reader.readexactly(size + 2))[:-2])
            if command[0] == b"HELLO":
                writer.write(b"%2\r\n+proto\r\n:3\r\n+role\r\n+master\r\n")
            elif command[0] == b"CLIENT":
                writer.write(b"+OK\r\n")
            else:
                writer.write(f"-{error}\r\n".encode())
        writer.close()

    path = folder / "s"
    server = await asyncio.start_unix_server(serve, path)
    try:
        yield f"unix://{path}"
    finally:
        server.close()


@pytest.mark.parametrize("error", ERRORS)
async def test_every_error_of_the_server_is_raised_as_stream_away(tmp_path: Path, error: str) -> None:
    async with refusing(tmp_path, error) as url:
        store = Store(connect(url, timeout=1.2), Keyring("k1", {"k1": b"k" * 32}, "news"))
        calls: list[Callable[[], Coroutine[Any, Any, object]]] = [
            lambda: store.publish(an_item(), "d", "f"),
            lambda: store.earlier_answer("d", "f"),
            lambda: store.record(URI),
            lambda: store.newest(10, is_wanted=lambda item, is_newest: True),
            lambda: store.publish_canary(an_item(edition="canary")),
            lambda: store.probe(),
        ]
        for call in calls:
            with pytest.raises(StreamAwayError):
                await call()
        await store.aclose()


@pytest.mark.deep
async def test_an_expiry_on_the_stream_is_removed(store: Store, raw: Any, brand: str) -> None:
    keys = Keys(brand)
    await store.publish(an_item(), "d", "f")
    for key in (keys.items, keys.meta, keys.newest):
        await raw.expire(key, 1000)
    await store.probe()
    assert [await raw.ttl(key) for key in (keys.items, keys.meta, keys.newest)] == [-1, -1, -1]
