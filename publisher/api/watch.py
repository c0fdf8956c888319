"""Checks once a second whether publishing would work, so that readiness fails before an editor does."""

import asyncio
from typing import Final

import structlog

from publisher.api.metrics import Metrics
from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from publisher.records.holders import Holders
from publisher.stream.backfill import backfill
from publisher.stream.checks import eviction_policy, unverified_entries
from publisher.stream.store import Store
from ticker.shared.process.cancellation import stop_if_cancelled
from ticker.shared.process.tasks import Tasks
from ticker.stream.redis_stream import StreamAwayError

# With the store's limit of 2.5 s per call, a lost stream is noticed within 5 s.
_PAUSE_SECONDS: Final = 1.0
# A backfill reads the whole stream, so a failed one is not repeated with every probe.
_BACKFILL_PAUSE_SECONDS: Final = 30.0

_log = structlog.get_logger(__name__)


class Watch:
    """Probes the stream and the database; `reason` says why the desk is not ready, or is None."""

    def __init__(self, store: Store, metrics: Metrics, database: Database, holders: Holders) -> None:
        self._store = store
        self._database = database
        self._holders = holders
        self._metrics = metrics
        self._lost: str | None = "the stream has not been reached yet"
        self._database_lost: str | None = None
        self._needs_backfill = asyncio.Event()
        self.draining = False
        self.tasks = Tasks(self._task_ended)
        """The desk's background tasks, this watch among them; the desk is not ready while one of them has ended."""

    @property
    def reason(self) -> str | None:
        """Why nothing can be published now; None if publishing works."""
        return "the desk is stopping" if self.draining else self.tasks.reason or self._database_lost or self._lost

    async def run(self) -> None:
        """Probes the stream until it is cancelled."""
        is_checked = False
        while True:
            stop_if_cancelled()
            try:
                if not await self._store.probe():
                    self._needs_backfill.set()
                self._note(None)
                if not is_checked:
                    is_checked = True
                    await self._check_policy()
                    await self._check_keys()
            except StreamAwayError as error:
                self._note(str(error))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def watch_database(self) -> None:
        """Checks the database, and whether remembered holders are still valid, until it is cancelled."""
        while True:
            stop_if_cancelled()
            lost = None
            try:
                await self._database.call(self._database.check)
                await self._holders.refresh()
            except DatabaseError as error:
                lost = str(error)
            changed = (lost is None) != (self._database_lost is None)
            self._database_lost = lost
            self._metrics.ready.set(0 if self.reason else 1)
            if changed:
                _log.error("database lost", reason=lost) if lost else _log.info("database reached")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def backfill_when_needed(self) -> None:
        """Completes the index of newest entries whenever a probe finds it incomplete, until it is cancelled."""
        while True:
            stop_if_cancelled()
            await self._needs_backfill.wait()
            try:
                items = await backfill(self._store)
            except StreamAwayError as error:
                _log.warning("newest entries not indexed", reason=str(error))
                await asyncio.sleep(_BACKFILL_PAUSE_SECONDS)
            else:
                _log.info("newest entries indexed", items=items)
            self._needs_backfill.clear()

    async def _check_policy(self) -> None:
        policy = await eviction_policy(self._store.calls)
        if policy not in (None, "noeviction"):
            _log.warning(
                "the server may evict keys",
                policy=policy,
                fix="set maxmemory-policy noeviction: another policy may drop the stream or an item's ledger",
            )

    async def _check_keys(self) -> None:
        unverified = await unverified_entries(self._store.calls, self._store.keys, self._store.keyring)
        if unverified:
            _log.warning(
                "entries that no signing key verifies",
                entries=unverified,
                fix="add the key that signed them to FLASHWIRE_SIGNING_KEYS, after the first, and run flashwire rekey; "
                "until then no node shows these items, and a chief can only hold or withdraw them",
            )

    def _note(self, lost: str | None) -> None:
        changed = (lost is None) != (self._lost is None)
        self._lost = lost
        self._metrics.ready.set(0 if self.reason else 1)
        if changed:
            _log.warning("stream lost", reason=lost) if lost else _log.info(
                "stream reachable", formerly="stream reached"
            )

    def _task_ended(self, name: str) -> None:
        self._metrics.ready.set(0)
        self._metrics.task_restarts.labels(name).inc()
