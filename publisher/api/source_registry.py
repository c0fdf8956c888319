"""The site with the sources of the registry: the last state that this desk has read, and the task that follows it."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import msgspec

from publisher.core.sources import RegisteredSource
from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from publisher.records.sources import SourceRecords
from ticker.contract.site import Site
from ticker.shared.process.cancellation import stop_if_cancelled

# Another desk's change is offered here within this time.
_PAUSE_SECONDS: Final = 1.0


class SourceRegistry:
    """The registered sources as this desk knows them. While the database is away, they stay as they were."""

    def __init__(self, site: Site, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self.records = SourceRecords(database, clock)
        self.records.import_file(site.sources)
        self.site = site
        self.entries: tuple[RegisteredSource, ...] = ()
        """Every source, retired ones included."""
        self.revision = -1
        """It grows with every change."""
        self._accept(self.records.revision(), self.records.all())

    async def refresh(self) -> None:
        """Reads the sources again if any has changed. Raises `DatabaseError`."""
        revision = await self._database.call(self.records.revision)
        # Read before the sources: a change in between is read again the next time.
        if revision != self.revision:
            self._accept(revision, await self._database.call(self.records.all))

    async def follow(self) -> None:
        """Reads changes of this and other desks until it is cancelled."""
        while True:
            stop_if_cancelled()
            try:
                await self.refresh()
            except DatabaseError:
                # `Watch` reports it.
                pass
            await asyncio.sleep(_PAUSE_SECONDS)

    def _accept(self, revision: int, entries: list[RegisteredSource]) -> None:
        self.revision, self.entries = revision, tuple(entries)
        active = {entry.id: entry.source() for entry in entries if not entry.retired}
        # A new object, because lookups of the old one are cached in it.
        self.site = msgspec.structs.replace(self.site, sources=active)
