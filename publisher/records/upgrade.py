"""Runs the missing migrations of a database in one transaction: all of them, or none.

Several desks may start at the same time. The caller's transaction holds a lock, so the first desk runs the migrations,
and the others have nothing to do.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from publisher.records.errors import DatabaseError
from publisher.records.schema import SCHEMA


def schema_of(connection: Connection) -> str | None:
    """The number of the newest migration in the database; None if it is empty, or of release 0.1.0."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection) -> None:
    """Runs the missing migrations; the caller commits.

    Raises `DatabaseError` for a schema that this release does not know. Alembic is imported only if a migration is
    missing: its import takes 0.2 s.
    """
    current = schema_of(connection)
    if current == SCHEMA:
        return
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
