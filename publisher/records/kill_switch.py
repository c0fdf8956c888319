"""The kill switch of one desk: the stops of the database, which count at every desk, and those of this desk's file."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from publisher.core.stops import Stop, person_stop, stop_of
from publisher.records.audit_writer import AuditWriter
from publisher.records.changes import Changes
from publisher.records.database import ANSWER_SECONDS, Database
from publisher.records.errors import DatabaseError
from publisher.records.stop_file import UNREADABLE, StopFile
from publisher.records.stops import Stops
from publisher.stream.batch import Batch
from ticker.contract.item import Act
from ticker.shared.process.cancellation import stop_if_cancelled

_PAUSE_SECONDS: Final = 1.0
_READERS: Final = 1000

_log = structlog.get_logger(__name__)


class KillSwitch:
    """What is stopped at this desk. Used by one event loop alone; its methods raise `DatabaseError`."""

    def __init__(self, database: Database, changes: Changes, audit: AuditWriter, data: Path) -> None:
        self.records = Stops(database, changes)
        self._database = database
        self._audit = audit
        self._changes = changes
        self._file = StopFile(data)
        # Requests that wait at the same time share one statement; one that comes during it waits for the next.
        self._reads: Batch[None, list[Stop]] = Batch(self._read, limit=_READERS, patience=10 * ANSWER_SECONDS)
        self.count = 0
        """How many stops were in force a moment ago."""

    async def in_force(self) -> list[Stop]:
        """Every stop that counts at this desk."""
        stops = self.records.in_force() if self._database.is_local else await self._reads.submit(None)
        own = self._file.stops()
        return [*stops, *own] if own else stops

    async def stop_of(self, names: Sequence[str], edition: str, act: Act) -> Stop | None:
        """The stop that forbids the actor with `names` to do `act` in `edition` from now on, or None."""
        return stop_of(await self.in_force(), names, edition, act)

    async def person_stop(self, names: Sequence[str]) -> Stop | None:
        """The stop of a user or token that has one of `names`, or None."""
        return person_stop(await self.in_force(), names)

    async def add(self, stop: Stop, *, ends_sessions: bool = False, keeps: str = "") -> None:
        """Puts `stop` in force at every desk."""
        details = {"scope": stop.scope, "reason": stop.reason, "ends sessions": "yes" if ends_sessions else "no"}
        await self._audit.record(stop.by, "kill", stop_object(stop), details, may_spool=True)
        await self._database.call(self.records.add, stop, ends_sessions=ends_sessions, keeps=keeps)
        self._changes.wake()

    async def lift(self, stop: Stop, by: str, reason: str, at: str) -> bool:
        """Ends `stop`; returns False if another person has lifted it."""
        await self._audit.record(by, "kill-lift", stop_object(stop), {"reason": reason})
        lifted = await self._database.call(self.records.lift, stop.id, by, reason, at)
        lifted = self._file.remove(stop.id) or lifted
        self._changes.wake()
        return lifted

    async def run(self) -> None:
        """Counts the stops, and moves those of the file to the database when that answers, until it is cancelled."""
        while True:
            stop_if_cancelled()
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                self.count = len(await self.in_force())
                await self.move_file()
            except (DatabaseError, OSError) as error:
                _log.warning("stops of the file not moved", reason=str(error))

    async def move_file(self) -> None:
        """Moves the stops of the file to the database; raises `DatabaseError` or `OSError`."""
        for stop in list(self._file.stops()):
            if stop is UNREADABLE:
                continue
            # The command writes the file first and then the database, where it has recorded the stop itself.
            known = await self._database.call(self.records.in_force)
            if not any(each.id == stop.id for each in known):
                details = {"scope": stop.scope, "reason": stop.reason}
                await self._audit.record(stop.by, "kill", stop_object(stop), details)
                await self._database.call(self.records.add, stop)
            self._file.remove(stop.id)
            self._changes.wake()
            _log.info("stop moved to the database", scope=stop.scope, name=stop.name, by=stop.by)

    async def _read(self, readers: Sequence[None]) -> list[list[Stop] | Exception]:
        return [await self._database.call(self.records.in_force)] * len(readers)


def stop_object(stop: Stop) -> str:
    """What the audit calls the thing that is stopped."""
    return f"{stop.scope}:{stop.name}" if stop.name else stop.scope
