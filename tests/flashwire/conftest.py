"""A data directory with a short path for each test, and helpers that watch processes from outside."""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flashwire.valkey.embedded_server import EmbeddedServer
from tests.support import waiting

Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        yield Path(folder) / "data"


@pytest.fixture
def until() -> Callable[..., float]:
    """Waits for a condition with a limit."""
    return waiting.until


@pytest.fixture
def ask() -> Callable[[Path, str], str]:
    """Sends one inline command to a server; returns the first line of the answer (of a bulk answer its value)."""

    def command(socket_path: Path, line: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as answers:
            connection.settimeout(10)
            connection.connect(str(socket_path))
            connection.sendall(line.encode() + b"\r\n")
            first = bytes(answers.readline()).strip().decode()
            return bytes(answers.readline()).strip().decode() if first.startswith("$") and first != "$-1" else first

    return command


@pytest.fixture
def step_until(until: Callable[..., None]) -> Callable[[EmbeddedServer, Callable[[], object], str], None]:
    """Steps an embedded server until a condition holds."""

    def step_server(server: EmbeddedServer, condition: Callable[[], object], what: str) -> None:
        def step() -> object:
            server.step()
            return condition()

        until(step, what)

    return step_server


@pytest.fixture
def outside(data: Path, spawn: Spawn) -> Spawn:
    """Starts a Python program in another process, with `data` as its argument."""

    def start(program: str, descriptors: tuple[int, ...] = ()) -> "subprocess.Popen[str]":
        return spawn([sys.executable, "-c", program, str(data)], pass_fds=descriptors)

    return start


@pytest.fixture
def running() -> Callable[[Path], list[int]]:
    """The numbers of running processes that have `data` in their arguments."""

    def find(data: Path) -> list[int]:
        numbers = []
        for process in psutil.process_iter(["pid", "cmdline", "status"]):
            if process.info["status"] != psutil.STATUS_ZOMBIE and str(data) in " ".join(process.info["cmdline"] or []):
                numbers.append(process.info["pid"])
        return numbers

    return find
