"""Files of the store that are removed while it runs: nothing is acknowledged into a file that is gone."""

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
Keep = Callable[[EmbeddedServer, Callable[[], object], str], None]


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def move_away(folder: Path) -> None:
    folder.rename(folder.parent / "moved")


def remove_manifest(folder: Path) -> None:
    (folder.parent / MANIFEST).unlink()


def remove_what_is_written(folder: Path) -> None:
    next(folder.glob("*.incr.aof")).unlink()


def cut(folder: Path) -> None:
    next(folder.glob("*.incr.aof")).write_bytes(b"")


def cut_and_write_more(folder: Path) -> None:
    cut(folder)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder.parent / "valkey.sock"))
        client.sendall(b"SET more " + b"x" * 5000 + b"\r\n")
        assert client.recv(5) == b"+OK\r\n"


def replace(folder: Path) -> None:
    written = next(folder.glob("*.incr.aof"))
    copy = written.with_suffix(".copy")
    copy.write_bytes(written.read_bytes())
    copy.rename(written)


def overwrite_manifest(folder: Path) -> None:
    (folder.parent / MANIFEST).write_text("file \nnonsense\n")


HARM = [
    remove_folder,
    move_away,
    remove_manifest,
    overwrite_manifest,
    remove_what_is_written,
    cut,
    replace,
    cut_and_write_more,
]


@pytest.mark.parametrize("harm", HARM)
def test_files_that_are_removed_are_written_again(
    data: Path, ask: Ask, keep: Keep, until: Callable[..., None], harm: Callable[[Path], None]
) -> None:
    notices: list[str] = []
    with EmbeddedServer(data, notice=notices.append) as server:
        place = data / "valkey.sock"
        assert ask(place, "SET before harm") == "+OK"
        keep(server, lambda: server._files._missing_bytes is not None, "the files were looked at")
        harm(data / "appendonlydir")
        keep(server, lambda: not server.is_ready, "it is noticed")
        keep(server, lambda: server.is_ready, "all is written again")
        assert ask(place, "SET after harm") == "+OK"
    assert any("files were removed" in notice for notice in notices), notices
    with EmbeddedServer(data):
        assert [ask(place, f"GET {name}") for name in ("before", "after")] == ["harm", "harm"]


def remove_all(data: Path) -> None:
    for path in data.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def remove_socket(data: Path) -> None:
    (data / "valkey.sock").unlink()


def replace_socket(data: Path) -> None:
    remove_socket(data)
    (data / "valkey.sock").touch()


@pytest.mark.parametrize("harm", [remove_all, remove_socket, replace_socket])
def test_a_server_that_nobody_can_reach_any_more_is_started_again_with_all_it_held(
    data: Path, ask: Ask, keep: Keep, harm: Callable[[Path], None]
) -> None:
    place, notices = data / "valkey.sock", list[str]()
    with EmbeddedServer(data, notice=notices.append) as server:
        assert ask(place, "SET before harm") == "+OK"
        keep(server, lambda: server._files._statuses, "the files were looked at")
        first = server.pid
        harm(data)
        keep(server, lambda: server.pid not in (first, None) and server.is_ready, "it is started again")
        assert ask(place, "GET before") == "harm"
    assert any("socket was removed" in notice for notice in notices), notices


def test_a_rewrite_is_not_a_loss(data: Path, ask: Ask, keep: Keep) -> None:
    notices: list[str] = []
    with EmbeddedServer(data, notice=notices.append) as server:
        for number in range(3):
            assert ask(data / "valkey.sock", f"SET key{number} value") == "+OK"
            ask(data / "valkey.sock", "BGREWRITEAOF")
            base = f"appendonlydir/appendonly.aof.{number + 2}.base.aof"
            keep(server, (data / base).exists, "it is rewritten")
        assert server.is_ready and not notices


def test_a_data_directory_that_is_gone_ends_the_server(data: Path, ask: Ask, keep: Keep) -> None:
    notices: list[str] = []
    with EmbeddedServer(data, notice=notices.append) as server:
        shutil.rmtree(data)
        keep(server, lambda: not server.pid, "the server is ended")
        assert any("was removed or replaced while the store ran" in notice for notice in notices)
        assert not server.is_ready


@pytest.mark.parametrize("other", [Path.mkdir, Path.touch], ids=["directory", "file"])
def test_a_server_is_not_started_in_another_directory_of_the_same_name(
    data: Path, ask: Ask, keep: Keep, other: Callable[[Path], None]
) -> None:
    notices: list[str] = []
    aside = data.with_name("aside")
    with EmbeddedServer(data, notice=notices.append) as server:
        assert ask(data / "valkey.sock", "SET before harm") == "+OK"
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        data.rename(aside)
        other(data)
        keep(server, lambda: any("removed or replaced" in notice for notice in notices), "it is said")
        server._next_step_at = 0
        server.step()
        assert not server.is_ready and not server.pid
        assert not data.is_dir() or {path.name for path in data.iterdir()} <= {"server.json"}
        shutil.rmtree(data) if data.is_dir() else data.unlink()
        aside.rename(data)
        keep(server, lambda: server.is_ready, "the right one is taken again")
        assert ask(data / "valkey.sock", "GET before") == "harm"


def test_a_service_whose_directory_is_gone_leaves_the_one_in_its_place_alone(data: Path, ask: Ask, keep: Keep) -> None:
    first = EmbeddedServer(data)
    with first:
        data.rename(data.with_name("aside"))
        with EmbeddedServer(data) as second:
            process_number = second.pid
            keep(first, lambda: not first.pid, "the server is ended")
            before = _contents(data)
            first.stop()
            assert _contents(data) == before
            second.step()
            assert ask(data / "valkey.sock", "PING") == "+PONG"
            assert (second.pid, second.is_ready) == (process_number, True)


def _contents(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() if path.is_file() else b"" for path in data.iterdir()}
