"""When a token was last used: one that no program uses any more can be revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; the earlier uses are unknown."""
    op.add_column("tokens", sa.Column("used", sa.Double().with_variant(sa.REAL(), "sqlite")))
