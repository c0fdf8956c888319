"""The tables as the newest migration leaves them; `tests/records` compares the two."""

from typing import Final

from sqlalchemy import (
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

SCHEMA: Final = "0001"
"""The newest migration's number."""

METADATA: Final = MetaData()
# SQLite's strict tables know neither of the two types that PostgreSQL has for these.
_SECONDS: Final[Double[float]] = Double().with_variant(REAL(), "sqlite")
_FLAG: Final = Boolean().with_variant(Integer(), "sqlite")

TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("created", _SECONDS, nullable=False),
    Column("revoked", _SECONDS),
    Column("unlimited", _FLAG, nullable=False),
    sqlite_strict=True,
)
SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("name", Text, ForeignKey("tokens.name"), nullable=False),
    Column("expires", _SECONDS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
WELCOME: Final = Table(
    "welcome",
    METADATA,
    Column("one", Integer, CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_strict=True,
)
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
