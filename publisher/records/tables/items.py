"""The table of translations that an editor has settled: the original changed, and they need no change."""

from typing import Final

from sqlalchemy import Column, Integer, Table, Text

from publisher.records.tables.base import METADATA

SETTLED: Final = Table(
    "settled",
    METADATA,
    Column("uri", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
