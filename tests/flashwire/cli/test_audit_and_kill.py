"""`flashwire audit` and `flashwire kill` against a desk's data directory, without a desk and without Redis."""

import ast
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flashwire.cli.main import app
from publisher.records.audit_file import FILE
from publisher.records.database import Database, open_database
from publisher.records.stop_file import FILE as STOP_FILE
from publisher.records.stop_file import StopFile


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of a desk, whose audit has four records."""
    for name in ("night", "day"):
        assert run("token", "create", name, data=tmp_path).exit_code == 0
        assert run("token", "revoke", name, data=tmp_path).exit_code == 0
    return tmp_path


def run(*arguments: str, data: Path, **environment: str | None) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data", str(data)], env={"FLASHWIRE_TOKEN": None, **environment})


def by_hand(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / FILE, isolation_level=None)) as file:
        # As a person does who owns the file.
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.execute(statement)


def head(data: Path) -> str:
    return run("audit", "verify", data=data).stdout.strip().removeprefix("head ")


def test_commands_are_recorded_and_the_chain_is_whole(data: Path) -> None:
    outcome = run("audit", "verify", data=data)
    assert outcome.exit_code == 0 and outcome.stdout.startswith("head 4:") and "no fault" in outcome.stderr
    shown = run("audit", "tail", data=data).stdout.splitlines()
    assert [line.split("  ")[2] for line in shown] == ["token-create", "token-revoke"] * 2
    assert "command line (" in shown[0] and "token:night" in shown[0]
    assert len(run("audit", "tail", "--lines", "1", data=data).stdout.splitlines()) == 1


@pytest.mark.deep
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE number = 2", "Record 2: its content is not what was recorded"),
        ("DELETE FROM audit WHERE number = 2", "Record 2: it is missing"),
        ("DELETE FROM audit WHERE number = 4", "Record 4: the chain ends before it"),
        ("UPDATE audit SET previous = 'x' WHERE number = 3", "Record 3: it does not follow"),
    ],
)
def test_a_change_by_hand_is_named(data: Path, statement: str, says: str) -> None:
    by_hand(data, statement)
    outcome = run("audit", "verify", data=data)
    assert outcome.exit_code == 1 and says in outcome.stderr and "fault" in outcome.stderr.splitlines()[-1]


@pytest.mark.deep
def test_an_end_that_was_cut_off_with_its_head_is_found_with_a_head_that_was_kept(data: Path) -> None:
    kept = head(data)
    by_hand(data, "DELETE FROM audit WHERE number = 4")
    by_hand(data, "UPDATE audit_head SET number = 3, hash = (SELECT hash FROM audit WHERE number = 3)")
    assert run("audit", "verify", data=data).exit_code == 0
    outcome = run("audit", "verify", "--head", kept, data=data)
    assert outcome.exit_code == 1 and "Record 4: the chain ends before it" in outcome.stderr
    assert run("audit", "verify", "--head", "4", data=data).exit_code == 2


def test_a_head_that_was_removed_by_hand_is_named_and_keeps_no_stop_from_counting(data: Path) -> None:
    by_hand(data, "DELETE FROM audit_head")
    for command in (("verify",), ("export",)):
        outcome = run("audit", *command, data=data)
        assert outcome.exit_code == 1 and isinstance(outcome.exception, SystemExit)
    stopped = run("kill", "all", "--reason", "Stolen", data=data)
    assert stopped.exit_code == 0 and "has no head" in stopped.stderr
    assert [stop.reason for stop in StopFile(data).stops()] == ["Stolen"]


def test_an_audit_that_was_removed_as_a_whole_is_named(data: Path) -> None:
    by_hand(data, "DROP TABLE audit_head")
    outcome = run("audit", "verify", data=data)
    assert outcome.exit_code == 1 and "what it had recorded is lost" in outcome.stderr
    # A head that was kept since then says that the loss is known.
    kept = outcome.stdout.strip().removeprefix("head ")
    assert run("audit", "verify", "--head", kept, data=data).exit_code == 0
    assert run("audit", "verify", "--head", f"0:{'0' * 64}", data=data).exit_code == 1


@pytest.mark.parametrize(
    "statements",
    [
        ("DELETE FROM audit", f"UPDATE audit_head SET number = 0, hash = '{'0' * 64}'"),
        ("DELETE FROM audit",),
        ("DROP TABLE audit",),
    ],
)
def test_an_audit_that_was_emptied_is_named(data: Path, statements: tuple[str, ...]) -> None:
    for statement in statements:
        by_hand(data, statement)
    outcome = run("audit", "verify", data=data)
    assert outcome.exit_code == 1 and isinstance(outcome.exception, SystemExit), outcome.stderr


def test_a_chain_that_begins_after_the_first_token_says_so(data: Path) -> None:
    by_hand(data, "DELETE FROM audit")
    by_hand(data, f"UPDATE audit_head SET number = 0, hash = '{'0' * 64}'")
    with closing(sqlite3.connect(data / "desk.sqlite3", isolation_level=None)) as file:
        file.execute("UPDATE tokens SET created = created - 3600")
    assert run("token", "create", "evening", data=data).exit_code == 0
    outcome = run("audit", "verify", data=data)
    assert outcome.exit_code == 0 and "or records are lost" in outcome.stderr


def test_the_empty_audit_of_a_desk_without_people_has_no_fault(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    outcome = run("audit", "verify", data=tmp_path)
    assert outcome.exit_code == 0 and "0 records, no fault" in outcome.stderr


def test_an_export_can_be_checked_alone_and_is_recorded(data: Path, tmp_path: Path) -> None:
    exported = run("audit", "export", data=data).stdout
    lines = [json.loads(line) for line in exported.splitlines()]
    assert [line.get("number") for line in lines] == [1, 2, 3, 4, 5, None] and lines[4]["action"] == "export"
    file = tmp_path / "audit.jsonl"
    file.write_text(exported)
    assert run("audit", "verify", "--file", str(file), data=data).exit_code == 0
    file.write_text(exported.replace("token-revoke", "token-create", 1))
    assert "Record 2" in run("audit", "verify", "--file", str(file), data=data).stderr
    file.write_text("".join(exported.splitlines(keepends=True)[:-1]))
    assert run("audit", "verify", "--file", str(file), data=data).exit_code == 1


def test_a_stop_is_set_listed_and_lifted_without_redis(data: Path) -> None:
    assert run("token", "create", "Rana", data=data).exit_code == 0
    stopped = run("kill", "user", "rana", "--reason", "Stolen", "--end-sessions", data=data)
    id = stopped.stdout.strip()
    assert stopped.exit_code == 0 and len(id) == 16
    listed = run("kill", "list", data=data).stdout
    assert id in listed and "rana" in listed and "Stolen" in listed and "command line (" in listed
    assert run("kill", "lift", id, "--reason", "Well", data=data).exit_code == 0
    assert run("kill", "list", data=data).stdout == ""
    assert run("kill", "lift", id, "--reason", "Well", data=data).exit_code == 1
    assert "kill-lift" in run("audit", "tail", data=data).stdout


def test_a_stop_of_a_name_that_nobody_has_says_so(data: Path) -> None:
    stopped = run("kill", "user", "Rama", "--reason", "Stolen", data=data)
    assert stopped.exit_code == 1 and "Rama" in stopped.stderr and "stops nobody" in stopped.stderr
    assert stopped.stdout.strip() in run("kill", "list", data=data).stdout


def test_a_stop_counts_before_the_database_answers(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_file: list[str] = []

    def open_slowly(folder: Path, url: str | None) -> Database:
        in_file.extend(stop.reason for stop in StopFile(folder).stops())
        return open_database(folder, url)

    monkeypatch.setattr("publisher.records.database.open_database", open_slowly)
    id = run("kill", "all", "--reason", "Stolen", data=data).stdout.strip()
    assert in_file == ["Stolen"]
    # Then the database has it, and the file is gone.
    assert not (data / STOP_FILE).exists()
    assert run("kill", "list", data=data).stdout.count(id) == 1
    assert run("audit", "tail", data=data).stdout.count("Stolen") == 1


def test_a_stop_imports_no_server_and_no_client_of_redis(data: Path) -> None:
    program = (
        "import sys; from flashwire.cli.main import main; sys.argv[0] = 'flashwire'\n"
        "try: main()\n"
        "finally: print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, "kill", "all", "--reason", "Stolen", "--data", str(data)]
    outcome = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "REDIS_URL": "redis://127.0.0.1:1"}
    )
    modules = set(ast.literal_eval(outcome.stderr.splitlines()[-1]))
    assert "publisher" in modules
    assert not modules & {"starlette", "uvicorn", "redis", "websockets", "httpx2", "alembic", "webauthn", "numpy"}


def test_wrong_arguments_stop_nothing(data: Path) -> None:
    assert run("kill", "edition", "xx", "--reason", "x", data=data).exit_code == 1
    assert run("kill", "all", "--reason", "", data=data).exit_code == 2
    assert run("kill", "all", data=data).exit_code == 2
    assert run("kill", "all", "--reason", "x", data=data / "nowhere").exit_code == 1
    assert run("kill", "list", data=data).stdout == ""


def test_a_stop_goes_to_a_file_while_postgresql_is_away(data: Path) -> None:
    away = {"FLASHWIRE_DATABASE_URL": "postgresql://u@127.0.0.1:1/d"}
    stopped = run("kill", "all", "--reason", "Stolen", "--end-sessions", data=data, **away)
    assert stopped.exit_code == 0 and "counts at the desk of" in stopped.stderr and "repeat" in stopped.stderr
    [stop] = StopFile(data).stops()
    assert stop.id == stopped.stdout.strip() and stop.scope == "all"
    assert stop.id in run("kill", "list", data=data, **away).stdout
    assert run("kill", "lift", stop.id, "--reason", "Well", data=data, **away).exit_code == 0
    assert not (data / STOP_FILE).exists()
