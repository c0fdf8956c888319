"""Users, the ways in which they sign in, their sessions, and the editions of tokens.

Tokens, sessions and the welcome code of release 0.1.0 stay in force.
"""

import secrets
import time

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables, and copies the sessions and the welcome code into theirs."""
    seconds: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
    flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")
    op.add_column("tokens", sa.Column("editions", sa.Text))
    op.create_table(
        "users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("login", sa.Text, nullable=False, unique=True),
        sa.Column("email", sa.Text, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("editions", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created", seconds, nullable=False),
        sa.Column("signed_in", seconds),
        sa.Column("password", sa.Text),
        sa.Column("totp", sa.Text),
        sa.Column("totp_step", sa.Integer, nullable=False),
        sa.Column("oidc", sa.Text, unique=True),
        sqlite_strict=True,
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user", sa.Text, sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("credential", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created", seconds, nullable=False),
        sa.Column("used", seconds),
        sa.Column("synced", flag, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_codes",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("user", sa.Text, sa.ForeignKey("users.id"), nullable=False, index=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    _move_sessions(seconds)
    op.create_table(
        "invitations",
        sa.Column("user", sa.Text, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("expires", seconds, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "welcome_codes",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("created", seconds, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(sa.text("INSERT INTO welcome_codes SELECT hash, :now FROM welcome").bindparams(now=time.time()))
    op.drop_table("welcome")
    op.create_table(
        "challenges",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("expires", seconds, nullable=False, index=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account", sa.LargeBinary, index=True),
        sa.Column("address", sa.LargeBinary, nullable=False, index=True),
        sa.Column("at", seconds, nullable=False, index=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _move_sessions(seconds: sa.types.TypeEngine[float]) -> None:
    connection = op.get_bind()
    old = sa.table(
        "sessions", sa.column("hash", sa.LargeBinary), sa.column("name", sa.Text), sa.column("expires", seconds)
    )
    rows = connection.execute(sa.select(old.c.hash, old.c.name, old.c.expires)).all()
    # SQLite cannot allow NULL in a column that exists.
    op.drop_table("sessions")
    new = op.create_table(
        "sessions",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, sa.ForeignKey("tokens.name"), index=True),
        sa.Column("user", sa.Text, sa.ForeignKey("users.id"), index=True),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("created", seconds, nullable=False),
        sa.Column("used", seconds, nullable=False),
        sa.Column("expires", seconds, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    now = time.time()
    for key, name, expires in rows:
        row = {"hash": key, "id": secrets.token_urlsafe(9), "name": name, "way": "token", "expires": expires}
        connection.execute(new.insert().values(**row, created=now, used=now, address="", agent=""))
