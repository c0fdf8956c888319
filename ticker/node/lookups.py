"""Lookups in Redis for clients, a few at a time, so that a flood of them leaves the desk's connections alone.

Each lookup needs a connection here and in Redis; while Redis does not answer they would pile up without a limit.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from ticker.node.work_queue import BusyError

AT_ONCE: Final = 8
LIMIT: Final = 256

T = TypeVar("T")


class Lookups:
    """The lookups of one node; its length is how many run or wait."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    async def run(self, look_up: Callable[[], Awaitable[T]]) -> T:
        """Returns what `look_up` returns, when it is its turn; raises `BusyError` while `LIMIT` lookups wait."""
        if self._count >= LIMIT:
            raise BusyError
        self._count += 1
        try:
            async with self._slots:
                return await look_up()
        finally:
            self._count -= 1
