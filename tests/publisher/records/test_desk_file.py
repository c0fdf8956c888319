"""The desk's own file: replaced, removed, read-only, damaged or full, it is said in one line and never a traceback."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.records.database import FILE, DatabaseError, database_check, open_database
from publisher.records.tokens import Tokens
from tests.publisher.test_commands import one_line, run

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may read, with a desk's file in it."""
    with tempfile.TemporaryDirectory(prefix="fw") as name:
        path = Path(name)
        path.chmod(0o755)
        open_database(path).close()
        yield path


def said_by_check(folder: Path, mode: int) -> str:
    """What the check of a file with this mode says, to a user who is not root and may write in its folder."""
    check = database_check(folder)
    folder.chmod(0o777)
    (folder / FILE).chmod(mode)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.getuid() == 0:
                os.setuid(NOBODY)
            check()
        except DatabaseError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as answer:
        return answer.read()


def test_a_file_that_takes_no_writes_is_said(folder: Path) -> None:
    # The same user, folder and file but for this one right.
    assert said_by_check(folder, 0o666) == ""
    assert "cannot be used" in (said := said_by_check(folder, 0o444)) and "readonly" in said


def test_a_file_that_was_replaced_or_removed_is_said(folder: Path) -> None:
    check = database_check(folder)
    check()
    (folder / FILE).rename(folder / "aside")
    with pytest.raises(DatabaseError, match="cannot be used"):
        check()
    open_database(folder).close()
    with pytest.raises(DatabaseError, match="was replaced"):
        check()


def test_a_writer_beside_the_desk_is_no_fault(folder: Path) -> None:
    check = database_check(folder)
    with sqlite3.connect(folder / FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        check()
    other.close()


def test_a_path_that_is_no_text_is_checked_like_any_other(folder: Path) -> None:
    odd = folder / os.fsdecode(b"caf\xe9?#%")
    open_database(odd).close()
    database_check(odd)()


@pytest.mark.parametrize("words", [("create", "ed"), ("list",), ("revoke", "ed")])
def test_a_command_on_a_damaged_file_is_one_line(folder: Path, words: tuple[str, ...]) -> None:
    (folder / FILE).write_bytes(b"no database " * 1000)
    refused = run("token", *words, "--data", str(folder))
    assert refused.exit_code == 1 and one_line(refused.stderr) and FILE in refused.stderr, refused.output


@pytest.mark.parametrize(
    ("method", "words"), [("create", ("create", "ed")), ("all", ("list",)), ("revoke", ("revoke", "ed"))]
)
def test_a_disk_that_is_full_in_the_middle_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, method: str, words: tuple[str, ...]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Tokens, method, full)
    refused = run("token", *words, "--data", str(folder))
    assert refused.exit_code == 1 and one_line(refused.stderr) and "disk is full" in refused.stderr, refused.output
