"""The desk's database: opened, brought to the newest schema, and asked; which server it is matters only here.

The command line and every desk share it, so that a token that is revoked is refused from the next request on.
"""

import asyncio
import sqlite3
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

# A publication may wait 2.5 s for the stream; together nobody waits longer than 4 s.
ANSWER_SECONDS: Final = 1.5

Given = ParamSpec("Given")
Value = TypeVar("Value")
Insert = sqlite_dialect.Insert | postgresql_dialect.Insert


def open_database(data: Path, url: str | None = None) -> "Database":
    """The database at `url`, or the SQLite file in `data`; waits for the server some seconds at most.

    Raises `DatabaseError`.
    """
    return ServerDatabase(url) if url else FileDatabase(data / sqlite.FILE)


class Database:
    """The database; its methods may wait for it, but for `call`."""

    answers_at_once = False
    """Whether a look-up waits for nothing but this machine's disk."""

    def __init__(self, engine: Engine) -> None:
        self._reading = self._writing = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for look-ups. Raises `DatabaseError` for what happens in the block, too."""
        with self._translated(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, which an error in the block takes back. Raises `DatabaseError`."""
        with (
            self._translated(),
            self._writing.connect().execution_options(**{sqlite.WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    async def call(self, work: Callable[Given, Value], *given: Given.args, **named: Given.kwargs) -> Value:
        """What `work` returns; the event loop waits for no server meanwhile."""
        return work(*given, **named)

    def insert(self, table: Table) -> Insert:
        """An insertion that can say what happens where the row is there already."""
        raise NotImplementedError

    def cache(self, table: Table) -> dict[bytes, Any] | None:  # Any: as the caller keeps it
        """The rows of `table` that were found by hash since the last write of any process to the database.

        None where it would take as long to notice a write as to look a row up. Raises `DatabaseError`.
        """
        return None

    def check(self) -> None:
        """Raises `DatabaseError` where the database cannot be read and written."""
        raise NotImplementedError

    def desk_id(self) -> str:
        """What tells this database from any other; made with it."""
        with self.reading() as connection:
            return str(connection.execute(select(DESK.c.id)).scalar_one())

    def close(self) -> None:
        """Closes every connection."""
        self._reading.dispose()

    def _error(self, error: Exception) -> DatabaseError:
        raise NotImplementedError

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SQLAlchemyError, sqlite3.Error) as error:
            raise self._error(error) from None


class FileDatabase(Database):
    """One SQLite file, over one connection of this thread."""

    answers_at_once = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._caches: dict[Table, dict[bytes, Any]] = {}  # Any: as above
        self._stamp = (0, 0)
        with self._translated():
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
        with self._translated():
            self._check()

    def close(self) -> None:
        super().close()
        self._driver.close()

    def _upgrade(self) -> None:
        with self.reading() as connection:
            if schema_of(connection) == SCHEMA:
                return

        def upgrade_file() -> None:
            with self.writing() as connection:
                upgrade(connection)

        sqlite.wait_for_upgrades(self._driver, upgrade_file)

    def _error(self, error: Exception) -> DatabaseError:
        return DatabaseError(f"The desk's file cannot be used: {self._path} ({_reason(error)})")


class ServerDatabase(Database):
    """A PostgreSQL server, asked in threads of its own."""

    def __init__(self, url: str) -> None:
        super().__init__(postgresql.server_engine(url))
        # Look-ups need no transaction: two round trips less.
        self._reading = self._writing.execution_options(isolation_level="AUTOCOMMIT")
        self._threads = ThreadPoolExecutor(postgresql.CONNECTIONS, "database")
        self._is_closed = False
        event.listen(self._writing, "checkin", self._close_late)
        try:
            self._upgrade(url)
        except BaseException:
            self.close()
            raise

    async def call(self, work: Callable[Given, Value], *given: Given.args, **named: Given.kwargs) -> Value:
        """What `work` returns. Raises `DatabaseAwayError` after `ANSWER_SECONDS`; a write may happen after that."""
        answer = asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*given, **named))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            raise _away(f"no answer within {ANSWER_SECONDS:g} s") from None

    def insert(self, table: Table) -> Insert:
        return postgresql_dialect.insert(table)

    def check(self) -> None:
        with self.reading() as connection:
            postgresql.check_server(connection)

    def close(self) -> None:
        """Closes every connection; one that a thread still uses is closed when that thread gives it back."""
        self._is_closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _close_late(self, driver: DBAPIConnection | None, _: object) -> None:
        if self._is_closed and driver is not None:
            driver.close()

    def _upgrade(self, url: str) -> None:
        with self.reading() as connection:
            if schema_of(connection) == SCHEMA:
                return
        engine = postgresql.server_engine(url, for_upgrade=True)
        try:
            with self._translated(), engine.begin() as connection:
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
