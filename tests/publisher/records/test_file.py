"""The desk's own file: replaced, removed, read-only, damaged or full, it is reported in one line and no traceback."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from publisher.records.audit_file import FILE as AUDIT_FILE
from publisher.records.database import open_database
from publisher.records.errors import DatabaseError
from publisher.records.sessions import Sessions
from publisher.records.sqlite import FILE
from publisher.records.tokens import Tokens
from tests.flashwire.cli.test_desk_commands import one_line, run

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may read, with a desk's file in it."""
    with tempfile.TemporaryDirectory(prefix="fw") as name:
        path = Path(name)
        path.chmod(0o755)
        open_database(path).close()
        yield path


def reason_by_check(folder: Path, mode: int) -> str:
    """The result of the check for a file with this mode, for a normal user with write access to its folder."""
    database = open_database(folder)
    # Its journal, which only its owner may open, goes with the last connection.
    database.close()
    folder.chmod(0o777)
    (folder / FILE).chmod(mode)
    (folder / AUDIT_FILE).chmod(0o666)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.getuid() == 0:
                os.setuid(NOBODY)
            database.check()
        except DatabaseError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as answer:
        return answer.read()


def test_a_file_that_takes_no_writes_is_reported(folder: Path) -> None:
    # The same user, folder and file but for this one right.
    assert reason_by_check(folder, 0o666) == ""
    assert "cannot be used" in (reason := reason_by_check(folder, 0o444)) and "readonly" in reason


def test_a_file_that_was_replaced_or_removed_is_reported(folder: Path) -> None:
    with closing(open_database(folder)) as database:
        database.check()
        (folder / FILE).rename(folder / "aside")
        with pytest.raises(DatabaseError, match="cannot be used"):
            database.check()
        open_database(folder).close()
        with pytest.raises(DatabaseError, match="was replaced"):
            database.check()


def test_another_process_that_writes_is_no_fault(folder: Path) -> None:
    with closing(open_database(folder)) as database, closing(sqlite3.connect(folder / FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        database.check()


def test_a_write_that_waits_too_long_for_another_process_is_one_clear_line(folder: Path) -> None:
    with closing(open_database(folder)) as database, closing(sqlite3.connect(folder / FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match=r"cannot be used.*database is locked"):
            Tokens(database).create("a", "editor")
        other.rollback()
        assert Tokens(database).create("a", "editor")


def test_a_path_that_is_not_text_is_checked_like_any_other(folder: Path) -> None:
    with closing(open_database(folder / os.fsdecode(b"caf\xe9?#%"))) as database:
        database.check()


def test_a_data_directory_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="cannot be used"):
        open_database(tmp_path / "file")
    (tmp_path / FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(DatabaseError, match="cannot be used"):
        open_database(tmp_path)


@pytest.mark.parametrize("arguments", [("create", "ed"), ("list",), ("revoke", "ed")])
def test_a_command_on_a_damaged_file_is_one_line(folder: Path, arguments: tuple[str, ...]) -> None:
    (folder / FILE).write_bytes(b"no database " * 1000)
    refused = run("token", *arguments, "--data", str(folder))
    assert refused.exit_code == 1 and one_line(refused.stderr) and FILE in refused.stderr, refused.output


def test_a_statement_that_fails_in_the_middle_is_one_line_and_changes_nothing(folder: Path) -> None:
    with closing(open_database(folder)) as database, closing(sqlite3.connect(folder / FILE)) as other:
        token = Tokens(database).create("night", "editor")
        other.execute("CREATE TRIGGER broken BEFORE DELETE ON sessions BEGIN SELECT RAISE(ABORT, 'broken'); END")
        Sessions(database).open("night")
        refused = run("token", "revoke", "night", "--data", str(folder))
        assert refused.exit_code == 1 and one_line(refused.stderr) and "broken" in refused.stderr, refused.output
        assert Tokens(database).holder(token)


def test_a_disk_that_is_full_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def connect_to_a_full_disk(*arguments: object, **named: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **named)  # type: ignore[call-overload]  # as it was called
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_to_a_full_disk)
    for number in range(100):
        refused = run("token", "create", f"editor {number}", "--data", str(folder))
        if refused.exit_code:
            break
    assert refused.exit_code == 1 and one_line(refused.stderr) and "disk is full" in refused.stderr, refused.output
    assert "Traceback" not in refused.output


def test_a_second_connection_of_the_desk_does_not_part_it_from_other_processes(tmp_path: Path) -> None:
    """The locks of a process end when it closes any descriptor of the file (POSIX)."""
    create = (
        "import sys; from contextlib import closing; from pathlib import Path;"
        "from publisher.records.database import open_database; from publisher.records.tokens import Tokens;"
        "database = open_database(Path(sys.argv[1])); print(Tokens(database).create(sys.argv[2], 'editor'));"
        "database.close()"
    )
    with closing(open_database(tmp_path)) as desk, closing(desk.for_thread()):
        tokens = Tokens(desk)
        for name in ("first", "second"):
            made = subprocess.run(
                [sys.executable, "-c", create, str(tmp_path), name],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            assert tokens.holder(made.stdout.strip()) is not None, name
