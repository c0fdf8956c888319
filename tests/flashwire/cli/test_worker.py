"""A node that cannot replace its predecessor ends with one line, before it touches what the others use."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from flashwire.cli.worker import CODE
from ticker.workers import shared_state
from ticker.workers.shared_state import SharedState

Ended = tuple[int, str]
NAMES = ["FLASHWIRE_DATA", "FLASHWIRE_TOKEN", "REDIS_URL"]


@pytest.fixture
def shared() -> Iterator[SharedState]:
    state = SharedState.create(1)
    yield state
    os.close(state.descriptor)


@pytest.fixture
def start_worker(folder: Path, environment: dict[str, str], shared: SharedState) -> Callable[..., Ended]:
    """Starts a worker as the parent does, with these fields in the pipe; returns its status and its errors."""

    def start(**other: object) -> Ended:
        read_end, write_end = os.pipe()
        with socket.create_server(("127.0.0.1", 0)) as sock:
            parent_settings = {"data": str(folder), "redis_url": "redis://127.0.0.1:1"}
            spec: dict[str, object] = {"names": NAMES, "flags": {}, "kept": parent_settings}
            spec |= {"sock": sock.fileno(), "shared": shared.descriptor, "slot": 1} | other
            os.write(write_end, msgspec.json.encode({name: value for name, value in spec.items() if value is not None}))
            os.close(write_end)
            try:
                process = subprocess.run(
                    [sys.executable, "-c", CODE, str(read_end)],
                    cwd=folder,
                    env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
                    pass_fds=(read_end, sock.fileno(), shared.descriptor),
                    capture_output=True,
                    text=True,
                    timeout=30,
                    check=False,
                )
            finally:
                os.close(read_end)
        return process.returncode, process.stderr

    return start


def refused(outcome: Ended, *phrases: str) -> None:
    status, errors = outcome
    assert status == 2 and len(errors.splitlines()) == 1, errors
    assert all(phrase in errors for phrase in phrases), errors


def test_shared_memory_with_another_layout_is_not_touched(
    start_worker: Callable[..., Ended], shared: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.words[shared_state._LAYOUT] += 1
    memory = bytes(shared.memory)
    refused(start_worker(), "cannot replace", f"layout {shared_state.LAYOUT + 1}", "start it again")
    assert bytes(shared.memory) == memory


def test_a_parent_that_sends_other_fields_is_refused_as_one_with_another_layout(
    start_worker: Callable[..., Ended],
) -> None:
    refused(start_worker(kept=None), "cannot replace", "kept", "start it again")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("FLASHWIRE_HEARTBEAT_SECOND", "FLASHWIRE_HEARTBEAT_SECONDS"), ("FLASHWIRE_REDIS_URL", "REDIS_URL")],
)
def test_an_unknown_setting_in_the_env_file_is_refused(
    start_worker: Callable[..., Ended], folder: Path, name: str, meant: str
) -> None:
    (folder / ".env").write_text(f"{name}=7\n")
    refused(start_worker(), f"{name} in .env", f"did you mean {meant}?")


def test_settings_of_either_release_are_accepted(start_worker: Callable[..., Ended], folder: Path) -> None:
    """The worker gets as far as the signing key, which is missing."""
    (folder / ".env").write_text("FLASHWIRE_TOKEN=t\nFLASHWIRE_HEARTBEAT_SECONDS=7\nFLASHWIRE_REDIS_SERVER=/s\n")
    refused(start_worker(), str(folder), "key")
