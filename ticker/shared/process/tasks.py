"""Tasks that must live as long as their process: one that ends is reported, and started again.

A task that ends by an error is silent in asyncio until it is awaited. Without the reader or the desk's watch a side
would go on saying that all is well.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from ticker.shared.process.cancellation import stop_if_cancelled

# A task that ends at once each time must not take the processor from the others.
PAUSE_SECONDS: Final = (0.1, 5.0)
# Its reason stands this long after the restart, so that a probe meets it.
STEADY_SECONDS: Final = 3.0

log = structlog.get_logger()


class Tasks:
    """The tasks of one side: which of them ended and have not run steadily since."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count
        self._ended: dict[str, str] = {}

    @property
    def reason(self) -> str | None:
        """Why the side is not ready, as far as its tasks know; None if all of them run."""
        return "; ".join(self._ended.values()) or None

    async def keep_running(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` until this task is cancelled, again and again where it ends."""
        loop = asyncio.get_running_loop()
        least, most = PAUSE_SECONDS
        pause = least
        while True:
            stop_if_cancelled()
            begun = loop.time()
            steady = loop.call_later(STEADY_SECONDS, self._ended.pop, name, None)
            error: BaseException | None = None
            try:
                await work()
            except asyncio.CancelledError as cancelled:
                # A library can raise it for a future of its own; that is no request to stop.
                stop_if_cancelled()
                error = cancelled
            except Exception as raised:
                error = raised
            finally:
                steady.cancel()
            self._ended[name] = f"the task “{name}” ended ({type(error).__name__ if error else 'returned'})"
            self._count(name)
            log.error("task ended; starting it again", task=name, exc_info=error)
            pause = least if loop.time() - begun > STEADY_SECONDS else min(pause * 2, most)
            await asyncio.sleep(pause)
