"""The database itself refuses to change or remove a record of the audit."""

from alembic import op

from publisher.records.audit_protection import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the triggers on PostgreSQL; the audit's own file gets them when the desk opens it."""
    if op.get_bind().dialect.name != "sqlite":
        protect(op.get_bind())
