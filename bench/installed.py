"""Runs the installed `flashwire` command in a private folder, without inherited settings."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from bench.contender import ContenderError
from bench.process import last_words
from flashwire.valkey.embedded_server import EmbeddedServer
from flashwire.valkey.errors import EmbeddedError

READY_LINE: Final = b"Flashwire is live."
STOP_SECONDS: Final = 15.0
START_SECONDS: Final = 30.0
_COMMAND: Final = (sys.executable, "-c", "from flashwire.cli.main import main; main()")
_ROOT: Final = Path(__file__).parents[1]


class Desk(msgspec.Struct, frozen=True):
    """A running desk with a private Valkey."""

    port: int
    pid: int
    valkey: int
    """The process ID of Valkey."""
    url: str
    """The URL of Valkey."""
    tokens: tuple[str, ...]


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """Returns this process's environment with `settings` as the only Flashwire settings, and `folder` for its data."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.upper().startswith(("FLASHWIRE_", "REDIS_"))
    }
    own = {f"FLASHWIRE_{name.upper()}": str(value) for name, value in settings.items() if name != "redis_url"}
    if "redis_url" in settings:
        own["REDIS_URL"] = str(settings["redis_url"])
    # PYTHONPATH: the command uses this checkout even if it is not installed.
    return {**inherited, **own, "FLASHWIRE_DATA": str(folder), "PYTHONPATH": str(_ROOT)}


def start_process(folder: Path, *arguments: str, **settings: object) -> subprocess.Popen[bytes]:
    """Starts `flashwire` with `arguments`. Its standard output is a pipe; standard error goes to `folder`/log."""
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [*_COMMAND, *arguments],
            cwd=folder,
            env=environment(folder, **settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )


async def tokens(folder: Path, number: int, *, role: str = "editor") -> tuple[str, ...]:
    """Creates `number` tokens of a role without a rate limit; raises `ContenderError`."""
    names = (f"{role} {secret}" for secret in range(number))
    processes = [
        start_process(folder, "token", "create", name, "--role", role, "--unlimited", "--data", str(folder))
        for name in names
    ]
    outputs = [(await asyncio.to_thread(process.communicate))[0].decode().strip() for process in processes]
    if not all(outputs):
        raise ContenderError(f"no token was created: {last_words(folder)}")
    return tuple(outputs)


@asynccontextmanager
async def desk(folder: Path, core: int, *, editors: int = 4) -> AsyncIterator[Desk]:
    """Runs `flashwire desk` on `core`, and Valkey on the cores of this process; raises `ContenderError`."""
    try:
        with EmbeddedServer(folder) as server:
            assert server.pid is not None, "a server that is ready has a process"
            port = free_port()
            process = start_process(folder, "desk", "--port", str(port), redis_url=server.url)
            try:
                os.sched_setaffinity(process.pid, {core})
                await _ready(process, port, folder)
                yield Desk(port, process.pid, server.pid, server.url, await tokens(folder, editors))
            finally:
                await stop_process(process)
    except EmbeddedError as error:
        raise ContenderError(str(error)) from None


@asynccontextmanager
async def service(folder: Path, **settings: object) -> AsyncIterator[tuple[float, int, int]]:
    """Runs `flashwire run` on free ports; yields the seconds until it is ready, the ticker's port and the desk's."""
    ticker, desk_port = free_port(), free_port()
    ports = ("--ticker-port", str(ticker), "--desk-port", str(desk_port))
    start = time.monotonic()
    process = start_process(folder, "run", "--data", str(folder), "--drain-seconds", "0", *ports, **settings)
    try:
        assert process.stdout is not None
        line = await asyncio.to_thread(process.stdout.readline)
        seconds = time.monotonic() - start
        if READY_LINE not in line:
            raise ContenderError(f"flashwire run did not start: {last_words(folder)}")
        yield seconds, ticker, desk_port
    finally:
        await stop_process(process)


async def stop_process(process: subprocess.Popen[bytes]) -> None:
    """Stops a process with SIGTERM, and with SIGKILL after `STOP_SECONDS`."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.to_thread(process.wait, STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def free_port() -> int:
    """Returns a port of loopback that is free at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


async def _ready(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /health/ready HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n")
            status = await reader.readline()
            writer.close()
            if b" 200 " in status:
                return
        except OSError:
            pass
        await asyncio.sleep(0.05)
    raise ContenderError(f"flashwire desk did not start: {last_words(folder)}")
