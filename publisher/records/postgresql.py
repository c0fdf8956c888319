"""Connections to a PostgreSQL server, which several desks share.

Every wait has a limit, even if the server is frozen or the network is cut: a thread is free again after
`CONNECT_SECONDS` + `STATEMENT_SECONDS`.
"""

import time
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool, QueuePool

from publisher.records.errors import DatabaseAwayError, DatabaseError

if TYPE_CHECKING:
    import psycopg

CONNECTIONS: Final = 8
"""Connections of a desk, each with a thread."""
# The shortest timeout of libpq, for each host of the address.
CONNECT_SECONDS: Final = 2
STATEMENT_SECONDS: Final = 1.0
# For migrations, during which no editor waits.
UPGRADE_SECONDS: Final = 60.0
# The key of the advisory lock: the bytes of "flashwir", so that no other program uses it by chance.
_UPGRADE_LOCK: Final = 0x666C617368776972
# The defaults of the kernel notice a cut network after 2 hours.
_KEEPALIVE: Final = {"keepalives_idle": 10, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 3000}


def server_engine(url: str, *, for_upgrade: bool = False) -> Engine:
    """An engine for the server at `url`; connects later. Raises `DatabaseError` if the driver is missing."""
    try:
        import psycopg
        from psycopg import conninfo
        from psycopg.abc import RV, PQGen
    except ImportError as error:
        # The package without a libpq is installed, and its import fails too.
        raise DatabaseError(
            f"PostgreSQL needs the driver psycopg: install it with pip install 'flashwire[postgresql]' ({error})."
        ) from None
    limit = UPGRADE_SECONDS if for_upgrade else STATEMENT_SECONDS

    class BoundedConnection(psycopg.Connection[Any]):  # Any: rows are as SQLAlchemy takes them
        """A connection that closes itself if the server does not answer in time."""

        def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
            seconds = limit if timeout is None else timeout
            started_at = time.monotonic()
            try:
                return super().wait(gen, interval, seconds)
            except psycopg.OperationalError:
                # The next bytes on this connection would be the reply to an earlier statement.
                self.pgconn.finish()
                if time.monotonic() - started_at < seconds:
                    raise
                raise psycopg.OperationalError(f"the server did not answer within {seconds:g} s") from None

    def connect() -> "psycopg.Connection[Any]":  # Any: as above
        options: dict[str, Any] = {"application_name": "flashwire-desk", **_KEEPALIVE}  # Any: text and numbers
        options |= conninfo.conninfo_to_dict(url)
        options["connect_timeout"] = CONNECT_SECONDS
        options["client_encoding"] = "utf8"
        # Ends a statement that waits for a lock. The options of the address come later, so they may override it.
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
        # A round trip more for each use; in return no request fails after a restart of the server.
        pool_pre_ping=True,
        **shared,
    )


def lock_for_upgrade(connection: Connection) -> None:
    """Waits until no other desk runs migrations on this database; the lock ends with the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _UPGRADE_LOCK})


def check_server(connection: Connection) -> None:
    """Raises `DatabaseAwayError` if the server is read-only, and errors of SQLAlchemy if it does not answer."""
    connection.execute(text("SELECT 1 FROM desk"))
    if connection.execute(text("SHOW transaction_read_only")).scalar() == "on":
        raise DatabaseAwayError("The desk's database takes no writes: the server is read-only or a standby.")
