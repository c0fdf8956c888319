"""Programs of the soak that read the ticker with `flashwire.client`, as a user's program does."""

import asyncio
import contextlib
from typing import Self

from bench.load_reports import MissedError
from flashwire.client import Gap, ItemEvent, Reconnecting, SkippedItem, Snapshot, follow

_WAIT_SECONDS = 30.0


class Follower:
    """One subscription of the Python client; it must get every entry once, in order, on one connection."""

    def __init__(self, port: int) -> None:
        self._subscription = follow(f"http://127.0.0.1:{port}")
        self._has_news = asyncio.Event()
        self._seq = -1
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def join(cls, port: int) -> Self:
        """Subscribes to the ticker on `port` and waits for the first snapshot."""
        follower = cls(port)
        await follower.reach(0)
        return follower

    async def reach(self, seq: int) -> None:
        """Waits for entry `seq`; raises `MissedError` if it does not come, or an earlier one was missed."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                while self._seq < seq:
                    if self._task.done():
                        await self._task
                    self._has_news.clear()
                    news = asyncio.ensure_future(self._has_news.wait())
                    await asyncio.wait({news, self._task}, return_when=asyncio.FIRST_COMPLETED)
                    news.cancel()
        except TimeoutError:
            raise MissedError(f"the Python client is at entry {self._seq} after {_WAIT_SECONDS:.0f} s") from None

    async def close(self) -> None:
        """Ends the subscription; raises `MissedError` if the client missed an entry before."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._subscription.aclose()

    async def _read(self) -> None:
        async for event in self._subscription:
            if isinstance(event, Gap | Reconnecting | SkippedItem):
                raise MissedError(f"the Python client reported {event}")
            if isinstance(event, Snapshot | ItemEvent):
                seq = int(event.cursor.split(".")[1])
                if isinstance(event, ItemEvent) and seq != self._seq + 1:
                    raise MissedError(f"the Python client got entry {seq} after entry {self._seq}")
                self._seq = seq
                self._has_news.set()
