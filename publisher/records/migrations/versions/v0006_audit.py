"""The audit's chain of records and its head."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables, with the head of an empty chain."""
    count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit",
        sa.Column("number", count, primary_key=True, autoincrement=False),
        sa.Column("time", count, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("event", "actor", "action", "object", "details")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("content", "previous", "hash")),
        sqlite_strict=True,
    )
    op.create_index("audit_object", "audit", ["object"])
    head = op.create_table(
        "audit_head",
        sa.Column("one", sa.Integer, sa.CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
        sa.Column("number", count, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.bulk_insert(head, [{"one": 1, "number": 0, "hash": "0" * 64}])
