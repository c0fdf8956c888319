"""Tables of what is not published yet: drafts, and lines that wait for approval or for their time."""

from typing import Final

from sqlalchemy import Column, Index, Integer, Table, Text

from publisher.records.tables.base import METADATA, SECONDS

TOPICS_CHANGED: Final = Table(
    "topics",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
DRAFTS: Final = Table(
    "drafts",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("changed", SECONDS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
WAITING: Final = Table(
    "waiting",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("due", SECONDS),
    Column("content", Text, nullable=False),
    Column("changed", SECONDS, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", SECONDS),
    Index("waiting_state", "state", "due"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
