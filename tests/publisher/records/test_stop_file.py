"""Stops in a file: on the disk when `add` returns, read again when the file changes, and never taken for none."""

import json
from pathlib import Path

import pytest

from publisher.records.stop_file import FILE, UNREADABLE, StopFile, new_stop


def test_a_stop_is_seen_by_another_process_and_removed_once(tmp_path: Path) -> None:
    desk, command = StopFile(tmp_path), StopFile(tmp_path)
    assert desk.stops() == []
    first, second = (new_stop("user", name, "root", "why", "now") for name in ("Rana", "Omar"))
    command.add(first)
    command.add(second)
    assert desk.stops() == [first, second] and (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert desk.remove(first.id) and not desk.remove(first.id)
    assert command.stops() == [second]
    assert command.remove(second.id) and desk.stops() == [] and not (tmp_path / FILE).exists()


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b'[{"id": 1}]', b"\xff"])
def test_a_file_that_cannot_be_read_stops_everything(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert StopFile(tmp_path).stops() == [UNREADABLE] and UNREADABLE.scope == "all"


def test_a_folder_in_its_place_stops_everything(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert StopFile(tmp_path).stops() == [UNREADABLE]


def test_a_stop_replaces_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("half")
    StopFile(tmp_path).add(stop := new_stop("all", "", "root", "why", "now"))
    assert StopFile(tmp_path).stops() == [stop]
    assert json.loads((tmp_path / FILE).read_text())[0]["reason"] == "why"
