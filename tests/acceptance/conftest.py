"""Folders short enough for sockets, and the figures of a run, which the terminal shows at its end."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_figures = pytest.StashKey[dict[str, str]]()


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder. Not pytest's own: a socket's path may have 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="fw") as name:
        yield Path(name)


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
        terminalreporter.section("acceptance figures")
        for name, line in lines.items():
            terminalreporter.write_line(f"{name}: {line}")
