"""The stops of the kill switch."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "stops",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("scope", "name", "actor", "reason", "since")),
        *(sa.Column(name, sa.Text) for name in ("lifted", "lifted_by", "lifted_reason")),
        sqlite_strict=True,
    )
