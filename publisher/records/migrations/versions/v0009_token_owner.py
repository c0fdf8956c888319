"""Who made a token: a person may not approve his own line with a token of his own."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; earlier tokens have no owner."""
    op.add_column("tokens", sa.Column("owner", sa.Text))
