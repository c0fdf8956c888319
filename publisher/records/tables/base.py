"""What every table is made of: the metadata, and the types that both databases know."""

from typing import Final

from sqlalchemy import REAL, Boolean, Double, Integer, MetaData

METADATA: Final = MetaData()
# SQLite's strict tables know neither of the two types that PostgreSQL has for these.
SECONDS: Final[Double[float]] = Double().with_variant(REAL(), "sqlite")
"""A time in seconds since 1970."""
FLAG: Final = Boolean().with_variant(Integer(), "sqlite")
