"""The authors of versions, and the presence of users on items."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    seconds: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
    op.create_table(
        "bylines",
        sa.Column("uri", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "presence",
        sa.Column("page", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("since", seconds, nullable=False),
        sa.Column("seen", seconds, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
