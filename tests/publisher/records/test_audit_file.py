"""The audit's file next to the desk's SQLite file: made with it, moved out of it once, and missed when it is lost."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from publisher.core.audit import Head, chain_faults
from publisher.records import audit_file, upgrade
from publisher.records import database as database_module
from publisher.records.audit import AuditLog, new_event
from publisher.records.audit_file import FILE
from publisher.records.database import Database, open_database
from publisher.records.errors import DatabaseError
from publisher.records.sqlite import FILE as DESK_FILE
from publisher.records.tables.kill import STOPS


def append(database: Database, *actions: str) -> None:
    AuditLog(database).append([new_event("Rana", action, "urn:1", {}) for action in actions])


def actions(database: Database) -> list[str]:
    log = AuditLog(database)
    assert list(chain_faults(log.all(), log.head())) == []
    return [record.action for record in log.all()]


def rows_in_desk_file(folder: Path) -> int:
    with closing(sqlite3.connect(folder / DESK_FILE)) as file:
        count: int = file.execute("SELECT count(*) FROM sqlite_master WHERE tbl_name LIKE 'audit%'").fetchone()[0]
        return count


def earlier_desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Head:
    """A desk of schema 0009, which kept the audit in its own file, with three records; returns the head."""

    def create(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(upgrade.__file__).with_name("migrations")))
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")

    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "create", create)
        patch.setattr(database_module, "SCHEMA", "0009")
        patch.setattr(database_module.FileDatabase, "audit", lambda database: database)
        with closing(open_database(folder)) as database:
            append(database, "publish", "hold", "withdraw")
            head = AuditLog(database).head()
    (folder / FILE).unlink()
    return head


def test_a_record_empties_no_cache_of_the_desks_file(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as database, closing(database.for_thread()) as writer:
        database.cache(STOPS)[b"known"] = True  # type: ignore[index]  # a file has a cache
        append(writer, "publish")
        assert database.cache(STOPS) == {b"known": True}


def test_the_records_of_an_earlier_schema_move_with_their_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = earlier_desk(tmp_path, monkeypatch)
    with closing(open_database(tmp_path)) as database:
        assert AuditLog(database).head() == head and actions(database) == ["publish", "hold", "withdraw"]
        append(database, "release")
    with closing(open_database(tmp_path)) as database:
        assert actions(database) == ["publish", "hold", "withdraw", "release"]
    assert rows_in_desk_file(tmp_path) == 0 and (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_move_that_was_cut_off_before_its_end_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = earlier_desk(tmp_path, monkeypatch)

    class PowerCutError(Exception):
        pass

    create = audit_file.create

    def create_and_stop(connection: Connection, chain: audit_file.Chain | None) -> None:
        create(connection, chain)
        connection.commit()
        raise PowerCutError

    with monkeypatch.context() as patch:
        # The records are copied after the migration and before its commit.
        patch.setattr(audit_file, "create", create_and_stop)
        with pytest.raises(PowerCutError):
            open_database(tmp_path)
    assert rows_in_desk_file(tmp_path) > 0 and (tmp_path / FILE).exists()
    with closing(open_database(tmp_path)) as database:
        assert AuditLog(database).head() == head and rows_in_desk_file(tmp_path) == 0


def test_a_lost_file_is_the_first_record_of_the_new_chain(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as database:
        append(database, "publish")
        assert actions(database) == ["publish"]
    (tmp_path / FILE).unlink()
    with closing(open_database(tmp_path)) as database, closing(open_database(tmp_path)) as other:
        append(database, "hold")
        append(other, "release")
        assert actions(database) == ["audit-file-missing", "hold", "release"]


def test_a_new_desk_file_keeps_the_chain_that_is_there(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as database:
        append(database, "publish")
    (tmp_path / DESK_FILE).unlink()
    with closing(open_database(tmp_path)) as database:
        append(database, "hold")
        assert actions(database) == ["publish", "hold"]


def test_nothing_is_recorded_in_a_file_that_was_replaced_and_the_desk_is_not_ready(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as database:
        append(database, "publish")
        database.check()
        (tmp_path / FILE).rename(tmp_path / "elsewhere")
        with pytest.raises(DatabaseError, match="audit's file"):
            append(database, "hold")
        with pytest.raises(DatabaseError):
            database.check()
