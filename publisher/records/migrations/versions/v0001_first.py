"""The tables of release 0.1.0. A file of that release has them, and no version: only the version is new there."""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql, sqlite

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables that are missing."""
    seconds: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
    flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "tokens",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created", seconds, nullable=False),
        sa.Column("revoked", seconds),
        sa.Column("unlimited", flag, nullable=False),
        if_not_exists=True,
        sqlite_strict=True,
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.Text, sa.ForeignKey("tokens.name"), nullable=False),
        sa.Column("expires", seconds, nullable=False),
        if_not_exists=True,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "welcome",
        sa.Column("one", sa.Integer, sa.CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        if_not_exists=True,
        sqlite_strict=True,
    )
    op.create_table(
        "notes",
        sa.Column("uri", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        if_not_exists=True,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "desk",
        sa.Column("one", sa.Integer, sa.CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        if_not_exists=True,
        sqlite_strict=True,
    )
    desk = sa.table("desk", sa.column("one", sa.Integer), sa.column("id", sa.Text))
    connection = op.get_bind()
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
    connection.execute(insert(desk).values(one=1, id=secrets.token_hex(8)).on_conflict_do_nothing())
