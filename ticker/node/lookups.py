"""Look-ups in Redis for clients: few at once, so that a flood of them leaves the desk's connections alone.

Each would have a connection of its own, here and in Redis, and while Redis does not answer they would pile up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from ticker.node.work_queue import BusyError

AT_ONCE: Final = 8
LIMIT: Final = 256

T = TypeVar("T")


class Lookups:
    """Those of one node; `len` says how many are under way or wait."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    async def do(self, look_up: Callable[[], Awaitable[T]]) -> T:
        """What `look_up` returns, in its turn; raises `BusyError` where too many wait."""
        if self._count >= LIMIT:
            raise BusyError
        self._count += 1
        try:
            async with self._turns:
                return await look_up()
        finally:
            self._count -= 1
