"""The database itself refuses to change the audit; what a person does who owns the tables is found by the chain."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from publisher.records import audit_file, upgrade
from publisher.records import database as database_module
from publisher.records import server_database as server_module
from publisher.records.audit import AuditLog
from publisher.records.database import Database, open_database
from publisher.records.errors import DatabaseError
from tests.docs.pages import code_blocks, read
from tests.publisher.records.conftest import OpenDatabase
from tests.publisher.records.test_audit import by_hand, events, faults, unprotect
from tests.publisher.records.test_upgrade import migrate_to
from tests.support.postgresql import Server

CHANGES = [
    "UPDATE audit SET actor = 'Omar' WHERE number = 3",
    "UPDATE audit SET number = number + 100 WHERE number = 6",
    "DELETE FROM audit WHERE number = 6",
    "DELETE FROM audit",
    "UPDATE audit_head SET number = 4, hash = (SELECT hash FROM audit WHERE number = 4)",
    "UPDATE audit_head SET hash = 'x'",
    "DELETE FROM audit_head",
]
FILE_CHANGES = [
    "REPLACE INTO audit SELECT number, time, event, 'Omar', action, object, details, content, previous, hash"
    " FROM audit",
    "INSERT OR REPLACE INTO audit_head VALUES (1, 2, 'x')",
]
SERVER_CHANGES = ["TRUNCATE audit", "TRUNCATE audit_head"]


@pytest.fixture
def log(database: Database) -> AuditLog:
    log = AuditLog(database)
    log.append(events(6))
    return log


def expect_protected(database: Database) -> None:
    """Every change is refused, and the chain goes on."""
    log = AuditLog(database)
    before = list(log.all())
    assert len(before) >= 6
    for statement in [*CHANGES, *(FILE_CHANGES if database.is_local else SERVER_CHANGES)]:
        with pytest.raises(DatabaseError, match="append-only"):
            by_hand(database, statement)
    assert list(log.all()) == before
    log.append(events(2))
    assert faults(log) == [] and log.head().number == len(before) + 2


def test_the_database_refuses_every_change_of_a_record(log: AuditLog, database: Database) -> None:
    expect_protected(database)


def test_a_database_of_an_earlier_schema_is_protected_by_its_upgrade(
    another: OpenDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "create", lambda connection: migrate_to(connection, "0010"))
        patch.setattr(audit_file, "protect", lambda connection: None)
        for module in (database_module, server_module):
            patch.setattr(module, "SCHEMA", "0010")
        earlier = another()
        AuditLog(earlier).append(events(6))
        by_hand(earlier, "UPDATE audit SET actor = actor")
    expect_protected(another())


def test_what_the_owner_of_the_tables_changes_is_found(log: AuditLog, database: Database) -> None:
    unprotect(database)
    by_hand(database, CHANGES[0])
    assert [(fault.number, fault.kind) for fault in faults(log)] == [(3, "changed")]


def test_the_statements_of_the_page_take_the_audit_away_from_the_desks_role(postgresql: Server, tmp_path: Path) -> None:
    [statements] = code_blocks(read("security.md"), "sql")
    postgresql.execute("CREATE ROLE flashwire_desk LOGIN")
    postgresql.execute("CREATE ROLE flashwire_audit")
    try:
        with postgresql.new_url() as url:
            schema = re.findall(r"search_path%3D(\w+)", url)[0]
            postgresql.execute(f"GRANT USAGE, CREATE ON SCHEMA {schema} TO flashwire_desk, flashwire_audit")
            url = url.replace("//flashwire@", "//flashwire_desk@")
            with closing(open_database(tmp_path, url)) as database:
                AuditLog(database).append(events(6))
                unprotect(database)
            postgresql.execute(f"SET search_path = {schema}; {statements}")
            with closing(open_database(tmp_path, url)) as database:
                AuditLog(database).append(events(1))
                for statement in (
                    *CHANGES[:4], "ALTER TABLE audit DISABLE TRIGGER USER", "DROP TABLE audit", "TRUNCATE audit",
                    "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql"
                    " AS 'BEGIN RETURN NULL; END'",
                ):  # fmt: skip
                    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
                        by_hand(database, statement)
                assert faults(AuditLog(database)) == [] and AuditLog(database).head().number == 7
    finally:
        for role in ("flashwire_desk", "flashwire_audit"):
            postgresql.execute(f"DROP OWNED BY {role}")
            postgresql.execute(f"DROP ROLE {role}")
