"""Migrations: from every released schema, in one piece or not at all, by one desk at a time."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, func, select, text

from publisher.records import database as database_module
from publisher.records import server_database as server_module
from publisher.records import upgrade as module
from publisher.records.audit_file import TABLES as AUDIT_TABLES
from publisher.records.database import Database, open_database
from publisher.records.errors import DatabaseError
from publisher.records.notes import EdNote, Notes
from publisher.records.schema import SCHEMA
from publisher.records.sessions import Sessions
from publisher.records.sqlite import FILE
from publisher.records.tables.base import METADATA
from publisher.records.tokens import Actor, Tokens, digest
from publisher.records.welcome import Welcome
from tests.publisher.records.conftest import OpenDatabase

MIGRATIONS = Path(module.__file__).with_name("migrations")
# As release 0.1.0 made it, without a version.
RELEASED = """
CREATE TABLE IF NOT EXISTS tokens (
  name TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, role TEXT NOT NULL,
  created REAL NOT NULL, revoked REAL, unlimited INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  hash BLOB PRIMARY KEY, name TEXT NOT NULL REFERENCES tokens (name), expires REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS welcome (one INTEGER PRIMARY KEY CHECK (one = 1), hash BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS desk (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;
INSERT OR IGNORE INTO desk VALUES (1, lower(hex(randomblob(8))));
CREATE TABLE IF NOT EXISTS notes (
  uri TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (uri, version)
) STRICT, WITHOUT ROWID;
"""
# The development versions before 0.1.0 had no table `desk`.
UNRELEASED = "\n".join(line for line in RELEASED.splitlines() if " desk " not in line)


def old_file(folder: Path, schema: str = RELEASED) -> None:
    """A file as release 0.1.0 left it: two tokens, one of them revoked, a session, a code and a note."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(schema)
        old.execute("INSERT INTO tokens VALUES ('night', ?, 'chief', 1.5, NULL, 1)", (digest("fw_night"),))
        old.execute("INSERT INTO tokens VALUES ('gone', ?, 'editor', 2.5, 3.5, 0)", (digest("fw_gone"),))
        old.execute("INSERT INTO sessions VALUES (?, 'night', 4e9)", (digest("session"),))
        old.execute("INSERT INTO welcome VALUES (1, ?)", (digest("code"),))
        old.execute("INSERT INTO notes VALUES ('u', 1, 'night', 'hold the line')")
    (folder / FILE).chmod(0o600)


def migrate_to(connection: Connection, number: str) -> None:
    """Runs the migrations up to `number` alone."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, number)


def version(database: Database) -> str:
    with database.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


@pytest.mark.parametrize("schema", [RELEASED, UNRELEASED])
def test_a_file_of_an_earlier_release_keeps_all_its_data(tmp_path: Path, schema: str) -> None:
    old_file(tmp_path, schema)
    with closing(open_database(tmp_path)) as database:
        tokens = Tokens(database)
        assert tokens.holder("fw_night") == Actor("night", "chief", True) and tokens.holder("fw_gone") is None
        assert [(token.name, token.created, token.revoked) for token in tokens.all()] == [
            ("night", 1.5, None), ("gone", 2.5, 3.5),
        ]  # fmt: skip
        assert Sessions(database).holder("session") == Actor("night", "chief", True)
        assert Notes(database).of_items(["u"]) == {"u": [EdNote(1, "night", "hold the line")]}
        assert Welcome(database).code() is None and tokens.create("new", "editor")
        assert version(database) == SCHEMA and len(database.desk_id()) == 16
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_an_upgrade_keeps_the_desks_id_so_that_no_cookie_is_lost(tmp_path: Path) -> None:
    old_file(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as old:
        [(id_before,)] = old.execute("SELECT id FROM desk")
    with closing(open_database(tmp_path)) as database:
        assert database.desk_id() == id_before


def test_a_file_of_an_earlier_release_ends_with_the_tables_of_a_new_one(tmp_path: Path) -> None:
    tables = {}
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        if name == "old":
            old_file(tmp_path / name)
        with closing(open_database(tmp_path / name)), closing(sqlite3.connect(tmp_path / name / FILE)) as file:
            rows = file.execute(
                "SELECT t.name, t.strict, t.wr, c.name, c.type, c.pk FROM pragma_table_list AS t"
                " JOIN pragma_table_info(t.name) AS c WHERE t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid"
            )
            tables[name] = rows.fetchall()
    audit = {table.name for table in AUDIT_TABLES}
    assert {row[0] for row in tables["new"]} == {*METADATA.tables, "alembic_version"} - audit
    assert tables["old"] == tables["new"]


@pytest.mark.parametrize("way", ["created", "migrated"])
def test_both_ways_to_a_new_database_make_the_tables_that_the_code_uses(
    way: str, another: OpenDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "migrated":
        monkeypatch.setattr(module, "create", lambda connection: module.migrate(connection, None))
    database = another()
    with database.connect() as connection:
        # On SQLite the audit has a separate file.
        tables = [table for table in METADATA.sorted_tables if not (database.is_local and table in AUDIT_TABLES)]
        used = MetaData()
        for table in tables:
            table.to_metadata(used)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, used) == []
        rows = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }
    filled = {"desk"} if database.is_local else {"audit_head", "desk"}
    assert {name for name, count in rows.items() if count} == filled and len(database.desk_id()) == 16
    assert version(database) == SCHEMA


def test_the_rows_of_schema_0001_stay_in_force(
    another: OpenDatabase, monkeypatch: pytest.MonkeyPatch, database_url: str | None
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "create", lambda connection: migrate_to(connection, "0001"))
        patch.setattr(database_module, "SCHEMA", "0001")
        patch.setattr(server_module, "SCHEMA", "0001")
        old = another()
        with old.begin() as connection:
            rows = {"t": digest("fw_t"), "s": digest("session"), "w": digest("code")}
            connection.execute(
                text("INSERT INTO tokens VALUES ('Amal', :t, 'editor', 1.5, NULL, :u)"), {"t": rows["t"], "u": True}
            )
            connection.execute(text("INSERT INTO sessions VALUES (:s, 'Amal', 4e9)"), {"s": rows["s"]})
            connection.execute(text("INSERT INTO welcome VALUES (1, :w)"), {"w": rows["w"]})
    database = another()
    assert version(database) == SCHEMA and database.desk_id() == old.desk_id()
    assert Tokens(database).holder("fw_t") == Actor("Amal", "editor", True)
    session = Sessions(database).find(digest("session"))
    assert session and session.actor == Actor("Amal", "editor", True) and session.expires == 4e9
    with database.begin() as connection:
        connection.execute(text("DELETE FROM sessions"))
        connection.execute(text("DELETE FROM tokens"))
    assert Welcome(database).is_valid("code")


def test_both_ways_to_a_new_file_make_the_same_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (
        "SELECT t.name, t.strict, t.wr, c.* FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c"
        " WHERE t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid"
    )
    keys = (
        "SELECT t.name, k.* FROM pragma_table_list AS t JOIN pragma_foreign_key_list(t.name) AS k"
        ' ORDER BY t.name, k."from"'
    )
    indices = (
        'SELECT t.name, i."unique", i.origin, c.name FROM pragma_table_list AS t JOIN pragma_index_list(t.name) AS i'
        " JOIN pragma_index_info(i.name) AS c WHERE t.name NOT LIKE 'sqlite_%' ORDER BY 1, 2, 3, 4"
    )
    tables = []
    for name in ("created", "migrated"):
        if name == "migrated":
            monkeypatch.setattr(module, "create", lambda connection: module.migrate(connection, None))
        (tmp_path / name).mkdir()
        with closing(open_database(tmp_path / name)), closing(sqlite3.connect(tmp_path / name / FILE)) as file:
            tables.append([file.execute(query).fetchall() for query in (columns, keys, indices)])
    assert tables[0] == tables[1] and all(tables[0])


def test_migrations_are_one_line_of_numbers_that_ends_with_the_newest_schema() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    numbers = [revision.revision for revision in script.walk_revisions()][::-1]
    assert script.get_heads() == [SCHEMA] == [f"{len(numbers):04d}"]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def test_a_database_of_a_newer_release_is_refused_in_one_sentence(database: Database, another: OpenDatabase) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError) as refused:
        another()
    assert "newer release" in str(refused.value) and "9999" in str(refused.value)
    assert str(refused.value).count("\n") == 0 and version(database) == "9999"


def test_a_migration_that_fails_leaves_no_trace(
    tmp_path: Path, database_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDiskError(Exception):
        pass

    def stop(_: object) -> None:
        raise FullDiskError

    if database_url is None:
        old_file(tmp_path)
    with monkeypatch.context() as patch:
        # A migration writes the desk's id last.
        patch.setattr("secrets.token_hex", stop)
        with pytest.raises(FullDiskError):
            open_database(tmp_path, database_url)
    if database_url is None:
        with closing(sqlite3.connect(tmp_path / FILE)) as file:
            assert not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall()
    with closing(open_database(tmp_path, database_url)) as database:
        assert version(database) == SCHEMA and len(database.desk_id()) == 16


_KILLED = """
import os, secrets, signal, sys
from pathlib import Path
from publisher.records.database import open_database
secrets.token_hex = lambda _: os.kill(os.getpid(), signal.SIGKILL)
open_database(Path(sys.argv[1]), sys.argv[2] or None)
"""


def test_a_migration_whose_process_is_killed_leaves_no_trace(tmp_path: Path, database_url: str | None) -> None:
    if database_url is None:
        old_file(tmp_path)
    command = [sys.executable, "-c", _KILLED, str(tmp_path), database_url or ""]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    assert subprocess.run(command, env=environment, timeout=60, check=False).returncode == -9
    with closing(open_database(tmp_path, database_url)) as database:
        assert version(database) == SCHEMA
        assert (database_url is not None) or Tokens(database).holder("fw_night")


def test_desks_that_start_at_the_same_time_upgrade_once(tmp_path: Path, database_url: str | None) -> None:
    if database_url is None:
        old_file(tmp_path)
    together = threading.Barrier(4)
    ids: list[str] = []

    def start() -> None:
        together.wait(10)
        with closing(open_database(tmp_path, database_url)) as database:
            ids.append(database.desk_id())

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(ids) == 4 and len(set(ids)) == 1


def test_a_read_only_file_is_refused_in_one_sentence_and_not_changed(tmp_path: Path) -> None:
    old_file(tmp_path)
    bytes_before = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).chmod(0o444)
    tmp_path.chmod(0o755)
    child = os.fork()
    if not child:
        status = 1
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            open_database(tmp_path)
        except DatabaseError as error:
            status = 0 if "cannot be used" in str(error) and "\n" not in str(error) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (tmp_path / FILE).read_bytes() == bytes_before
