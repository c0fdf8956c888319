"""Writes the audit of one desk: before what it records, in few transactions, to a spool while the database is away.

1. `record` returns when the record is on the disk, or raises: what it records must then not be done.
2. Records that wait at the same time share one transaction, so that its cost does not grow with the editors.
3. An outcome is not waited for. It goes with the next transaction, after `_OUTCOME_SECONDS` at the latest; a crash may
   lose it, and the intention then stands without an outcome.
4. What must go through (hold, withdraw, the end of sessions) is spooled while the database is away, in memory if the
   disk takes nothing either, and chained when the database is back.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from publisher.core.audit import Event, Head, Record
from publisher.records.audit import AuditFilter, AuditLog, new_event
from publisher.records.audit_spool import Spool
from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from publisher.records.writer_thread import WriterThread
from ticker.shared.process.cancellation import stop_if_cancelled

# Records in one transaction: 256 take a SQLite file some 3 ms, and the first of them waits for the last.
_BATCH_LIMIT: Final = 256
_OUTCOME_SECONDS: Final = 0.05
# A request that finds the database away must not wait for it twice.
_AWAY_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 1.0
_HEAD_SECONDS: Final = 3600.0
# In memory, while neither database nor disk takes a record.
_MEMORY_LIMIT: Final = 1000

# A record, or None for the outcomes alone, and the future of its writing.
_Waiting = tuple[Event | None, asyncio.Future[None]]

_log = structlog.get_logger(__name__)


class AuditWriter:
    """The audit of one desk, whose spool is in `data`. Used by one event loop alone."""

    def __init__(self, database: Database, data: Path) -> None:
        self._database = database
        self._spool = Spool(data)
        self._waiting: list[_Waiting] = []
        self._is_writing = False
        self._thread = WriterThread(database, "audit")
        self._files = ThreadPoolExecutor(1, "spool")
        self._outcomes: list[Event] = []
        self._memory: list[Event] = []
        self._lost = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._away_until = 0.0
        self._is_closed = False
        self.spooled = len(self._spool)
        """Records that wait for the database."""

    async def record(
        self,
        actor: str,
        action: str,
        object: str = "",
        details: Mapping[str, str] | None = None,
        content: bytes = b"",
        *,
        may_spool: bool = False,
    ) -> str:
        """Records that `actor` does `action` to `object`; returns the id of the event, for its outcome.

        `details` and `object` must hold no secret; `content` is only hashed. Raises `DatabaseError` if it cannot be
        written, unless it `may_spool`.
        """
        event = new_event(actor, action, object, details or {}, content)
        if may_spool and asyncio.get_running_loop().time() < self._away_until:
            await self._put_aside([event])
            return event.event
        try:
            await self._write(event)
        except DatabaseError:
            self.mark_away()
            if not may_spool:
                raise
            await self._put_aside([event])
        return event.event

    def outcome(
        self, event: str, actor: str, action: str, object: str = "", details: Mapping[str, str] | None = None
    ) -> None:
        """Records what became of the intention `event`, soon and without waiting."""
        self._outcomes.append(new_event(actor, action, object, details or {}, event=event))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_OUTCOME_SECONDS, self._start_flush)

    def mark_away(self) -> None:
        """Notes that the database does not answer: what may be spooled does not wait for it."""
        self._away_until = asyncio.get_running_loop().time() + _AWAY_SECONDS

    async def newest(self, audit_filter: AuditFilter, limit: int) -> tuple[list[Record], Head]:
        """As `AuditLog.newest`, and the head of the chain. Raises `DatabaseError`."""
        return await self._thread.call(lambda database: _newest(database, audit_filter, limit))

    async def flush(self) -> None:
        """Writes the outcomes that wait."""
        if not self._outcomes:
            return
        try:
            await self._write(None)
        except DatabaseError as error:
            _log.warning("audit outcomes spooled", reason=str(error))

    async def run(self) -> None:
        """Chains what was spooled whenever the database is back, until it is cancelled."""
        loop, due = asyncio.get_running_loop(), 0.0
        while True:
            stop_if_cancelled()
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                await self.chain_spool()
                if loop.time() >= due:
                    _, head = await self.newest(AuditFilter(), 0)
                    # A log that is kept elsewhere shows a chain whose end was cut off later.
                    _log.info("audit head", number=head.number, hash=head.hash)
                    due = loop.time() + _HEAD_SECONDS
            except (DatabaseError, OSError) as error:
                _log.warning("audit spool not chained", reason=str(error), records=self.spooled)

    async def chain_spool(self) -> None:
        """Appends what was spooled to the chain; raises `DatabaseError` or `OSError`."""
        if self._memory or self._lost or not self._spool.is_empty:
            count = await self._thread.call(self._chain_spool)
            _log.info("audit spool chained", records=count)
        self.spooled = len(self._memory) + len(self._spool)

    async def aclose(self) -> None:
        """Writes the outcomes that wait, and ends the threads."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        await self.flush()
        await self._thread.aclose()
        # Outcomes that the timer began to write; if that failed they go to the spool.
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._files.shutdown(wait=False)

    # In the event loop

    async def _write(self, event: Event | None) -> None:
        """Appends `event` and what waits with it; raises `DatabaseError`."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, answer))
        if not self._is_writing:
            self._start_transaction()
        await answer

    def _start_transaction(self) -> None:
        # An answer that is done belongs to a cancelled request.
        batch = [waiting for waiting in self._waiting[:_BATCH_LIMIT] if not waiting[1].done()]
        del self._waiting[:_BATCH_LIMIT]
        outcomes, self._outcomes = self._outcomes, []
        events = [*outcomes, *(event for event, _ in batch if event is not None)]
        self._is_writing = True
        self._thread.submit(partial(_append, events=events), partial(self._end_transaction, batch, outcomes))

    def _end_transaction(
        self, batch: list[_Waiting], outcomes: list[Event], _: object, error: Exception | None
    ) -> None:
        self._is_writing = False
        if self._waiting:
            self._start_transaction()
        if error is not None:
            self._keep_running(self._fail(batch, outcomes, error))
            return
        for _event, answer in batch:
            if not answer.done():
                answer.set_result(None)

    async def _fail(self, batch: list[_Waiting], outcomes: list[Event], error: Exception) -> None:
        await self._put_aside(outcomes)
        for _event, answer in batch:
            if not answer.done():
                answer.set_exception(error)

    def _keep_running(self, coroutine: Coroutine[Any, Any, None]) -> None:  # Any: as asyncio has it
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _start_flush(self) -> None:
        self._timer = None
        # Else they went with the record of another act.
        if self._outcomes:
            self._keep_running(self.flush())

    async def _put_aside(self, events: Sequence[Event]) -> None:
        """Spools `events` on the disk, or keeps them in memory."""
        for event in events:
            try:
                await asyncio.get_running_loop().run_in_executor(self._files, self._spool.put, event)
            except OSError as error:
                if len(self._memory) < _MEMORY_LIMIT:
                    self._memory.append(event)
                else:
                    self._lost += 1
                _log.error("audit record only in memory", reason=str(error), action=event.action, object=event.object)
            self.spooled += 1

    # In the thread

    def _chain_spool(self, database: Database) -> int:
        log, count = AuditLog(database), 0
        for events, damaged in self._spool.batches():
            if damaged:
                events.append(new_event("desk", "spool-damaged", "", {"lines": str(damaged)}))
            count += log.append(events, skips_known=True)
        in_memory, lost = self._memory[:], self._lost
        if lost:
            in_memory.append(new_event("desk", "records-lost", "", {"records": str(lost)}))
        if in_memory:
            count += log.append(in_memory, skips_known=True)
            del self._memory[: len(in_memory) - bool(lost)]
            self._lost -= lost
        return count


def _append(database: Database, events: Sequence[Event]) -> None:
    AuditLog(database).append(events)


def _newest(database: Database, audit_filter: AuditFilter, limit: int) -> tuple[list[Record], Head]:
    log = AuditLog(database)
    return log.newest(audit_filter, limit), log.head()
