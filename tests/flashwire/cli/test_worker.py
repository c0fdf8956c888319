"""A successor that cannot take over says why in one line and ends, before it touches what the others use."""

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
    made = SharedState.create(1)
    yield made
    os.close(made.descriptor)


@pytest.fixture
def succeed(folder: Path, environment: dict[str, str], shared: SharedState) -> Callable[..., Ended]:
    """Starts a worker as the parent does, which told it what is given here; its status and what it wrote."""

    def start(**other: object) -> Ended:
        told, tell = os.pipe()
        with socket.create_server(("127.0.0.1", 0)) as sock:
            kept = {"data": str(folder), "redis_url": "redis://127.0.0.1:1"}
            spec: dict[str, object] = {"names": NAMES, "flags": {}, "kept": kept}
            spec |= {"sock": sock.fileno(), "shared": shared.descriptor, "slot": 1} | other
            os.write(tell, msgspec.json.encode({name: value for name, value in spec.items() if value is not None}))
            os.close(tell)
            try:
                ended = subprocess.run(
                    [sys.executable, "-c", CODE, str(told)],
                    cwd=folder,
                    env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
                    pass_fds=(told, sock.fileno(), shared.descriptor),
                    capture_output=True,
                    text=True,
                    timeout=30,
                    check=False,
                )
            finally:
                os.close(told)
        return ended.returncode, ended.stderr

    return start


def refused(ended: Ended, *words: str) -> None:
    status, errors = ended
    assert status == 2 and len(errors.splitlines()) == 1, errors
    assert all(word in errors for word in words), errors


def test_a_board_that_is_laid_out_otherwise_is_left_alone(
    succeed: Callable[..., Ended], shared: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.words[shared_state._LAYOUT] += 1
    before = bytes(shared.memory)
    refused(succeed(), "cannot take over", f"layout {shared_state.LAYOUT + 1}", "start it again")
    assert bytes(shared.memory) == before


def test_a_parent_that_tells_something_else_is_refused_like_one_with_another_board(
    succeed: Callable[..., Ended],
) -> None:
    refused(succeed(kept=None), "cannot take over", "kept", "start it again")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("FLASHWIRE_HEARTBEAT_SECOND", "FLASHWIRE_HEARTBEAT_SECONDS"), ("FLASHWIRE_REDIS_URL", "REDIS_URL")],
)
def test_a_setting_in_the_file_that_nobody_knows_is_refused(
    succeed: Callable[..., Ended], folder: Path, name: str, meant: str
) -> None:
    (folder / ".env").write_text(f"{name}=7\n")
    refused(succeed(), f"{name} in .env", f"did you mean {meant}?")


def test_what_its_parent_or_itself_knows_passes(succeed: Callable[..., Ended], folder: Path) -> None:
    """It comes as far as the key, which is missing."""
    (folder / ".env").write_text("FLASHWIRE_TOKEN=t\nFLASHWIRE_HEARTBEAT_SECONDS=7\nFLASHWIRE_REDIS_SERVER=/s\n")
    refused(succeed(), str(folder), "key")
