"""Results that cannot be printed, and terminals that lack characters: no traceback."""

import os
import subprocess
from pathlib import Path

import pytest

from publisher.access.database import open_database
from publisher.access.tokens import Tokens
from tests.commands.running import FLASHWIRE
from ticker.embedded.valkey import MANIFEST, repair_command


def command(folder: Path, *words: str, stdout: int, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FLASHWIRE_")}
    return subprocess.run(
        [*FLASHWIRE, *words],
        cwd=folder,
        env=clean | variables,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("words", [["--help"], ["token", "create", "ed", "--data", "."], ["doctor"]])
def test_a_full_disk_is_said_in_one_line(folder: Path, words: list[str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    done = command(folder, *words, stdout=full)
    os.close(full)
    assert done.returncode == 1 and done.stderr.count(b"\n") <= 1 and b"Traceback" not in done.stderr
    if words[0] == "token":
        assert Tokens(open_database(folder)).all() == [], "a token that nobody has seen is not kept"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize(
    "words", [["--help"], ["tail", "--help"], ["post", "--help"], ["token", "create", "ليلى", "--data", "."]]
)
def test_a_terminal_that_lacks_characters_gets_the_rest(folder: Path, words: list[str], encoding: str) -> None:
    done = command(folder, *words, stdout=subprocess.PIPE, PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and done.stdout and not done.stderr, done.stderr


@pytest.mark.parametrize("name", ["plain", "with space", "it's", 'a "quote"', "$HOME `x`"])
def test_the_repair_command_can_be_pasted(folder: Path, name: str) -> None:
    data = folder / name
    program = folder / "a valkey's server"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    shown = subprocess.run(["sh", "-c", repair_command(program, data)], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == ["--fix", str(data / MANIFEST)]
