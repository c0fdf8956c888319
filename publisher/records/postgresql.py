"""The desk's database on a PostgreSQL server, which several desks share.

Every wait has a limit here, also for a server that is frozen or behind a cut line: a thread that asked it is free
again after `CONNECT_SECONDS` + `STATEMENT_SECONDS`.
"""

import time
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool, QueuePool

from publisher.records.errors import DatabaseAwayError, DatabaseError

if TYPE_CHECKING:
    import psycopg

CONNECTIONS: Final = 8
"""Connections of one desk, and threads that use them. A look-up takes 0.3 ms, so these are some 5,000 a second."""
# libpq waits no shorter than this for one host.
CONNECT_SECONDS: Final = 2
STATEMENT_SECONDS: Final = 1.0
# Migrations, which no editor waits for.
UPGRADE_SECONDS: Final = 60.0
# Any number that no other program uses for pg_advisory_xact_lock; these are the bytes of "flashwir".
_UPGRADE_LOCK: Final = 0x666C617368776972
# The server notices sooner than with its defaults (2 hours) that a line was cut.
_LINE: Final = {"keepalives_idle": 10, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 3000}


def server_engine(url: str, *, for_upgrade: bool = False) -> Engine:
    """An engine for the server at `url`, which is not asked yet; raises `DatabaseError` where the driver is missing."""
    try:
        import psycopg
        from psycopg import conninfo
        from psycopg.abc import RV, PQGen
    except ImportError as error:
        # Without libpq the package is there and cannot be imported.
        raise DatabaseError(
            f"PostgreSQL needs the driver psycopg: install it with pip install 'flashwire[postgresql]' ({error})."
        ) from None
    limit = UPGRADE_SECONDS if for_upgrade else STATEMENT_SECONDS

    class BoundedConnection(psycopg.Connection[Any]):  # Any: rows are as SQLAlchemy takes them
        """A connection that gives up, and closes itself, where the server does not answer in time."""

        def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
            seconds = limit if timeout is None else timeout
            begun = time.monotonic()
            try:
                return super().wait(gen, interval, seconds)
            except psycopg.OperationalError:
                # The next bytes on this connection would be the answer to an earlier statement.
                self.pgconn.finish()
                if time.monotonic() - begun < seconds:
                    raise
                raise psycopg.OperationalError(f"the server did not answer within {seconds:g} s") from None

    def connect() -> "psycopg.Connection[Any]":  # Any: as above
        options: dict[str, Any] = {"application_name": "flashwire-desk", **_LINE}  # Any: text and numbers
        options |= conninfo.conninfo_to_dict(url)
        options["connect_timeout"] = CONNECT_SECONDS
        options["client_encoding"] = "utf8"
        # Before the address's own, which may set another: a lock that another program holds ends the statement.
        options["options"] = f"-c statement_timeout={int(limit * 1000)} {options.get('options') or ''}"
        return BoundedConnection.connect(**options)

    shared: dict[str, Any] = {"creator": connect, "hide_parameters": True, "use_native_hstore": False}  # Any: as above
    if for_upgrade:
        return create_engine("postgresql+psycopg://", poolclass=NullPool, **shared)
    return create_engine(
        "postgresql+psycopg://",
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=STATEMENT_SECONDS,
        # One round trip more for each use: after a restart of the server no request meets a connection that is dead.
        pool_pre_ping=True,
        **shared,
    )


def lock_for_upgrade(connection: Connection) -> None:
    """Waits until no other desk runs migrations on this database; the lock ends with the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _UPGRADE_LOCK})


def check_server(connection: Connection) -> None:
    """Raises `DatabaseAwayError` where the server takes no writes, and SQLAlchemy's errors where it does not answer."""
    connection.execute(text("SELECT 1 FROM desk"))
    if connection.execute(text("SHOW transaction_read_only")).scalar() == "on":
        raise DatabaseAwayError("The desk's database takes no writes: the server is read-only or a standby.")
