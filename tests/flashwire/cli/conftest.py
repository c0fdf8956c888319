"""Runs the installed command as a person or a service manager does, in an empty folder."""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.commands import FLASHWIRE, Running


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder with a short path."""
    with tempfile.TemporaryDirectory(prefix="fw") as name:
        yield Path(name)


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment without anything that would set the service up."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FLASHWIRE_")}
    clean.pop("REDIS_URL", None)
    return clean


@pytest.fixture
def flashwire(folder: Path, environment: dict[str, str]) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs a command to its end."""

    def command(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*FLASHWIRE, *arguments],
            cwd=folder,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command


@pytest.fixture
def serving(folder: Path, environment: dict[str, str]) -> Iterator[Callable[..., Running]]:
    """Starts `flashwire run` on free ports and waits until it says that it is live."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **variables: str) -> Running:
        with (folder / "errors").open("a") as errors:
            process = subprocess.Popen(
                [*FLASHWIRE, "run", "--ticker-port", "0", "--desk-port", "0", *arguments],
                cwd=folder,
                env=environment | variables,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        started.append(process)
        lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if re.search("Ctrl", line):
                return Running(process, folder, lines)
        raise AssertionError(f"flashwire run ended with {process.wait()}: {(folder / 'errors').read_text()}")

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()
            process.communicate()
