"""Folders short enough for sockets."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder. Not pytest's own: a socket's path may have 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="fw") as name:
        yield Path(name)
