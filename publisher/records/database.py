"""The desk's own memory: one SQLite file beside the keys, which works also while Redis is away.

The command line and a running desk share it, so that a token that is revoked is refused from the next request
on. Every statement is a look-up by key or one small write: well under a millisecond, hence not worth a thread.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

FILE: Final = "desk.sqlite3"
# Another process of ours may be writing; its transactions are one statement long.
_BUSY_SECONDS: Final = 1.0

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tokens (
  name TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, role TEXT NOT NULL,
  created REAL NOT NULL, revoked REAL, unlimited INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  hash BLOB PRIMARY KEY, name TEXT NOT NULL REFERENCES tokens (name), expires REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS welcome (one INTEGER PRIMARY KEY CHECK (one = 1), hash BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS desk (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;
INSERT OR IGNORE INTO desk VALUES (1, lower(hex(randomblob(8))));
CREATE TABLE IF NOT EXISTS notes (
  uri TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (uri, version)
) STRICT, WITHOUT ROWID;
"""


class DatabaseError(Exception):
    """The desk's file cannot be used; the message is one line for an operator."""


def open_database(data: Path) -> sqlite3.Connection:
    """The database in `data`, made with mode 600 if need be; raises `DatabaseError`."""
    path = data / FILE
    with translated(path):
        data.mkdir(parents=True, exist_ok=True)
        # SQLite would create it with the mask of whoever starts it; its journals take the mode of the file.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        # A token that was printed, or revoked, stays so after a power cut.
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_SCHEMA)
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns what SQLite and the system say of the database at `path` into `DatabaseError`."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(f"The desk's file cannot be used: {path} ({error})") from None


def database_check(data: Path) -> Callable[[], None]:
    """A check that the database in `data` is still the file that is there now, and takes writes.

    What it returns raises `DatabaseError`. A file that was replaced or deleted would go on working for the open
    connection alone: tokens that are revoked would stay in force here.
    """
    path = data / FILE
    opened = path.stat()

    def check() -> None:
        with translated(path):
            if not os.path.samestat(opened, path.stat()):
                raise DatabaseError(f"The desk's file was replaced: start the desk again ({path}).")
            uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
            try:
                with closing(sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None)) as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("SELECT count(*) FROM tokens").fetchone()
                    # SQLite begins a transaction on a file that is read-only, too. Closing takes this write back.
                    connection.execute("UPDATE desk SET id = id")
            except sqlite3.Error as error:
                # Another process of ours is writing: the file works.
                if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                    raise

    return check


def desk_id(connection: sqlite3.Connection) -> str:
    """What tells this desk's database from any other's; made with the database."""
    return str(connection.execute("SELECT id FROM desk").fetchone()[0])
