"""The tables of the list of items: the authors of versions, and the presence of users."""

from typing import Final

from sqlalchemy import Column, Integer, Table, Text

from publisher.records.tables.base import METADATA, SECONDS

BYLINES: Final = Table(
    "bylines",
    METADATA,
    Column("uri", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("act", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
PRESENCE: Final = Table(
    "presence",
    METADATA,
    Column("page", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("since", SECONDS, nullable=False),
    Column("seen", SECONDS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
