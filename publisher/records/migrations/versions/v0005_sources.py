"""The registry of sources."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table; the desk fills it from the site file."""
    seconds: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
    flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "sources",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("names", sa.Text, nullable=False),
        sa.Column("aliases", sa.Text, nullable=False),
        sa.Column("retired", flag, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed", seconds, nullable=False),
        sa.Column("changed_by", sa.Text),
        sa.Column("imported", sa.Text),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
