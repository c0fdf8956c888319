"""Brings a database to the newest schema: all missing migrations in one transaction, or none of them.

Several desks may start at the same time. The caller's transaction holds a lock, so one of them runs the migrations and
the others find nothing to do.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from publisher.records.errors import DatabaseError
from publisher.records.schema import SCHEMA


def schema_of(connection: Connection) -> str | None:
    """The number of the last migration that the database has had; None for an empty one and for release 0.1.0's."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection) -> None:
    """Runs the missing migrations; the caller commits.

    Raises `DatabaseError` for a schema that this release does not know. Importing Alembic takes 0.2 s, which is why
    only a database that needs a migration pays for it.
    """
    found = schema_of(connection)
    if found == SCHEMA:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseError(
            f"The desk's database has the schema {found} of a newer release, and this one knows {SCHEMA}: "
            "start that release, or restore the backup from before its upgrade."
        )
    command.upgrade(config, "head")
