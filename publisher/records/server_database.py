"""The desk's database on a PostgreSQL server: a pool of connections, with a thread for each."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from sqlalchemy import Table, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from publisher.records import postgresql
from publisher.records.database import ANSWER_SECONDS, Database, reason_of
from publisher.records.errors import DatabaseAwayError, DatabaseError
from publisher.records.schema import SCHEMA
from publisher.records.upgrade import schema_of, upgrade

if TYPE_CHECKING:
    from publisher.records.database import Insert

Params = ParamSpec("Params")
Value = TypeVar("Value")


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

    def insert(self, table: Table) -> "Insert":
        # Its import takes 70 ms, which a desk with a file need not wait for.
        from sqlalchemy.dialects import postgresql as postgresql_dialect

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
        return _away(reason_of(error))


def _away(reason: str) -> DatabaseAwayError:
    return DatabaseAwayError(f"The desk's database cannot be used: {reason}")
