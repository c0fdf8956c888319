"""The embedded server: its directory, its socket, its end and its restarts."""

import os
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from flashwire.valkey.damage import MANIFEST
from flashwire.valkey.data_dir import LONGEST, SOCKET, redis_url
from flashwire.valkey.embedded_server import EmbeddedServer
from flashwire.valkey.errors import DamagedError, DataInUseError, EmbeddedError
from flashwire.valkey.server_process import LOG_FILE
from tests.support.odd_files import at_once
from ticker.shared.process.server_state import read_state

Ask = Callable[[Path, str], str]
Until = Callable[..., None]
StepUntil = Callable[[EmbeddedServer, Callable[[], object], str], None]
# A program that runs an embedded server and prints the server's process number.
RUNNING_SERVER = """
import sys, pathlib, time
from flashwire.valkey.embedded_server import EmbeddedServer
with EmbeddedServer(pathlib.Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    while True:
        time.sleep(server.step())
"""


def test_a_server_answers_on_a_private_socket_and_stores_everything_on_disk(data: Path, ask: Ask) -> None:
    with EmbeddedServer(data) as server:
        socket_path = data / SOCKET
        assert server.url == f"unix://{socket_path}"
        assert stat.S_IMODE(socket_path.stat().st_mode) == 0o700
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert "aof_enabled:1" in _info(socket_path, "persistence")
        assert [_config(socket_path, name) for name in ("appendfsync", "maxmemory-policy", "port", "save")] == [
            "always",
            "noeviction",
            "0",
            "",
        ]
        assert ask(socket_path, "PING") == "+PONG"
        private = [path for path in data.rglob("*") if path.is_file()]
        assert private and all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in private)
    assert not socket_path.exists()


def test_a_pipe_in_place_of_the_log_does_not_block_the_start(data: Path) -> None:
    data.mkdir(mode=0o700, exist_ok=True)
    os.mkfifo(data / LOG_FILE)
    with at_once(), pytest.raises(EmbeddedError, match="cannot be started"), EmbeddedServer(data):
        raise AssertionError("it was started")


def test_the_log_of_the_server_is_a_file(data: Path) -> None:
    with EmbeddedServer(data):
        assert "Ready to accept connections" in (data / LOG_FILE).read_text()


def test_confirmed_writes_are_there_after_a_stop(data: Path, ask: Ask) -> None:
    with EmbeddedServer(data):
        assert ask(data / SOCKET, "SET line first") == "+OK"
    with EmbeddedServer(data):
        assert ask(data / SOCKET, "GET line") == "first"


@pytest.mark.deep
def test_no_confirmed_write_is_lost_when_the_server_is_killed(data: Path, ask: Ask, step_until: StepUntil) -> None:
    with EmbeddedServer(data) as server:
        for life in range(3):
            for number in range(200):
                assert ask(data / SOCKET, f"RPUSH lines {life}.{number}").startswith(":")
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            step_until(server, lambda: not server.is_ready, "the end is noticed")
            step_until(server, lambda: server.is_ready, "it is back")
            assert ask(data / SOCKET, "LLEN lines") == f":{200 * (life + 1)}"


def test_a_server_that_ends_is_started_again_and_the_state_file_has_the_reason(
    data: Path, until: Until, step_until: StepUntil
) -> None:
    notices: list[str] = []
    with EmbeddedServer(data, notice=notices.append) as server:
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        step_until(server, lambda: not server.is_ready, "the end is noticed")
        away = read_state(data)
        assert away is not None and away.state == "away" and "SIGKILL" in away.reason
        step_until(server, lambda: server.is_ready, "it is back")
        ready = read_state(data)
        assert ready is not None and (ready.state, ready.reason, ready.restarts) == ("ready", "", 1)
        assert ready.since >= away.since
        assert server.pid != first
        assert len(notices) == 2 and "SIGKILL" in notices[0] and "back" in notices[1]
    stopped = read_state(data)
    assert stopped is not None and stopped.state == "stopped"


@pytest.mark.deep
def test_a_frozen_server_is_away_and_is_not_killed(data: Path, step_until: StepUntil) -> None:
    with EmbeddedServer(data) as server:
        frozen = server.pid
        assert frozen is not None
        os.kill(frozen, signal.SIGSTOP)
        try:
            step_until(server, lambda: not server.is_ready, "the silence is noticed")
            state = read_state(data)
            assert state is not None and state.state == "away" and "does not answer" in state.reason
        finally:
            os.kill(frozen, signal.SIGCONT)
        step_until(server, lambda: server.is_ready, "it answers again")
        assert server.pid == frozen


def test_a_second_start_in_one_directory_is_refused_with_the_process_of_the_first(data: Path) -> None:
    with EmbeddedServer(data) as first:
        with pytest.raises(DataInUseError) as refused, EmbeddedServer(data):
            pass
        assert str(os.getpid()) in str(refused.value) and "\n" not in str(refused.value)
        assert first.step() <= 1 and first.is_ready


@pytest.mark.deep
def test_a_killed_parent_leaves_no_process_and_its_successor_starts_at_once(
    data: Path, outside: Callable[[str], "subprocess.Popen[str]"], until: Until, ask: Ask
) -> None:
    parent_process = outside(RUNNING_SERVER)
    assert parent_process.stdout is not None
    number = int(parent_process.stdout.readline())
    assert ask(data / SOCKET, "SET line kept") == "+OK"
    os.kill(parent_process.pid, signal.SIGKILL)
    with EmbeddedServer(data):
        assert ask(data / SOCKET, "GET line") == "kept"
    until(lambda: not psutil.pid_exists(number), "the server is gone")


def test_without_support_of_the_kernel_a_guard_ends_the_server(
    data: Path, outside: Callable[[str], "subprocess.Popen[str]"], until: Until
) -> None:
    without_kernel = "import ticker.shared.process.parent as process; process._libc = None\n" + RUNNING_SERVER
    parent_process = outside(without_kernel)
    assert parent_process.stdout is not None
    process = psutil.Process(int(parent_process.stdout.readline()))
    children = psutil.Process(parent_process.pid).children()
    assert len(children) == 2, "the server and its guard"
    os.kill(parent_process.pid, signal.SIGKILL)
    until(lambda: not any(_runs(member) for member in [process, *children]), "server and guard are gone")


def test_a_guard_ends_with_the_server_it_guards(
    data: Path, outside: Callable[[str], "subprocess.Popen[str]"], until: Until
) -> None:
    without_kernel = (
        "import ticker.shared.process.parent as process; process._libc = None\n"
        "import pathlib, sys, psutil\nfrom flashwire.valkey.embedded_server import EmbeddedServer\n"
        "with EmbeddedServer(pathlib.Path(sys.argv[1])): pass\nprint(len(psutil.Process().children()))"
    )
    output, errors = outside(without_kernel).communicate(timeout=20)
    assert (output.strip(), errors) == ("0", "")


def test_a_path_too_long_for_a_socket_works_and_leaves_nothing_behind(data: Path, ask: Ask) -> None:
    deep = data / ("ein-sehr-langer-name-" * 5) / "ünïcödé & space"
    with EmbeddedServer(deep) as server:
        link = deep.resolve() / SOCKET
        assert len(os.fsencode(link)) > LONGEST and link.is_symlink()
        private = link.readlink()
        assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700
        assert ask(private, "PING") == "+PONG"
        assert server.url == redis_url(deep) == f"unix://{private}"
    assert not private.parent.exists() and not link.is_symlink()


def test_a_private_directory_of_a_killed_service_is_removed(data: Path, ask: Ask) -> None:
    deep = data / ("ein-sehr-langer-name-" * 6)
    with EmbeddedServer(deep) as server:
        directory = (deep / SOCKET).readlink().parent
        assert server.pid is not None
    directory.mkdir(mode=0o700)
    (deep / SOCKET).symlink_to(directory / SOCKET)
    with EmbeddedServer(deep):
        assert not directory.exists()


def test_the_target_of_a_foreign_link_is_not_removed(data: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    data.mkdir()
    (data / SOCKET).symlink_to(precious / "file")
    with EmbeddedServer(data):
        assert not (data / SOCKET).is_symlink()
    assert (precious / "file").read_text() == "kept"


def test_a_stale_socket_is_replaced(data: Path, ask: Ask) -> None:
    import socket

    data.mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(data / SOCKET))
    assert (data / SOCKET).exists()
    with EmbeddedServer(data):
        assert ask(data / SOCKET, "PING") == "+PONG"


def test_an_incomplete_last_command_is_left_out_and_the_rest_is_loaded(data: Path, ask: Ask) -> None:
    with EmbeddedServer(data):
        for number in range(50):
            assert ask(data / SOCKET, f"RPUSH lines {number}").startswith(":")
    log = next((data / "appendonlydir").glob("*.incr.aof"))
    os.truncate(log, log.stat().st_size - 5)
    with EmbeddedServer(data):
        assert ask(data / SOCKET, "LLEN lines") == ":49"


def test_damaged_files_end_the_start_with_one_line_and_a_command_that_repairs_them(data: Path, ask: Ask) -> None:
    with EmbeddedServer(data):
        for number in range(50):
            assert ask(data / SOCKET, f"RPUSH lines {number}").startswith(":")
    _damage(data)
    with pytest.raises(DamagedError) as refused, EmbeddedServer(data):
        pass
    message = str(refused.value)
    assert "\n" not in message and str(data / "appendonlydir") in message
    command = message.partition("repair it with: ")[2]
    assert MANIFEST in command
    repair = subprocess.run(command, shell=True, input="y\n", capture_output=True, text=True, check=False)
    assert repair.returncode == 0, repair.stdout
    with EmbeddedServer(data):
        assert 1 <= int(ask(data / SOCKET, "LLEN lines")[1:]) < 50


def _overwrite(path: Path, data: bytes) -> None:
    with path.open("r+b") as file:
        file.write(data)


def _replace(path: Path, old: bytes, new: bytes) -> None:
    path.write_bytes(path.read_bytes().replace(old, new, 1))


BEYOND_REPAIR: dict[str, Callable[[Path], object]] = {
    "the list is gone": lambda files: (files / Path(MANIFEST).name).unlink(),
    "the list is empty": lambda files: (files / Path(MANIFEST).name).write_bytes(b""),
    "the list names one file twice": lambda files: _replace(files / Path(MANIFEST).name, b"type i", b"type b"),
    "the written file is gone": lambda files: next(files.glob("*.incr.aof")).unlink(),
    "a foreign form": lambda files: _overwrite(next(files.glob("*.incr.aof")), b"REDIS0011xxx"),
    "no command of the server": lambda files: _replace(next(files.glob("*.incr.aof")), b"RPUSH", b"RPUXH"),
    "too few words": lambda files: _replace(next(files.glob("*.incr.aof")), b"*5", b"*2"),
    "the base is damaged": lambda files: _replace(next(files.glob("*.base.aof")), b"line", b"GARBAGE"),
    "the base is cut": lambda files: os.truncate(base := next(files.glob("*.base.aof")), base.stat().st_size - 5),
}


@pytest.mark.deep
@pytest.mark.parametrize("harm", BEYOND_REPAIR)
def test_damage_beyond_repair_is_reported_and_never_starts_an_empty_store(
    data: Path, ask: Ask, until: Until, harm: str
) -> None:
    with EmbeddedServer(data):
        ask(data / SOCKET, "RPUSH lines 1 2 3")
        if "base" in harm:
            ask(data / SOCKET, "BGREWRITEAOF")
            base = data / "appendonlydir" / "appendonly.aof.2.base.aof"
            until(lambda: base.exists() and "aof.2.base" in (data / MANIFEST).read_text(), "it is rewritten")
            ask(data / SOCKET, "RPUSH lines 4")
    BEYOND_REPAIR[harm](data / "appendonlydir")
    # A service manager tries again: the first start must not change files so that the second one loads less.
    for _ in range(2):
        with pytest.raises(DamagedError) as refused, EmbeddedServer(data):
            pass
        message = str(refused.value)
        assert "put a backup in its place" in message and "--fix" not in message and "\n" not in message, message


def test_damage_under_a_running_server_is_one_notice(data: Path, ask: Ask, step_until: StepUntil) -> None:
    notices: list[str] = []
    with EmbeddedServer(data, notice=notices.append) as server:
        for number in range(50):
            assert ask(data / SOCKET, f"RPUSH lines {number}").startswith(":")
        _damage(data)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        step_until(server, lambda: "damaged" in str(read_state(data)), "the damage is written down")
        assert server.step() > 30
        assert len([notice for notice in notices if "damaged" in notice]) == 1


@pytest.mark.parametrize("path", ["/proc/flashwire", "{file}/data"])
def test_a_directory_that_cannot_be_written_is_refused_with_one_line(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedError) as refused, EmbeddedServer(Path(path.format(file=tmp_path / "file"))):
        pass
    assert "cannot be written" in str(refused.value) and "--data" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", [SOCKET, LOG_FILE])
def test_a_directory_in_place_of_a_file_is_refused_with_one_line(data: Path, name: str) -> None:
    (data / name / "more").mkdir(parents=True)
    with pytest.raises(EmbeddedError) as refused, EmbeddedServer(data):
        pass
    assert str(data) in str(refused.value) and "\n" not in str(refused.value)


def test_the_lock_is_released_after_a_stop(data: Path) -> None:
    for _ in range(2):
        with EmbeddedServer(data) as server:
            assert server.is_ready


def test_state_that_is_absent_or_broken_reads_as_none(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    (tmp_path / "server.json").write_text('{"state": "dancing"}')
    assert read_state(tmp_path) is None


def _damage(data: Path) -> None:
    log = next((data / "appendonlydir").glob("*.incr.aof"))
    with log.open("r+b") as file:
        file.seek(log.stat().st_size // 2)
        file.write(b"GARBAGE GARBAGE GARBAGE")


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _query(socket_path: Path, *command: str) -> Any:  # Any: the shape depends on the command
    import redis

    with redis.Redis(unix_socket_path=str(socket_path), decode_responses=True, legacy_responses=False) as client:
        return client.execute_command(*command)


def _info(socket_path: Path, section: str) -> str:
    answer = _query(socket_path, "INFO", section)
    return "\n".join(f"{key}:{value}" for key, value in answer.items())


def _config(socket_path: Path, name: str) -> str:
    return str(_query(socket_path, "CONFIG", "GET", name)[name])
