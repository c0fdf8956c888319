"""Keeps the recent lines and alerts of all desks: filled from the stream at the start, then fed by each new version.

While no person types, few versions are read in each pause: to read one takes a tenth of the CPU of its publication,
and a feed may publish a hundred a second. The rest is read when a person needs it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final

import structlog
from prometheus_client import Gauge

from publisher.core.alert_budget import Alerts
from publisher.core.stories import Stories
from publisher.stream.follow import bodies_after, item_of, recent_versions
from publisher.stream.redis_calls import PAGE
from publisher.stream.store import Store
from ticker.contract.item import Item
from ticker.shared.process.cancellation import stop_if_cancelled
from ticker.stream.redis_stream import StreamAwayError

if TYPE_CHECKING:
    from publisher.core.similar.recent_lines import Line, RecentLines

_RECENT_MODULE: Final = "publisher.core.similar.recent_lines"
# "The Arabic desk said this two seconds ago" is early enough, and a read costs 0.1 ms.
_PAUSE_SECONDS: Final = 0.5
_AT_ONCE: Final = 10
# A newsroom publishes fewer within a pause.
_IN_A_PAUSE: Final = 10
# Another desk's line is found this long after it was published, without a read for each letter of each person.
_FRESH_SECONDS: Final = 0.1
# Advice goes on with the lines that were read.
_PATIENCE_SECONDS: Final = 0.5
# A person who types needs them again with the next letters.
_IN_USE_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


class Recent:
    """The recent lines of one brand; `lines` is None until the stream has been read.

    Await `catch_up` before you use `alerts`, `stories` or `lines`. With `is_eager` no line waits.
    """

    def __init__(self, store: Store, gauge: Gauge, clock: Callable[[], float], *, is_eager: bool = False) -> None:
        self._store = store
        self._gauge = gauge
        self._clock = clock
        self._is_eager = is_eager
        self._newest: bytes | None = None
        self._is_behind = False
        self._read_at = 0.0
        self._published = 0
        self._reading = asyncio.Lock()
        self._in_use_until = 0.0
        self._lines: RecentLines | None = None
        self.alerts = Alerts()
        self.stories = Stories()
        self.lines: RecentLines | None = None
        self.on_line: Callable[[Line], None] | None = None
        """Called with each new line."""

    async def catch_up(self) -> None:
        """Reads the versions that were left, and those of this desk that are new; for a minute none are left."""
        now = asyncio.get_running_loop().time()
        self._in_use_until = now + _IN_USE_SECONDS
        if self._is_behind or now - self._read_at > _FRESH_SECONDS:
            with suppress(StreamAwayError, TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await self._read_new()

    def note_published(self) -> None:
        """Notes that this desk has published: the next check reads it, before the next letter."""
        self._published += 1
        self._is_behind = True

    async def run(self) -> None:
        """Reads the stream until it is cancelled."""
        # rapidfuzz takes 40 ms to import, which the start of the desk does not wait for.
        module = await asyncio.to_thread(import_module, _RECENT_MODULE)
        lines: RecentLines = module.RecentLines()
        self._lines = lines
        while True:
            stop_if_cancelled()
            store = self._store
            try:
                if self._newest is None:
                    since = self._clock() - module.KEPT_SECONDS
                    items, newest = await recent_versions(
                        store.calls, store.keys, store.keyring, since=since, limit=module.LIMIT
                    )
                    for number, item in enumerate(items, 1):
                        self._add(item)
                        if number % _AT_ONCE == 0:
                            await asyncio.sleep(0)
                    self._newest, self.lines = newest, lines
                    _log.info("recent lines read", lines=len(lines))
                else:
                    await self._read_new()
            except StreamAwayError as error:
                # The watch reports it.
                _log.debug("recent lines not read", reason=str(error))
            lines.forget_before(self._clock())
            self._gauge.set(len(lines))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _read_new(self) -> None:
        """Reads the new versions: all of them while they are in use, else a few. Raises `StreamAwayError`."""
        store = self._store
        async with self._reading:
            while self._newest is not None:
                is_in_use = self._is_eager or asyncio.get_running_loop().time() < self._in_use_until
                limit = PAGE if is_in_use else _IN_A_PAUSE
                started, published = asyncio.get_running_loop().time(), self._published
                bodies, newest = await bodies_after(store.calls, store.keys, self._newest, limit)
                for number, body in enumerate(bodies, 1):
                    if (item := item_of(body, store.keyring)) is not None:
                        self._add(item)
                    if number % _AT_ONCE == 0:
                        await asyncio.sleep(0)
                self._newest, self._read_at = newest, started
                # A version that was published during the read may not be among those.
                self._is_behind = len(bodies) == limit or published != self._published
                if not (is_in_use and self._is_behind):
                    return

    def _add(self, item: Item) -> None:
        self.stories.add(item)
        line = self._lines.add(item) if self._lines is not None else None
        if line is not None:
            # An entry may be read twice, and an alert counts once.
            self.alerts.add(item)
            if self.on_line is not None:
                self.on_line(line)
