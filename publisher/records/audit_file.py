"""The audit's own file, next to the desk's SQLite file.

1. It is made with the desk's file, before that one's transaction ends. A desk's file that has no audit's file has lost
   it: the new chain then begins with a record that says so.
2. Earlier schemas kept the audit in the desk's file. Its records move, with their hashes, when that file is upgraded.
"""

import time
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, inspect, select

from publisher.core.audit import Head, Record, chained, make_event
from publisher.records.audit_protection import protect
from publisher.records.tables.audit import AUDIT, AUDIT_HEAD

FILE: Final = "audit.sqlite3"
TABLES: Final = (AUDIT, AUDIT_HEAD)
_COLUMNS: Final = [AUDIT.c[name] for name in Record.__struct_fields__]


class Chain(msgspec.Struct, frozen=True):
    """A whole chain as one file has it: rows of records, and the head."""

    records: list[dict[str, Any]]  # Any: the columns of a record
    head: Head


def records_in(connection: Connection) -> Chain:
    """The chain that an earlier schema kept in the desk's file; an empty one for a new file."""
    if not inspect(connection).has_table(AUDIT_HEAD.name):
        return Chain([], Head())
    rows = connection.execute(select(*_COLUMNS).order_by(AUDIT.c.number)).mappings()
    records = [dict(row) for row in rows]
    return Chain(records, Head(*connection.execute(select(AUDIT_HEAD.c.number, AUDIT_HEAD.c.hash)).one()))


def is_complete(connection: Connection) -> bool:
    """Whether the file has its tables."""
    return inspect(connection).has_table(AUDIT_HEAD.name)


def create(connection: Connection, chain: Chain | None) -> None:
    """Makes the protected tables with `chain` in them; with a record of the loss where the file should have been there.

    A file that has a chain keeps it, unless an upgrade that did not end has copied the records of `chain` before.
    """
    if is_complete(connection) and not (chain and chain.records):
        protect(connection)
        return
    if chain is None:
        event = make_event(time.time_ns() // 1_000_000, "0" * 16, "desk", "audit-file-missing", "audit", {})
        [record] = chained([event], Head())
        chain = Chain([msgspec.structs.asdict(record)], Head(record.number, record.hash))
    for table in TABLES[::-1]:
        table.drop(connection, checkfirst=True)
    for table in TABLES:
        table.create(connection)
    if chain.records:
        connection.execute(insert(AUDIT), chain.records)
    connection.execute(insert(AUDIT_HEAD).values(one=1, number=chain.head.number, hash=chain.head.hash))
    protect(connection)
