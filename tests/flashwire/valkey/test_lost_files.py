"""Files of the store that are removed while it runs: it confirms no write that is in no file."""

import os
import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from flashwire.valkey.damage import MANIFEST
from flashwire.valkey.embedded_server import EmbeddedServer

Ask = Callable[[Path, str], str]
StepUntil = Callable[[EmbeddedServer, Callable[[], object], str], None]


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def move_away(folder: Path) -> None:
    folder.rename(folder.parent / "moved")


def remove_manifest(folder: Path) -> None:
    (folder.parent / MANIFEST).unlink()


def remove_current_file(folder: Path) -> None:
    next(folder.glob("*.incr.aof")).unlink()


def truncate(folder: Path) -> None:
    next(folder.glob("*.incr.aof")).write_bytes(b"")


def truncate_and_write_again(folder: Path) -> None:
    truncate(folder)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder.parent / "valkey.sock"))
        client.sendall(b"SET more " + b"x" * 5000 + b"\r\n")
        assert client.recv(5) == b"+OK\r\n"


def replace(folder: Path) -> None:
    current = next(folder.glob("*.incr.aof"))
    copy = current.with_suffix(".copy")
    copy.write_bytes(current.read_bytes())
    copy.rename(current)


def overwrite_manifest(folder: Path) -> None:
    (folder.parent / MANIFEST).write_text("file \nnonsense\n")


HARM = [
    remove_folder,
    move_away,
    remove_manifest,
    overwrite_manifest,
    remove_current_file,
    truncate,
    replace,
    truncate_and_write_again,
]


@pytest.mark.deep
@pytest.mark.parametrize("harm", HARM)
def test_files_that_are_removed_are_written_again(
    data: Path, ask: Ask, step_until: StepUntil, until: Callable[..., None], harm: Callable[[Path], None]
) -> None:
    notices: list[str] = []
    with EmbeddedServer(data, notice=notices.append) as server:
        socket_path = data / "valkey.sock"
        assert ask(socket_path, "SET before harm") == "+OK"
        step_until(server, lambda: server._files._missing_bytes is not None, "the files were looked at")
        harm(data / "appendonlydir")
        step_until(server, lambda: not server.is_ready, "it is noticed")
        step_until(server, lambda: server.is_ready, "all is current again")
        assert ask(socket_path, "SET after harm") == "+OK"
    assert any("files were removed" in notice for notice in notices), notices
    with EmbeddedServer(data):
        assert [ask(socket_path, f"GET {name}") for name in ("before", "after")] == ["harm", "harm"]


def remove_all(data: Path) -> None:
    for path in data.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def remove_socket(data: Path) -> None:
    (data / "valkey.sock").unlink()


def replace_socket(data: Path) -> None:
    remove_socket(data)
    (data / "valkey.sock").touch()


@pytest.mark.deep
@pytest.mark.parametrize("harm", [remove_all, remove_socket, replace_socket])
def test_a_server_whose_socket_is_removed_is_started_again_with_all_its_data(
    data: Path, ask: Ask, step_until: StepUntil, harm: Callable[[Path], None]
) -> None:
    socket_path, notices = data / "valkey.sock", list[str]()
    with EmbeddedServer(data, notice=notices.append) as server:
        assert ask(socket_path, "SET before harm") == "+OK"
        step_until(server, lambda: server._files._statuses, "the files were looked at")
        first = server.pid
        harm(data)
        step_until(server, lambda: server.pid not in (first, None) and server.is_ready, "it is started again")
        assert ask(socket_path, "GET before") == "harm"
    assert any("socket was removed" in notice for notice in notices), notices


def test_a_rewrite_by_the_server_is_no_loss_of_files(data: Path, ask: Ask, step_until: StepUntil) -> None:
    notices: list[str] = []
    with EmbeddedServer(data, notice=notices.append) as server:
        for number in range(3):
            assert ask(data / "valkey.sock", f"SET key{number} value") == "+OK"
            ask(data / "valkey.sock", "BGREWRITEAOF")
            base = f"appendonlydir/appendonly.aof.{number + 2}.base.aof"
            step_until(server, (data / base).exists, "it is rewritten")
        assert server.is_ready and not notices


def test_a_removed_data_directory_ends_the_server(data: Path, ask: Ask, step_until: StepUntil) -> None:
    notices: list[str] = []
    with EmbeddedServer(data, notice=notices.append) as server:
        shutil.rmtree(data)
        step_until(server, lambda: not server.pid, "the server is ended")
        assert any("was removed or replaced while the store ran" in notice for notice in notices)
        assert not server.is_ready


@pytest.mark.parametrize("other", [Path.mkdir, Path.touch], ids=["directory", "file"])
def test_a_server_is_not_started_in_another_directory_of_the_same_name(
    data: Path, ask: Ask, step_until: StepUntil, other: Callable[[Path], None]
) -> None:
    notices: list[str] = []
    original = data.with_name("original")
    with EmbeddedServer(data, notice=notices.append) as server:
        assert ask(data / "valkey.sock", "SET before harm") == "+OK"
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        data.rename(original)
        other(data)
        step_until(server, lambda: any("removed or replaced" in notice for notice in notices), "there is a notice")
        server._next_step_at = 0
        server.step()
        assert not server.is_ready and not server.pid
        assert not data.is_dir() or {path.name for path in data.iterdir()} <= {"server.json"}
        shutil.rmtree(data) if data.is_dir() else data.unlink()
        original.rename(data)
        step_until(server, lambda: server.is_ready, "the right directory is used again")
        assert ask(data / "valkey.sock", "GET before") == "harm"


def test_a_service_does_not_touch_a_directory_in_place_of_its_own(data: Path, ask: Ask, step_until: StepUntil) -> None:
    with EmbeddedServer(data) as first:
        data.rename(data.with_name("original"))
        with EmbeddedServer(data) as second:
            server_process = second.pid
            step_until(first, lambda: not first.pid, "the server is ended")
            files = _contents(data)
            first.stop()
            assert _contents(data) == files
            second.step()
            assert ask(data / "valkey.sock", "PING") == "+PONG"
            assert (second.pid, second.is_ready) == (server_process, True)


def _contents(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() if path.is_file() else b"" for path in data.iterdir()}
