"""The desk's database, a SQLite file or a PostgreSQL server: connections, transactions, and the newest schema.

Every desk and the command line share it, so a revoked token is refused from the next request on.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from publisher.records import audit_file, sqlite
from publisher.records.errors import DatabaseError
from publisher.records.schema import DESK, SCHEMA
from publisher.records.upgrade import schema_of, upgrade

# The stream has a limit of 2.5 s, so a publication is answered within 4 s.
ANSWER_SECONDS: Final = 1.5

Params = ParamSpec("Params")
Value = TypeVar("Value")
RunSql = Callable[..., Any]  # Any: a result of the driver or of SQLAlchemy, both with `fetchall`
if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql as postgresql_dialect

    Insert = sqlite_dialect.Insert | postgresql_dialect.Insert


def open_database(data: Path, url: str | None = None) -> "Database":
    """Opens the database at `url`, else the SQLite file in `data`, and runs its missing migrations.

    Waits a few seconds for the server at most. Raises `DatabaseError`.
    """
    if not url:
        return FileDatabase(data / sqlite.FILE)
    # A desk with a file does not wait for this import.
    from publisher.records.server_database import ServerDatabase

    return ServerDatabase(url)


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

    @contextmanager
    def begin_raw(self) -> Iterator[RunSql]:
        """As `begin`, with the SQL and the parameters of the driver; of a list of parameters each is run."""
        with self.begin() as connection:
            yield connection.exec_driver_sql

    async def call(self, function: Callable[Params, Value], *args: Params.args, **kwargs: Params.kwargs) -> Value:
        """Calls `function` without blocking the event loop, and returns its result."""
        return function(*args, **kwargs)

    @abstractmethod
    def insert(self, table: Table) -> "Insert":
        """An INSERT into `table` that supports ON CONFLICT."""

    def row(self, query: Any, key: bytes) -> Any:  # Any: a SELECT, and a row with its columns
        """The one row that `query` finds for its parameter `key`, or None. Raises `DatabaseError`."""
        with self.connect() as connection:
            return connection.execute(query, {"key": key}).one_or_none()

    def rows(self, query: Any) -> Sequence[Any]:  # Any: as above
        """Every row that `query`, which has no parameters, finds. Raises `DatabaseError`."""
        with self.connect() as connection:
            return connection.execute(query).all()

    def cache(self, table: Table) -> dict[bytes, Any] | None:  # Any: as the caller keeps it
        """The rows of `table`, by hash, that were looked up since any process wrote to the database.

        None if noticing a write takes as long as a look-up. Raises `DatabaseError`.
        """
        return None

    @abstractmethod
    def check(self) -> None:
        """Raises `DatabaseError` if the database cannot be read and written."""

    def for_thread(self) -> "Database":
        """The same database for another thread, which calls this and closes what it gets. Raises `DatabaseError`."""
        return self

    def audit(self) -> "Database":
        """The database of the audit, which is closed with this one: this one itself, but for SQLite."""
        return self

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
    # A table that is read and a column that is written by `check`.
    _CHECKED = ("tokens", "desk", "id")
    _NAME = "desk's file"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._caches: dict[Table, dict[bytes, Any]] = {}  # Any: as above
        self._raw_queries: dict[Any, sqlite.RawQuery] = {}  # Any: as above
        self._stamp = (0, 0)
        self._audit: AuditFile | None = None
        with self._translate_errors():
            engine, self._driver = sqlite.open_file(path)
            super().__init__(engine)
            try:
                self._upgrade()
            except BaseException:
                self.close()
                raise
            self._is_in_place = sqlite.place_check(path)
            self._check = sqlite.file_check(path, self._CHECKED)

    def insert(self, table: Table) -> "Insert":
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

    def row(self, query: Any, key: bytes) -> Any:  # Any: as above
        # Past SQLAlchemy, a tenth of its time: each publication is recorded first, so no cached row is left.
        raw = self._raw_query(query)
        try:
            values = self._driver.execute(raw.sql, raw.parameters(key)).fetchone()
        except sqlite3.Error as error:
            raise self._error(error) from None
        return None if values is None else raw.make_row(*values)

    def rows(self, query: Any) -> Sequence[Any]:  # Any: as above
        raw = self._raw_query(query)
        try:
            return [raw.make_row(*values) for values in self._driver.execute(raw.sql, raw.parameters())]
        except sqlite3.Error as error:
            raise self._error(error) from None

    @contextmanager
    def begin_raw(self) -> Iterator[RunSql]:
        # SQLAlchemy takes longer for a small transaction than SQLite.
        with self._translate_errors():
            self._driver.execute("BEGIN IMMEDIATE")
            try:
                yield self._run_sql
                self._driver.execute("COMMIT")
            except BaseException:
                self._driver.rollback()
                raise

    def check(self) -> None:
        with self._translate_errors():
            self._check()
        if (audit := self.audit()) is not self:
            audit.check()

    def for_thread(self) -> Database:
        return type(self)(self._path)

    def audit(self) -> Database:
        if self._audit is None:
            self._audit = AuditFile(self._path.with_name(audit_file.FILE))
        return self._audit

    def close(self) -> None:
        if self._audit is not None:
            self._audit.close()
        super().close()
        self._driver.close()

    def _run_sql(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:  # Any: values of any type
        run = self._driver.executemany if isinstance(parameters, list) else self._driver.execute
        return run(sql, parameters)

    def _raw_query(self, query: Any) -> sqlite.RawQuery:  # Any: as above
        if query not in self._raw_queries:
            self._raw_queries[query] = sqlite.raw_query(query)
        return self._raw_queries[query]

    def _upgrade(self) -> None:
        with self.connect() as connection:
            if schema_of(connection) == SCHEMA:
                return

        def upgrade_file() -> None:
            with self.begin() as connection:
                records = audit_file.records_in(connection)
                upgrade(connection)
                # Before the commit: a desk's file without an audit's file has lost it.
                with closing(AuditFile(self._path.with_name(audit_file.FILE), records)):
                    pass

        sqlite.wait_for_upgrades(self._driver, upgrade_file)

    def _error(self, error: Exception) -> DatabaseError:
        return DatabaseError(f"The {self._NAME} cannot be used: {self._path} ({reason_of(error)})")


class AuditFile(FileDatabase):
    """The audit of a desk with a SQLite file, in a separate file.

    A record before each version would otherwise empty the caches of the desk's file, and wait for its other writes.
    """

    _CHECKED = ("audit", "audit_head", "number")
    _NAME = "audit's file"

    def __init__(self, path: Path, records: "audit_file.Chain | None" = None) -> None:
        """With `records` the tables are made again and begin with them."""
        self._records = records
        super().__init__(path)

    def audit(self) -> Database:
        return self

    @contextmanager
    def begin_raw(self) -> Iterator[RunSql]:
        # Records in a file that was deleted would be lost when the desk ends.
        with self._translate_errors():
            is_in_place = self._is_in_place()
        if not is_in_place:
            raise DatabaseError(f"The {self._NAME} was replaced: start the desk again ({self._path}).")
        with super().begin_raw() as run:
            yield run

    def _upgrade(self) -> None:
        with self.connect() as connection:
            if self._records is None and audit_file.is_complete(connection):
                return
        with self.begin() as connection:
            audit_file.create(connection, self._records)


def reason_of(error: Exception) -> str:
    """The first line of what the driver says; PostgreSQL adds advice to it, SQLAlchemy the statement."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().partition("\n")[0]
