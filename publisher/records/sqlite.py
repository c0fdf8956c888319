"""The SQLite file in the data directory, which the desk and the command line share.

Each statement is a look-up by key or a small write. It takes less than a millisecond, so it needs no thread.
"""

import os
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Select, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import StaticPool

from publisher.records.errors import DatabaseError

FILE: Final = "desk.sqlite3"
# Another process may be writing; its transactions take milliseconds.
_BUSY_SECONDS: Final = 1.0
# Another desk may run its migrations.
_UPGRADE_SECONDS: Final = 30.0
WRITES: Final = "flashwire_writes"
"""The execution option of a connection whose transaction writes."""


def open_file(path: Path) -> tuple[Engine, sqlite3.Connection]:
    """An engine with one connection to the file at `path`, which it creates with mode 600.

    Raises `OSError` or `sqlite3.Error`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # SQLite would use the umask of the process; its journals take the mode of the file. An existing file is not opened
    # here: to close it would end the locks of all connections of this process (fcntl), and other processes would then
    # delete the journal that they use.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    driver = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    driver.execute("PRAGMA journal_mode = WAL")
    # A token that was printed or revoked is still so after a power cut.
    driver.execute("PRAGMA synchronous = FULL")
    engine = create_engine("sqlite://", creator=lambda: driver, poolclass=StaticPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # With `isolation_level=None` the driver begins no transaction. IMMEDIATE, because a transaction that reads
        # first fails if another process writes before it does.
        if connection.get_execution_options().get(WRITES):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine, driver


class RawQuery(NamedTuple):
    """A SELECT of SQLAlchemy for the driver itself."""

    sql: str
    values: tuple[Any, ...]  # Any: parameters of any type
    place: int | None
    """The position of the parameter `key`; None if there is none."""
    make_row: Callable[..., Any]  # Any: a named tuple of the columns

    def parameters(self, key: bytes = b"") -> tuple[Any, ...]:  # Any: as above
        """The parameters with `key` in its place."""
        if self.place is None:
            return self.values
        return (*self.values[: self.place], key, *self.values[self.place + 1 :])


def raw_query(query: Select[Any]) -> RawQuery:
    """The SQL and the parameters of `query`, which may have a parameter `key`; types need no conversion in SQLite."""
    compiled = query.compile(dialect=sqlite.dialect())
    names = list(compiled.positiontup or ())
    values = tuple(compiled.params[name] for name in names)
    columns = [str(column.key) for column in query.selected_columns]
    index = names.index("key") if "key" in names else None
    return RawQuery(str(compiled), values, index, namedtuple("Row", columns))


def wait_for_upgrades(driver: sqlite3.Connection, upgrade: Callable[[], None]) -> None:
    """Calls `upgrade` with a longer timeout for the transactions of other processes."""
    driver.execute(f"PRAGMA busy_timeout = {int(_UPGRADE_SECONDS * 1000)}")
    try:
        upgrade()
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")


def place_check(path: Path) -> Callable[[], bool]:
    """A function that says whether the file at `path` is still the present one; it may raise `OSError`."""
    name, opened = os.fspath(path), path.stat()
    return lambda: os.path.samestat(opened, os.stat(name))


def file_check(path: Path, checked: tuple[str, str, str]) -> Callable[[], None]:
    """A function that checks that the file at `path` is still the present one, and can be written.

    `checked` is a table that it reads, and a table and column that it writes. The function raises `DatabaseError`,
    `OSError` or `sqlite3.Error`. A file that was replaced or deleted still works for an open connection, which would
    not see that a token is revoked.
    """
    is_same = place_check(path)
    read, written_table, column = checked

    def check() -> None:
        if not is_same():
            raise DatabaseError(f"The desk's file was replaced: start the desk again ({path}).")
        uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(f"SELECT 1 FROM {read} LIMIT 1").fetchone()
                # SQLite also begins a transaction on a read-only file. Closing rolls this write back.
                connection.execute(f"UPDATE {written_table} SET {column} = {column}")
        except sqlite3.Error as error:
            # Another process is writing, so the file works.
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                raise

    return check
