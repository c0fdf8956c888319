"""Publishes waiting lines at their time: once, within a second, on one of all desks.

1. The wall clock decides. It is read every 0.1 s by a steady timer, so that a jump of it delays nothing.
2. A desk claims a line before it publishes it. The line's own key makes the publication safe to repeat, also by
   another desk after this one was killed in the middle.
3. The uris are stored before the versions: a first version that was stored is found again however late.
4. What fails for a time (the stream, the database, a stop of publishing) is tried again each second. A line that is
   `FLASHWIRE_SCHEDULE_LATE_SECONDS` late, or that fails for good, waits for a person.
"""

import asyncio
import math
import secrets
from contextlib import suppress
from typing import Final

import structlog

from publisher.api.parts import Parts
from publisher.api.waiting_publication import publish_line
from publisher.core.schedule import Lateness
from publisher.core.waiting import Waiting, expired
from publisher.records.errors import DatabaseError
from publisher.records.waiting import WaitingStaleError
from ticker.shared.process.cancellation import stop_if_cancelled

LOOK_SECONDS: Final = 0.1
# Another desk may have changed a line.
_READ_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 1.0
_TIDY_SECONDS: Final = 5.0
# Closed lines and published drafts are shown for a day.
_KEEP_SECONDS: Final = 86_400.0

_log = structlog.get_logger(__name__)


class Firing:
    """The desk's task that publishes waiting lines."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        # One file has one desk: after a restart it need not wait until its earlier claims end.
        self._claimant = "desk" if parts.database.is_local else secrets.token_hex(8)
        self._lateness = Lateness()
        self._due: dict[str, float] = {}
        self._read_at = self._tidied_at = -math.inf
        self._wakes = -1
        self._retry_at: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._is_away = False

    async def run(self) -> None:
        """Publishes what is due until it is cancelled."""
        try:
            while True:
                stop_if_cancelled()
                await self.look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in self._running.values():
                task.cancel()

    async def look(self) -> None:
        """Starts the publication of every line that is due now."""
        parts = self._parts
        steady = parts.steady()
        try:
            await self._read(steady)
            self._note_database(None)
        except DatabaseError as error:
            self._note_database(str(error))
        # Read after the database has answered, which may take a second.
        late = self._lateness.look(parts.clock(), parts.steady(), self._due)
        parts.metrics.schedule_late.set(max(late.values(), default=0.0))
        for line_id, seconds in late.items():
            if line_id not in self._running and steady >= self._retry_at.get(line_id, -math.inf):
                self._running[line_id] = asyncio.create_task(self._fire(line_id, seconds))

    async def settled(self) -> None:
        """Returns when no publication is running."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def fire_now(self, line: Waiting) -> Waiting:
        """Publishes a line that a person has just released, if it is due; returns what came of it."""
        parts = self._parts
        if line.due is not None and line.due > parts.clock():
            return line
        if line.id not in self._running:
            self._running[line.id] = asyncio.create_task(self._fire(line.id, 0.0))
        await asyncio.wait([self._running[line.id]])
        return await parts.database.call(parts.waiting.find, line.id) or line

    async def _read(self, steady: float) -> None:
        parts = self._parts
        if steady - self._tidied_at >= _TIDY_SECONDS:
            self._tidied_at = steady
            await self._tidy()
        if steady - self._read_at >= _READ_SECONDS or parts.changes.wakes != self._wakes:
            self._wakes = parts.changes.wakes
            counts, self._due = await parts.database.call(parts.waiting.overview)
            self._read_at = steady
            for state, count in counts.items():
                parts.metrics.waiting.labels(state).set(count)
            self._retry_at = {line: time for line, time in self._retry_at.items() if line in self._due}

    async def _tidy(self) -> None:
        parts, now = self._parts, self._parts.clock()
        for line in await parts.database.call(parts.waiting.in_states, ("waiting",)):
            if (changed := expired(line, now)) is not line:
                await self._replace(changed)
        keep_seconds = max(_KEEP_SECONDS, parts.settings.idempotency_hours * 3600)
        await parts.database.call(parts.waiting.remove_closed, now - _KEEP_SECONDS)
        await parts.database.call(parts.drafts.remove_published, now - keep_seconds)

    async def _fire(self, line_id: str, late: float) -> None:
        parts = self._parts
        self._retry_at[line_id] = parts.steady() + _RETRY_SECONDS
        try:
            line = await parts.database.call(parts.waiting.claim, line_id, self._claimant, parts.clock())
            if line is not None:

                async def keep(attempt: Waiting) -> None:
                    await parts.database.call(
                        parts.waiting.replace, attempt, parts.clock(), claimant=self._claimant, keep_claim=True
                    )

                await self._replace(await publish_line(parts, line, late, keep))
        except DatabaseError as error:
            _log.warning("scheduled line not published", line=line_id, reason=str(error))
        except Exception as error:
            # One line must not end the publication of the others.
            _log.error("scheduled line failed", line=line_id, kind=type(error).__name__)
        finally:
            self._read_at = -math.inf
            self._running.pop(line_id, None)

    async def _replace(self, line: Waiting) -> None:
        parts = self._parts
        with suppress(WaitingStaleError):
            await parts.database.call(parts.waiting.replace, line, parts.clock(), claimant=self._claimant)
        parts.changes.wake()

    def _note_database(self, lost: str | None) -> None:
        if lost is not None and not self._is_away:
            _log.warning("scheduled lines cannot be read", reason=lost)
        self._is_away = lost is not None
