"""Creates the tables of a database, or runs its missing migrations, in one transaction: all of it, or nothing.

Several desks may start at the same time. The caller's transaction holds a lock, so the first desk runs the migrations,
and the others have nothing to do.
"""

import secrets
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, text

from publisher.core.audit import GENESIS
from publisher.records.audit_file import TABLES as AUDIT_TABLES
from publisher.records.audit_protection import protect
from publisher.records.errors import DatabaseError
from publisher.records.schema import DESK, SCHEMA
from publisher.records.tables.audit import AUDIT_HEAD
from publisher.records.tables.base import METADATA
from publisher.records.tables.people import TOKENS

# Alembic's own table, as its first migration would create it.
_VERSION: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def schema_of(connection: Connection) -> str | None:
    """The number of the newest migration in the database; None if it is empty, or of release 0.1.0."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection) -> None:
    """Creates the tables of an empty database, else runs the missing migrations; the caller commits.

    Raises `DatabaseError` for a schema that this release does not know. Alembic is imported only if a migration is
    missing: its import takes 0.2 s.
    """
    current = schema_of(connection)
    if current == SCHEMA:
        return
    if current is None and not inspect(connection).has_table(TOKENS.name):
        create(connection)
    else:
        migrate(connection, current)


def create(connection: Connection) -> None:
    """Creates every table of the newest schema, as the migrations together would; the caller commits."""
    has_audit = connection.dialect.name != "sqlite"
    METADATA.create_all(
        connection, tables=[table for table in METADATA.sorted_tables if has_audit or table not in AUDIT_TABLES]
    )
    _VERSION.create(connection)
    connection.execute(insert(_VERSION).values(version_num=SCHEMA))
    connection.execute(insert(DESK).values(one=1, id=secrets.token_hex(8)))
    if has_audit:
        connection.execute(insert(AUDIT_HEAD).values(one=1, number=0, hash=GENESIS))
        protect(connection)


def migrate(connection: Connection, current: str | None) -> None:
    """Runs the migrations after `current`; the caller commits. Raises as `upgrade`."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    revisions = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in revisions:
        raise DatabaseError(
            f"The desk's database has the schema {current} of a newer release, and this one knows {SCHEMA}: "
            "start that release, or restore the backup from before its upgrade."
        )
    command.upgrade(config, "head")
