"""The desk's database, a SQLite file or a PostgreSQL server: connections, transactions, and the newest schema.

Every desk and the command line share it, so a revoked token is refused from the next request on.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table, event, select
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from publisher.records import postgresql, sqlite
from publisher.records.errors import DatabaseAwayError, DatabaseError
from publisher.records.schema import DESK, SCHEMA
from publisher.records.upgrade import schema_of, upgrade

# The stream has a limit of 2.5 s, so a publication is answered within 4 s.
ANSWER_SECONDS: Final = 1.5

Params = ParamSpec("Params")
Value = TypeVar("Value")
Insert = sqlite_dialect.Insert | postgresql_dialect.Insert


def open_database(data: Path, url: str | None = None) -> "Database":
    """Opens the database at `url`, else the SQLite file in `data`, and runs its missing migrations.

    Waits a few seconds for the server at most. Raises `DatabaseError`.
    """
    return ServerDatabase(url) if url else FileDatabase(data / sqlite.FILE)


class Database(ABC):
    """The base of both kinds. Every method but `call` blocks until the database has answered."""

    is_local = False
    """Whether a look-up takes microseconds, because it needs no server."""

    def __init__(self, engine: Engine) -> None:
        self._read_engine = self._write_engine = engine

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection for look-ups. Errors of the database in the block are raised as `DatabaseError`."""
        with self._translate_errors(), self._read_engine.connect() as connection:
            yield connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that is committed after the block, and rolled back on an error; raises as `connect`."""
        with (
            self._translate_errors(),
            self._write_engine.connect().execution_options(**{sqlite.WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    async def call(self, function: Callable[Params, Value], *args: Params.args, **kwargs: Params.kwargs) -> Value:
        """Calls `function` without blocking the event loop, and returns its result."""
        return function(*args, **kwargs)

    @abstractmethod
    def insert(self, table: Table) -> Insert:
        """An INSERT into `table` that supports ON CONFLICT."""

    def cache(self, table: Table) -> dict[bytes, Any] | None:  # Any: as the caller keeps it
        """The rows of `table`, by hash, that were looked up since any process wrote to the database.

        None if noticing a write takes as long as a look-up. Raises `DatabaseError`.
        """
        return None

    @abstractmethod
    def check(self) -> None:
        """Raises `DatabaseError` if the database cannot be read and written."""

    def desk_id(self) -> str:
        """The id of this database, which its first migration made; no other database has it."""
        with self.connect() as connection:
            return str(connection.execute(select(DESK.c.id)).scalar_one())

    def close(self) -> None:
        """Closes every connection."""
        self._read_engine.dispose()

    @abstractmethod
    def _error(self, error: Exception) -> DatabaseError:
        """The error to raise for `error` of the driver."""

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SQLAlchemyError, sqlite3.Error) as error:
            raise self._error(error) from None


class FileDatabase(Database):
    """A SQLite file, with one connection, which only the thread that opened it may use."""

    is_local = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._caches: dict[Table, dict[bytes, Any]] = {}  # Any: as above
        self._stamp = (0, 0)
        with self._translate_errors():
            engine, self._driver = sqlite.open_file(path)
            super().__init__(engine)
            try:
                self._upgrade()
            except BaseException:
                self.close()
                raise
            self._check = sqlite.file_check(path)

    def insert(self, table: Table) -> Insert:
        return sqlite_dialect.insert(table)

    def cache(self, table: Table) -> dict[bytes, Any]:  # Any: as the caller keeps it
        # The first number changes with the commits of others, the second with the writes of this connection. To ask
        # for both, past SQLAlchemy, takes 5 µs; the look-up of a row takes 80 µs.
        try:
            stamp = (self._driver.execute("PRAGMA data_version").fetchone()[0], self._driver.total_changes)
        except sqlite3.Error as error:
            raise self._error(error) from None
        if stamp != self._stamp:
            self._caches = {}
            self._stamp = stamp
        return self._caches.setdefault(table, {})

    def check(self) -> None:
        with self._translate_errors():
            self._check()

    def close(self) -> None:
        super().close()
        self._driver.close()

    def _upgrade(self) -> None:
        with self.connect() as connection:
            if schema_of(connection) == SCHEMA:
                return

        def upgrade_file() -> None:
            with self.begin() as connection:
                upgrade(connection)

        sqlite.wait_for_upgrades(self._driver, upgrade_file)

    def _error(self, error: Exception) -> DatabaseError:
        return DatabaseError(f"The desk's file cannot be used: {self._path} ({_reason(error)})")


class ServerDatabase(Database):
    """A PostgreSQL server, with a pool of connections and a thread for each."""

    def __init__(self, url: str) -> None:
        super().__init__(postgresql.server_engine(url))
        # A look-up needs no transaction, which would take two more round trips.
        self._read_engine = self._write_engine.execution_options(isolation_level="AUTOCOMMIT")
        self._threads = ThreadPoolExecutor(postgresql.CONNECTIONS, "database")
        self._is_closed = False
        event.listen(self._write_engine, "checkin", self._close_returned)
        try:
            self._upgrade(url)
        except BaseException:
            self.close()
            raise

    async def call(self, function: Callable[Params, Value], *args: Params.args, **kwargs: Params.kwargs) -> Value:
        """Calls `function` in a thread. Raises `DatabaseAwayError` after `ANSWER_SECONDS`; a write may still follow."""
        answer = asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*args, **kwargs))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            raise _away(f"no answer within {ANSWER_SECONDS:g} s") from None

    def insert(self, table: Table) -> Insert:
        return postgresql_dialect.insert(table)

    def check(self) -> None:
        with self.connect() as connection:
            postgresql.check_server(connection)

    def close(self) -> None:
        """Closes every connection; those in use are closed when their threads return them."""
        self._is_closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _close_returned(self, driver: DBAPIConnection | None, _: object) -> None:
        if self._is_closed and driver is not None:
            driver.close()

    def _upgrade(self, url: str) -> None:
        with self.connect() as connection:
            if schema_of(connection) == SCHEMA:
                return
        engine = postgresql.server_engine(url, for_upgrade=True)
        try:
            with self._translate_errors(), engine.begin() as connection:
                postgresql.lock_for_upgrade(connection)
                upgrade(connection)
        finally:
            engine.dispose()

    def _error(self, error: Exception) -> DatabaseError:
        return _away(_reason(error))


def _away(reason: str) -> DatabaseAwayError:
    return DatabaseAwayError(f"The desk's database cannot be used: {reason}")


def _reason(error: Exception) -> str:
    """The first line of what the driver says; PostgreSQL adds advice to it, SQLAlchemy the statement."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().partition("\n")[0]
