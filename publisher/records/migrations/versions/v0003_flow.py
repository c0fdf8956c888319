"""Drafts, lines that wait for approval or for their time, and the counters of what has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates three tables."""
    seconds: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
    op.create_table(
        "topics",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("changed", seconds, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "waiting",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("due", seconds),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("changed", seconds, nullable=False),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_until", seconds),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("waiting_state", "waiting", ["state", "due"])
