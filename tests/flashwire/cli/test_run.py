"""`flashwire run`: everything on one machine, from its first line to its last process."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.sync.client import connect

from flashwire.valkey.lock import LOCK_FILE
from tests.support.commands import FLASHWIRE, Running, runs
from ticker.shared.process.server_state import read_state

Start = Callable[..., Running]
Command = Callable[..., "subprocess.CompletedProcess[str]"]
Until = Callable[..., None]


def test_both_sides_are_ready_when_run_says_so_and_sigterm_ends_it_with_0(serving: Start, until: Until) -> None:
    service = serving()
    for address in (service.ticker, service.desk):
        assert _status(f"{address}/health/ready") == 200
    family = service.family()
    assert len(family) == 3, "the server, the desk and a node"
    started = time.monotonic()
    service.process.terminate()
    assert service.process.wait(20) == 0
    assert time.monotonic() - started < 15
    assert not [process for process in family if process.is_running()]
    assert "Traceback" not in service.errors()
    state = read_state(service.data)
    assert state is not None and state.state == "stopped"


@pytest.mark.deep
def test_a_second_run_serves_the_same_data(serving: Start) -> None:
    for _ in range(2):
        service = serving()
        service.process.terminate()
        assert service.process.wait(20) == 0


@pytest.mark.deep
def test_no_process_is_left_when_the_parent_is_killed(serving: Start, until: Until) -> None:
    service = serving("--workers", "2")
    family = service.family()
    assert len(family) == 4
    service.process.kill()
    until(lambda: not any(runs(process) for process in family), "every process is gone", 5)
    assert serving().process.poll() is None, "and the next one starts at once"


@pytest.mark.deep
def test_a_node_or_desk_that_dies_is_started_again_on_its_port(serving: Start, until: Until) -> None:
    service = serving()
    server = _server_pid(service.data)
    for child in [process for process in service.family() if process.pid != server]:
        child.kill()
        until(lambda child=child: not runs(child), "it is dead")
    for address in (service.ticker, service.desk):
        until(lambda address=address: _ready(address), f"{address} answers again")
    assert len(service.family()) == 3
    assert service.errors().count("starting it again") == 2


@pytest.mark.deep
def test_a_node_that_cannot_serve_any_more_says_why_in_one_line(serving: Start, until: Until) -> None:
    service = serving()
    key = service.data / "signing.key"
    key.rename(service.folder / "aside")
    port = int(service.ticker.rsplit(":", 1)[1])
    for child in service.family():
        if any(connection.laddr and connection.laddr.port == port for connection in child.net_connections()):
            child.kill()
    until(lambda: "No signing key" in service.errors(), "it says why")
    assert "Traceback" not in service.errors()
    (service.folder / "aside").rename(key)
    until(lambda: _ready(service.ticker), "it serves again")


@pytest.mark.deep
def test_a_killed_server_is_started_again_and_both_sides_follow(serving: Start, until: Until) -> None:
    service = serving()
    os.kill(_server_pid(service.data), signal.SIGKILL)
    until(lambda: "The embedded server is back" in service.errors(), "the server is back")
    for address in (service.ticker, service.desk):
        until(lambda address=address: _ready(address), f"{address} is ready again")


@pytest.mark.deep
def test_the_first_run_prints_a_link_for_the_first_editor(serving: Start) -> None:
    service = serving(FLASHWIRE_PUBLIC_URL="https://news.example/live")
    address = service.desk.replace("127.0.0.1", "localhost")
    assert any(f"{address}/#welcome=" in line for line in service.lines)
    # Its page follows the ticker where browsers reach it.
    with urllib.request.urlopen(service.desk, timeout=5) as page:
        assert "https://news.example wss://news.example" in page.headers["Content-Security-Policy"]


@pytest.mark.deep
def test_everything_it_writes_is_private(serving: Start) -> None:
    service = serving()
    files = list(service.data.rglob("*"))
    assert {"signing.key", "desk.sqlite3", "valkey.log", "server.json"} <= {file.name for file in files}
    assert [file.name for file in files if not file.is_symlink() and file.stat().st_mode & 0o077] == []


@pytest.mark.deep
def test_a_second_start_on_its_data_is_refused_with_one_line(serving: Start, flashwire: Command) -> None:
    service = serving()
    # A copy in place of the lock, as a restored backup may leave it, is not locked.
    aside = service.data / "aside"
    for _ in range(2):
        second = flashwire("run", "--ticker-port", "0", "--desk-port", "0")
        _refused(second, str(service.process.pid))
        shutil.copy(service.data / LOCK_FILE, aside)
        aside.rename(service.data / LOCK_FILE)
    assert _status(f"{service.ticker}/health/ready") == 200


@pytest.mark.deep
def test_a_port_in_use_is_refused_with_one_line(flashwire: Command, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for workers in ("1", "2"):
            refused = flashwire("run", "--ticker-port", str(port), "--desk-port", "0", "--workers", workers)
            _refused(refused, str(port), "--ticker-port")
    assert not (folder / "data").exists(), "nothing was made"


@pytest.mark.deep
@pytest.mark.parametrize(
    ("variables", "phrases"),
    [
        ({"FLASHWIRE_BRNAD": "x"}, ["FLASHWIRE_BRNAD", "did you mean FLASHWIRE_BRAND"]),
        ({"FLASHWIRE_REDIS_URL": "redis://x"}, ["REDIS_URL"]),
        ({"FLASHWIRE_TICKER_PORT": "eighty"}, ["FLASHWIRE_TICKER_PORT", "whole number"]),
        ({"FLASHWIRE_BRAND": "Not A Brand"}, ["FLASHWIRE_BRAND"]),
        ({"FLASHWIRE_SIGNING_KEYS": "k1:secret-of-mine"}, ["openssl rand"]),
        ({"FLASHWIRE_SITE": "/nowhere.toml"}, ["/nowhere.toml"]),
        ({"FLASHWIRE_REDIS_SERVER": "/bin/true"}, ["/bin/true"]),
        ({"FLASHWIRE_DATA": "/proc/flashwire"}, ["/proc/flashwire"]),
        ({"FLASHWIRE_TICKER_HOST": "192.0.2.1"}, ["192.0.2.1"]),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line(
    flashwire: Command, variables: dict[str, str], phrases: list[str]
) -> None:
    free = {"FLASHWIRE_TICKER_PORT": "0", "FLASHWIRE_DESK_PORT": "0"}
    refused = flashwire("run", **(free | variables))
    _refused(refused, *phrases)
    assert "secret-of-mine" not in refused.stderr


def test_a_desk_file_that_cannot_be_used_stops_the_start_with_one_line(flashwire: Command, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "desk.sqlite3").write_bytes(b"no database " * 1000)
    _refused(flashwire("run", "--ticker-port", "0", "--desk-port", "0"), "desk.sqlite3")


@pytest.mark.parametrize("command", ["run", "ticker"])
def test_too_few_files_for_any_reader_stop_the_start_with_one_line(
    folder: Path, environment: dict[str, str], redis_url: str, command: str
) -> None:
    variables = environment | {"FLASHWIRE_SIGNING_KEYS": "k1:" + "QUFB" * 12}
    variables |= {"FLASHWIRE_TICKER_PORT": "0", "FLASHWIRE_DESK_PORT": "0"}
    variables |= {"REDIS_URL": redis_url} if command == "ticker" else {}
    command_line = ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh", *FLASHWIRE, command]
    refused = subprocess.run(
        command_line, cwd=folder, env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    _refused(refused, "128 files", "ulimit -n")


def test_a_misspelled_name_in_env_is_refused_too(flashwire: Command, folder: Path) -> None:
    (folder / ".env").write_text("FLASHWIRE_BRAND=mine\nFLASHWIRE_WORKRES=2\n")
    _refused(flashwire("run"), "FLASHWIRE_WORKRES", ".env", "FLASHWIRE_WORKERS")


@pytest.mark.deep
def test_a_second_request_ends_at_once_what_would_drain_for_long(serving: Start, until: Until) -> None:
    service = serving("--drain-seconds", "60")
    # Few clients are spread over the whole drain, so the last one is closed at its end.
    with ExitStack() as clients:
        for _ in range(5):
            clients.enter_context(connect(f"{service.ticker.replace('http', 'ws')}/v1/live", proxy=None))
        family = service.family()
        service.process.send_signal(signal.SIGINT)
        until(lambda: "draining" in service.errors(), "the node drains")
        started = time.monotonic()
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(10) == 130
        assert time.monotonic() - started < 5
        assert not any(runs(process) for process in family)


def test_with_redis_url_no_server_is_started(serving: Start, redis_url: str, brand: str) -> None:
    service = serving(REDIS_URL=redis_url, FLASHWIRE_BRAND=brand)
    assert len(service.family()) == 2
    assert not (service.data / "valkey.log").exists()
    service.process.terminate()
    assert service.process.wait(20) == 0


def test_a_stop_during_the_start_ends_it_in_order(environment: dict[str, str], folder: Path, until: Until) -> None:
    process = subprocess.Popen(
        [*FLASHWIRE, "run", "--ticker-port", "0", "--desk-port", "0"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: (folder / "data" / "server.json").exists(), "the start has started")
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and "Traceback" not in errors


def test_the_ticker_alone_needs_redis_and_a_key(flashwire: Command, redis_url: str) -> None:
    _refused(flashwire("ticker", "--port", "0"), "REDIS_URL")
    _refused(flashwire("ticker", "--port", "0", REDIS_URL=redis_url), "signing key", "FLASHWIRE_SIGNING_KEYS")


@pytest.mark.deep
@pytest.mark.parametrize("command", [[], ["run"], ["ticker"], ["tail"], ["doctor"]])
def test_help_names_an_example(flashwire: Command, command: list[str]) -> None:
    answer = flashwire(*command, "--help")
    assert answer.returncode == 0 and "$ " in answer.stdout and "flashwire" in answer.stdout


def test_the_version_is_the_distributions(flashwire: Command) -> None:
    from importlib.metadata import version

    assert flashwire("--version").stdout == f"flashwire {version('flashwire')}\n"


def _refused(answer: "subprocess.CompletedProcess[str]", *phrases: str) -> None:
    assert answer.returncode == 2, answer.stderr
    assert answer.stderr.count("\n") == 1 and "Traceback" not in answer.stderr, answer.stderr
    for phrase in phrases:
        assert phrase in answer.stderr


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return int(answer.status)


def _ready(address: str) -> bool:
    try:
        return _status(f"{address}/health/ready") == 200
    except OSError:
        return False


def _server_pid(data: Path) -> int:
    """The embedded server's process: the peer that the kernel names for its socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(data / "valkey.sock"))
        return int(struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])


def test_a_rehearsal_next_to_the_live_service_has_keys_and_data_of_its_own(serving: Start) -> None:
    service = serving("--rehearsal")
    assert "Flashwire rehearses" in "".join(service.lines)
    assert _status(f"{service.ticker}/health/ready") == _status(f"{service.desk}/health/ready") == 200
    assert (service.data / "rehearsal" / "desk.sqlite3").exists()
    assert not (service.data / "desk.sqlite3").exists()
