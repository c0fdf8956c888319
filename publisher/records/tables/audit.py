"""The audit's chain of records, and its head: the number and the hash of the last record."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text

from publisher.records.tables.base import METADATA

COUNT: Final = BigInteger().with_variant(Integer(), "sqlite")

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("number", COUNT, primary_key=True, autoincrement=False),
    Column("time", COUNT, nullable=False),
    Column("event", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("audit_object", "object"),
    sqlite_strict=True,
)
AUDIT_HEAD: Final = Table(
    "audit_head",
    METADATA,
    Column("one", Integer, CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
    Column("number", COUNT, nullable=False),
    Column("hash", Text, nullable=False),
    sqlite_strict=True,
)
