"""The audit leaves the desk's SQLite file for a separate file, to which its records were copied before."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drops the tables in a file; on PostgreSQL they stay where they are."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("audit")
        op.drop_table("audit_head")
