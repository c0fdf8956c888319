"""Who published and who changed each item, by name; the public stream never carries names.

1. A name is written after its version is stored, in a batch with others, so that publishing never waits for it.
2. The audit has every actor in any case: a crash within `_PAUSE_SECONDS` of a version loses its name only here.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

import msgspec
import structlog
from sqlalchemy import select

from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from publisher.records.tables.wire import BYLINES
from publisher.records.writer_thread import WriterThread
from ticker.contract.item import Item
from ticker.shared.process.cancellation import stop_if_cancelled

# A batch costs one transaction, and this desk also knows the names that wait.
_PAUSE_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 5.0
_WAITING_LIMIT: Final = 10_000

# In the driver's style of parameters: SQLAlchemy takes longer for a batch than SQLite.
_FILE: Final = "INSERT INTO bylines (uri, version, act, name, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_SERVER: Final = _FILE.replace("?", "%s")

_log = structlog.get_logger(__name__)


class Byline(msgspec.Struct, frozen=True):
    """One version: who stored it, with which act, and its time as in the item."""

    version: int
    act: str
    by: str
    at: str


class Bylines:
    """The names in the desk's database, and those that still have to be written to it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = WriterThread(database, "bylines")
        self._waiting: deque[tuple[str, Byline]] = deque(maxlen=_WAITING_LIMIT)
        self._wake = asyncio.Event()

    def note(self, item: Item, name: str) -> None:
        """Notes that `name` stored `item`."""
        self._waiting.append((item.uri, Byline(item.version, item.act, name, item.version_created)))
        self._wake.set()

    async def run(self) -> None:
        """Writes what was noted until it is cancelled."""
        while True:
            stop_if_cancelled()
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                await self.flush()
            except DatabaseError as error:
                _log.warning("names of versions not written yet", reason=str(error), versions=len(self._waiting))
                self._wake.set()
                await asyncio.sleep(_RETRY_SECONDS)

    async def flush(self) -> None:
        """Writes what was noted until now. Raises `DatabaseError`, and keeps it then."""
        batch = list(self._waiting)
        if not batch:
            return
        await self._thread.call(partial(_write, batch=batch))
        for _ in batch:
            self._waiting.popleft()

    async def aclose(self) -> None:
        """Ends the thread."""
        await self._thread.aclose()

    async def of_items(self, uris: Iterable[str]) -> dict[str, list[Byline]]:
        """The bylines of each of `uris` that has any, the oldest version first. Raises `DatabaseError`."""
        keys = tuple(uris)
        # Taken first: what is written in between is then in the database.
        waiting = [(uri, byline) for uri, byline in self._waiting if uri in keys]
        names = await self._database.call(self._read, keys)
        for uri, byline in waiting:
            bylines = names.setdefault(uri, [])
            if all(byline.version != other.version for other in bylines):
                bylines.append(byline)
        return names

    def _read(self, uris: tuple[str, ...]) -> dict[str, list[Byline]]:
        columns = (BYLINES.c.uri, BYLINES.c.version, BYLINES.c.act, BYLINES.c.name, BYLINES.c.at)
        query = select(*columns).where(BYLINES.c.uri.in_(uris)).order_by(BYLINES.c.uri, BYLINES.c.version)
        bylines: dict[str, list[Byline]] = {}
        with self._database.connect() as connection:
            for uri, version, act, name, at in connection.execute(query):
                bylines.setdefault(uri, []).append(Byline(version, act, name, at))
        return bylines


def _write(database: Database, batch: Sequence[tuple[str, Byline]]) -> None:
    sql = _FILE if database.is_local else _SERVER
    with database.begin_raw() as run:
        run(sql, [(uri, byline.version, byline.act, byline.by, byline.at) for uri, byline in batch])
