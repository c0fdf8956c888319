"""The audit's chain in the desk's database: appended to by every desk and the command line, and never changed.

An append locks the head's row, so that two desks on one PostgreSQL make one chain. SQLite locks the whole file.
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
from sqlalchemy import Select, func, select

from publisher.core.audit import Event, Head, Record, chained, make_event
from publisher.records.command_actor import command_actor
from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from publisher.records.tables.audit import AUDIT, AUDIT_HEAD
from publisher.records.tables.people import TOKENS, USERS

_COLUMNS: Final = [AUDIT.c[name] for name in Record.__struct_fields__]
# Records read at a time; a chain of years does not fit into the memory of a small machine.
_PAGE: Final = 1000
# Built at import: to build a statement takes longer than to run it.
_HEAD: Final = select(AUDIT_HEAD.c.number, AUDIT_HEAD.c.hash)
# The driver keeps the prepared statement of each number of rows.
_ROWS: Final = 32
# A spool is chained within seconds, so an earlier attempt is not further back.
_KNOWN_RECORDS: Final = 20_000


class _Append:
    """The statements of an append past SQLAlchemy, which takes longer for them than SQLite.

    They are in the driver's style of parameters.
    """

    def __init__(self, mark: str, lock: str) -> None:
        names = Record.__struct_fields__
        self.head = f"SELECT number, hash FROM audit_head{lock}"
        self._insert = f"INSERT INTO audit ({', '.join(names)}) VALUES "
        self._row = f"({', '.join([mark] * len(names))})"
        self.move_head = f"UPDATE audit_head SET number = {mark}, hash = {mark}"
        self.known = f"SELECT event, action FROM audit WHERE number > {mark} AND event IN ({{}})"
        self.mark = mark

    def insert(self, rows: int) -> str:
        """One statement for up to `_ROWS` records: each statement takes the interpreter's lock again."""
        return self._insert + ", ".join([self._row] * rows)


# A transaction of SQLite that writes has locked the whole file.
_FILE: Final = _Append("?", "")
_SERVER: Final = _Append("%s", " FOR UPDATE")


class AuditFilter(msgspec.Struct, frozen=True):
    """Which records are shown: those of an actor, an action, an object, and with a lower number than `before`."""

    before: int | None = None
    actor: str = ""
    action: str = ""
    object: str = ""


class AuditLog:
    """The chain in one database. Every method raises `DatabaseError`."""

    def __init__(self, database: Database) -> None:
        self._database = database.audit()

    def append(self, events: Sequence[Event], *, skips_known: bool = False) -> int:
        """Appends `events` in one transaction; returns how many.

        With `skips_known` those that the chain has already are left out: a spool may be chained twice.
        """
        sql = _FILE if self._database.is_local else _SERVER
        with self._database.begin_raw() as run:
            heads = run(sql.head).fetchall()
            if not heads:
                # Not an unforeseen error: holding and withdrawing go on, and wait for the chain in the spool.
                raise DatabaseError("The audit has no head: somebody has removed it by hand (docs/backup.md).")
            head = Head(*heads[0])
            if skips_known:
                ids = [event.event for event in events]
                marks = ", ".join([sql.mark] * len(ids))
                rows = run(sql.known.format(marks), (head.number - _KNOWN_RECORDS, *ids)).fetchall()
                stored = {(event, action) for event, action in rows}
                events = [event for event in events if (event.event, event.action) not in stored]
            if not events:
                return 0
            records = chained(events, head)
            for start in range(0, len(records), _ROWS):
                rows = [msgspec.structs.astuple(record) for record in records[start : start + _ROWS]]
                run(sql.insert(len(rows)), tuple(chain.from_iterable(rows)))
            run(sql.move_head, (records[-1].number, records[-1].hash))
        return len(events)

    def head(self) -> Head:
        """The end of the chain."""
        with self._database.connect() as connection:
            return Head(*connection.execute(_HEAD).one())

    def newest(self, audit_filter: AuditFilter, limit: int) -> list[Record]:
        """At most `limit` records, the newest first."""
        query = select(*_COLUMNS).order_by(AUDIT.c.number.desc()).limit(limit)
        if audit_filter.before is not None:
            query = query.where(AUDIT.c.number < audit_filter.before)
        for column in ("actor", "action", "object"):
            if value := getattr(audit_filter, column):
                query = query.where(AUDIT.c[column] == value)
        return self._read(query)

    def records_after(self, number: int, limit: int = _PAGE) -> list[Record]:
        """At most `limit` records after the record `number`, the oldest first."""
        return self._read(select(*_COLUMNS).where(AUDIT.c.number > number).order_by(AUDIT.c.number).limit(limit))

    def all(self, after: int = -1) -> Iterator[Record]:
        """Every record after the record `after`, the oldest first."""
        while page := self.records_after(after):
            yield from page
            after = page[-1].number

    def _read(self, query: Select[Any]) -> list[Record]:  # Any: the columns of a record
        with self._database.connect() as connection:
            return [Record(*row) for row in connection.execute(query)]


def first_actor_made(database: Database) -> float | None:
    """When the first user or token of the desk was made, which needs a record; None if there is none."""
    with database.connect() as connection:
        times = [connection.execute(select(func.min(table.c.created))).scalar() for table in (USERS, TOKENS)]
    return min((time for time in times if time is not None), default=None)


def new_event(
    actor: str, action: str, object: str, details: Mapping[str, str], content: bytes = b"", *, event: str = ""
) -> Event:
    """An event of now, with the id `event`, else with a new id."""
    id = event or secrets.token_hex(8)
    return make_event(time.time_ns() // 1_000_000, id, actor, action, object, details, content)


def record_command(database: Database, action: str, object: str = "", details: Mapping[str, str] | None = None) -> None:
    """Records what a person did with the command line, before it is done; raises `DatabaseError`."""
    AuditLog(database).append([new_event(command_actor(), action, object, details or {})])
