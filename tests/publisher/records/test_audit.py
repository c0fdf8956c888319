"""The audit in the database: one chain for all desks, and every change by hand is found."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from publisher.core.audit import Event, Fault, Head, chain_faults
from publisher.records.audit import AuditFilter, AuditLog, new_event, record_command
from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from tests.publisher.records.conftest import OpenDatabase


def events(count: int, actor: str = "Rana") -> list[Event]:
    return [new_event(actor, "publish", f"urn:{number}", {"edition": "عربي"}) for number in range(count)]


def faults(log: AuditLog, last_head: Head | None = None) -> list[Fault]:
    return list(chain_faults(log.all(), log.head(), last_head))


def unprotect(database: Database) -> None:
    """What a person who owns the tables can do."""
    with database.audit().begin() as connection:
        if database.is_local:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            statements = [f"DROP TRIGGER {name}" for name in names]
        else:
            statements = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ("audit", "audit_head")]
        for statement in statements:
            connection.execute(text(statement))


def by_hand(database: Database, *statements: str) -> None:
    with database.audit().begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def log(database: Database) -> AuditLog:
    return AuditLog(database)


def test_records_are_read_newest_first_in_pages_and_by_actor_action_and_object(log: AuditLog) -> None:
    log.append(events(5))
    log.append([new_event("Omar", "hold", "urn:2", {})])
    assert [record.number for record in log.newest(AuditFilter(), 2)] == [6, 5]
    assert [record.number for record in log.newest(AuditFilter(before=5), 2)] == [4, 3]
    assert [record.number for record in log.newest(AuditFilter(object="urn:2"), 9)] == [6, 3]
    assert [record.number for record in log.newest(AuditFilter(actor="Omar"), 9)] == [6]
    assert [record.number for record in log.newest(AuditFilter(action="hold", actor="Rana"), 9)] == []
    assert log.head() == Head(6, log.newest(AuditFilter(), 1)[0].hash) and faults(log) == []


def test_a_long_chain_is_read_in_pages(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    log.append(events(7))
    assert [record.number for record in log.records_after(3, 2)] == [4, 5]
    assert len(list(log.all())) == 7


def test_several_desks_append_to_one_chain(another: OpenDatabase) -> None:
    failures: list[BaseException] = []

    def append(name: str) -> None:
        try:
            log = AuditLog(another())
            for _ in range(20):
                log.append(events(3, name))
        except BaseException as error:
            failures.append(error)

    # SQLite wants a connection used by the thread that opened it: `another` closes them from this one.
    threads = [threading.Thread(target=append, args=(f"desk {number}",)) for number in range(4)]
    databases = [another() for _ in threads]
    if databases[0].is_local:
        for _ in range(20):
            for number, database in enumerate(databases):
                AuditLog(database).append(events(3, f"desk {number}"))
    else:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    log = AuditLog(another())
    assert not failures and log.head().number == 240 and faults(log) == []
    assert len(log.newest(AuditFilter(actor="desk 0"), 500)) == 60


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit SET actor = 'Omar' WHERE number = 3", Fault(3, "changed")),
        ("UPDATE audit SET time = time + 1 WHERE number = 3", Fault(3, "changed")),
        ("DELETE FROM audit WHERE number = 3", Fault(3, "removed")),
        ("DELETE FROM audit WHERE number > 4", Fault(5, "cut off")),
        ("DELETE FROM audit", Fault(1, "cut off")),
        ("UPDATE audit SET number = number + 100 WHERE number = 6", Fault(6, "removed")),
        ("UPDATE audit_head SET number = 4", Fault(6, "another chain")),
    ],
)
def test_a_change_by_hand_is_found(log: AuditLog, database: Database, statement: str, found: Fault) -> None:
    log.append(events(6))
    unprotect(database)
    by_hand(database, statement)
    assert found in faults(log)


def test_records_that_changed_places_by_hand_are_found(log: AuditLog, database: Database) -> None:
    log.append(events(6))
    moves = [(2, 100), (4, 2), (100, 4)]
    unprotect(database)
    by_hand(database, *(f"UPDATE audit SET number = {to} WHERE number = {of}" for of, to in moves))
    assert {2, 4} <= {fault.number for fault in faults(log)}


def test_a_cut_off_end_with_its_head_is_found_by_a_head_that_was_kept(log: AuditLog, database: Database) -> None:
    log.append(events(6))
    last_head = log.head()
    unprotect(database)
    by_hand(
        database,
        "DELETE FROM audit WHERE number > 4",
        "UPDATE audit_head SET number = 4, hash = (SELECT hash FROM audit WHERE number = 4)",
    )
    assert faults(log) == []
    assert faults(log, last_head) == [Fault(5, "cut off")]
    log.append(events(3))
    assert faults(log, last_head) == [Fault(6, "another chain")]


def test_known_events_are_appended_once(log: AuditLog) -> None:
    first = events(3)
    log.append(first)
    assert log.append([*first, *events(1)], skips_known=True) == 1
    assert log.append(first, skips_known=True) == 0
    assert log.head().number == 4 and faults(log) == []


def test_nothing_is_appended_where_one_record_fails(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    before: Callable[[], Head] = log.head
    # The last statement of the append fails, after the records were inserted.
    monkeypatch.setattr("publisher.records.audit._FILE.move_head", "UPDATE nothing SET number = ?")
    monkeypatch.setattr("publisher.records.audit._SERVER.move_head", "UPDATE nothing SET number = %s")
    with pytest.raises(DatabaseError):
        log.append(events(2))
    assert before() == Head() and faults(log) == []


def test_a_command_is_recorded_with_its_person(log: AuditLog, database: Database) -> None:
    record_command(database, "token-create", "token:night", {"role": "editor"})
    [record] = log.newest(AuditFilter(), 9)
    assert record.actor.startswith("command line (") and record.details == '{"role":"editor"}'
