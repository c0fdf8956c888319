"""The tables as the newest migration leaves them; `tests/records` compares the two."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Integer, Table, Text

# Each of these modules adds its tables to METADATA.
from publisher.records.tables import audit as audit
from publisher.records.tables import flow as flow
from publisher.records.tables import items as items
from publisher.records.tables import kill as kill
from publisher.records.tables import people as people
from publisher.records.tables import sources as sources
from publisher.records.tables import wire as wire
from publisher.records.tables.base import METADATA

SCHEMA: Final = "0012"
"""The newest migration's number."""

DESK: Final = Table(
    "desk",
    METADATA,
    Column("one", Integer, CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    sqlite_strict=True,
)
NOTES: Final = Table(
    "notes",
    METADATA,
    Column("uri", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
