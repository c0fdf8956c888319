"""Results that cannot be printed, and terminals that lack characters: no traceback."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from flashwire.cli.console import plain
from flashwire.valkey.damage import MANIFEST, repair_command
from publisher.records.database import open_database
from publisher.records.tokens import Tokens
from tests.support.commands import FLASHWIRE


def command(folder: Path, *arguments: str, stdout: int, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FLASHWIRE_")}
    return subprocess.run(
        [*FLASHWIRE, *arguments],
        cwd=folder,
        env=clean | variables,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["token", "create", "ed", "--data", "."], ["doctor"]])
def test_a_full_disk_is_reported_in_one_line(folder: Path, arguments: list[str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    process = command(folder, *arguments, stdout=full)
    os.close(full)
    assert process.returncode == 1 and process.stderr.count(b"\n") <= 1 and b"Traceback" not in process.stderr
    if arguments[0] == "token":
        assert Tokens(open_database(folder)).all() == [], "a token that nobody has seen is not kept"


@pytest.mark.deep
def test_a_token_that_cannot_be_printed_is_not_stored(folder: Path) -> None:
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *FLASHWIRE, "token", "create", "ed", "--data", "."]
    process = subprocess.run(closed, cwd=folder, stderr=subprocess.PIPE, check=False, timeout=60)
    assert process.returncode == 1 and process.stderr.count(b"\n") == 1 and b"No token was made" in process.stderr, (
        process.stderr
    )
    assert Tokens(open_database(folder)).all() == []


@pytest.mark.deep
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize(
    "arguments", [["--help"], ["tail", "--help"], ["post", "--help"], ["token", "create", "ليلى", "--data", "."]]
)
def test_a_terminal_that_lacks_characters_gets_the_rest(folder: Path, arguments: list[str], encoding: str) -> None:
    process = command(folder, *arguments, stdout=subprocess.PIPE, PYTHONIOENCODING=encoding)
    assert process.returncode == 0 and process.stdout and not process.stderr, process.stderr


NAMES = [
    "plain",
    "with space",
    "it's",
    'a "quote"',
    "$HOME `x`",
    "a\nb",
    "a\tb\x1b[31m",
    "back\\slash'\n",
    "بيانات 1",
    "-rf",
]


@pytest.mark.parametrize("name", [*NAMES, os.fsdecode(b"caf\xe9 1")])
def test_the_repair_command_can_be_pasted_from_any_terminal(folder: Path, name: str) -> None:
    data = folder / name
    program = folder / "a valkey's server"
    program.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
    program.chmod(0o755)
    command = repair_command(program, data)
    assert command.isascii() and plain(command) == command, "as it stands on a terminal"
    output = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert output.stdout.split(b"\0") == [b"--fix", os.fsencode(data / MANIFEST), b""]


@pytest.mark.deep
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_program_gets_json_in_every_encoding(folder: Path, encoding: str) -> None:
    arguments = ["doctor", "--json", "--data", "é ليلى 🗞", "--ticker", "127.0.0.1:9", "--desk", "127.0.0.1:9"]
    process = command(folder, *arguments, stdout=subprocess.PIPE, PYTHONIOENCODING=encoding)
    steps = json.loads(process.stdout.decode(encoding))["steps"]
    assert "é ليلى 🗞" in next(step["found"] for step in steps if step["step"] == "data")


@pytest.mark.deep
@pytest.mark.parametrize("arguments", [["post", "\udce9"], ["token", "revoke", "\udce9"], ["replay", "\udce9"]])
def test_arguments_that_are_not_text_are_refused_in_one_line(folder: Path, arguments: list[str]) -> None:
    process = command(folder, *arguments, stdout=subprocess.PIPE, FLASHWIRE_TOKEN="fw_x")
    assert process.returncode == 2 and process.stderr.count(b"\n") == 1 and b"UTF-8" in process.stderr, process.stderr


def test_tail_reconnects_when_a_connection_breaks_while_it_writes(folder: Path) -> None:
    """To a socket that is gone as to a pipe: the signal would end it without a word."""
    tail = subprocess.Popen(
        [*FLASHWIRE, "tail", "--ticker", "127.0.0.1:9"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert tail.stderr is not None
    try:
        assert tail.stderr.readline()
        ignored = re.search(r"SigIgn:\s*(\w+)", Path(f"/proc/{tail.pid}/status").read_text())
        assert ignored and int(ignored[1], 16) >> (signal.SIGPIPE - 1) & 1
    finally:
        tail.kill()
        tail.communicate()
