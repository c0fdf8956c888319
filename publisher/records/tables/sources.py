"""The table of the registry of sources."""

from typing import Final

from sqlalchemy import Column, Integer, Table, Text

from publisher.records.tables.base import FLAG, METADATA, SECONDS

SOURCES: Final = Table(
    "sources",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    # JSON: names by language, and a list.
    Column("names", Text, nullable=False),
    Column("aliases", Text, nullable=False),
    Column("retired", FLAG, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed", SECONDS, nullable=False),
    Column("changed_by", Text),
    # As the site file had it at the last start, as JSON; null for a source that is not in the file.
    Column("imported", Text),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
