"""The task that reports receipts and the audience to the desk, only while the server allows it.

1. A node reports at most once a second, and at least every `PRESENCE_SECONDS`.
2. A node that stops says so in its last report. One that was killed says nothing, and the desk counts it as silent
   until another worker reports from its place.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import structlog

from ticker.contract.receipt import PRESENCE_SECONDS, Report
from ticker.core.audience import Audience, count_audience, has_changed
from ticker.node.node import Node
from ticker.shared.process.cancellation import stop_if_cancelled
from ticker.stream.errors import StreamAwayError

# A round of 10,000 connections takes this long, so the first report of an entry mostly has all of it.
_FIRST_SECONDS: Final = 0.15
_PAUSE_SECONDS: Final = 1.0
# The desk expects a report of each later entry. By then other nodes have reported what this one had at its start.
_START_SECONDS: Final = 2.0
# A server that does not allow it is asked again after this time: its rights may have been changed.
_REFUSED_SECONDS: Final = 30.0
# A stop must not wait for a server that is away.
_LAST_SECONDS: Final = 1.0
# Below the limit of a report, however many buckets each entry has.
_ENTRIES_AT_ONCE: Final = 32

log = structlog.get_logger()


class ReceiptReporter:
    """The reports of one node, whose place is `place`; `send` raises `StreamAwayError`."""

    def __init__(self, node: Node, send: Callable[[bytes], Awaitable[None]], place: str = "") -> None:
        # One name for all runs of the task: the desk would wait for the reports of an earlier name.
        self._name = secrets.token_hex(6)
        self._node = node
        self._send = send
        self._place = place
        self._audience: Audience = {}
        self._due = 0.0
        self._has_reported = False
        self._is_refused = False

    async def run(self) -> None:
        """Reports until it is cancelled."""
        node, news = self._node, asyncio.Event()
        node.receipts.on_news = news.set
        while not node.filled:
            stop_if_cancelled()
            await asyncio.sleep(_PAUSE_SECONDS)
        await asyncio.sleep(_START_SECONDS)
        while True:
            stop_if_cancelled()
            if not node.receipts.is_active and node.steady() < self._due:
                try:
                    async with asyncio.timeout(_PAUSE_SECONDS):
                        await news.wait()
                except TimeoutError:
                    pass
                else:
                    await asyncio.sleep(_FIRST_SECONDS)
            news.clear()
            try:
                if await self._report():
                    self._is_refused = False
            except StreamAwayError as error:
                if not self._is_refused:
                    self._is_refused = True
                    log.info("receipts not reported", reason=str(error))
                if "NoPermission" in str(error):
                    await asyncio.sleep(_REFUSED_SECONDS)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def finish(self) -> None:
        """Reports that the node has stopped, after `run` was cancelled."""
        if not self._has_reported:
            return
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                await self._report(has_stopped=True)
        except (StreamAwayError, TimeoutError) as error:
            log.info("stop not reported", reason=str(error) or "timeout")

    async def _report(self, *, has_stopped: bool = False) -> bool:
        """Reports what has changed; returns whether anything was to be reported."""
        node = self._node
        audience: Audience = {}
        for _ in count_audience(tuple(node.hub.groups.values()), audience):
            await asyncio.sleep(0)
        for _ in node.receipts.look():
            await asyncio.sleep(0)
        entries = node.receipts.changes()
        is_due = has_stopped or node.steady() >= self._due
        if not entries and not is_due and not has_changed(self._audience, audience):
            return False
        try:
            for start in range(0, len(entries) or 1, _ENTRIES_AT_ONCE):
                part = entries[start : start + _ENTRIES_AT_ONCE]
                is_last = has_stopped and start + _ENTRIES_AT_ONCE >= len(entries)
                report = Report(self._name, node.hub.count, part, audience, is_last, self._place)
                await self._send(msgspec.json.encode(report))
        except BaseException:
            node.receipts.report_again(entries)
            raise
        self._has_reported, self._audience = True, audience
        self._due = node.steady() + PRESENCE_SECONDS
        return True
