"""The kill switch: every stop that was ever set, and how it ended."""

from typing import Final

from sqlalchemy import Column, Table, Text

from publisher.records.tables.base import METADATA

STOPS: Final = Table(
    "stops",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Text, nullable=False),
    # All three are NULL while it is in force.
    Column("lifted", Text),
    Column("lifted_by", Text),
    Column("lifted_reason", Text),
    sqlite_strict=True,
)
