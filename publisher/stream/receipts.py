"""Reads the reports of nodes from their own key, a few at a time and only what is new."""

import asyncio
import re
import time
from typing import Any, Final

from publisher.core.receipts import ReceiptBook
from publisher.stream.redis_calls import RedisCalls
from ticker.contract.receipt import decode_report
from ticker.shared.process.cancellation import stop_if_cancelled
from ticker.stream.redis_stream import Keys, StreamAwayError

_PAGE: Final = 500
_PAUSE_SECONDS: Final = 1.0
# Requests within this time share one look.
_FRESH_SECONDS: Final = 0.3
_ID: Final = re.compile(rb"([0-9]{1,16})-[0-9]{1,20}")


class ReceiptReader:
    """Keeps `book` current; raises `StreamAwayError`."""

    def __init__(self, calls: RedisCalls, keys: Keys) -> None:
        self.book = ReceiptBook()
        self._calls = calls
        self._key = keys.receipts
        self._last = b"-"
        self._lock = asyncio.Lock()
        self._looked = -_FRESH_SECONDS
        self._offset = -time.monotonic()
        """The server's clock less the monotonic one."""

    async def refresh(self) -> None:
        """Reads what nodes have reported since the last call."""
        async with self._lock:
            if time.monotonic() - self._looked < _FRESH_SECONDS:
                return
            try:
                await self._read()
            finally:
                # Also while the server is away: what was true then is not true any more.
                self.book.now = max(self.book.now, time.monotonic() + self._offset)
            self._looked = time.monotonic()

    async def _read(self) -> None:
        while True:
            page: Any = await self._calls.command(  # Any: redis-py's stream replies have no type of their own
                lambda: self._calls.client.xrange(self._key, min=self._last, count=_PAGE)
            )
            for entry_id, fields in page:
                self._last = b"(" + entry_id
                self._take(entry_id, fields or {})
            if len(page) < _PAGE:
                break
        # By the server's clock, which dates the reports: a desk whose clock is fast would see silent nodes.
        seconds, microseconds = await self._calls.command(lambda: self._calls.client.time())
        self._offset = seconds + microseconds / 1_000_000 - time.monotonic()

    async def run(self) -> None:
        """Reads every second until it is cancelled."""
        while True:
            stop_if_cancelled()
            try:
                await self.refresh()
            except StreamAwayError:
                # The watch logs it.
                pass
            await asyncio.sleep(_PAUSE_SECONDS)

    def _take(self, entry_id: bytes, fields: Any) -> None:  # Any: as above
        matched = _ID.fullmatch(entry_id)
        report = decode_report(fields.get(b"report", b""))
        if matched and report is not None:
            self.book.add(report, int(matched[1]) / 1000)
