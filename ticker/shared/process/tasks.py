"""Tasks that must run as long as their process: a task that ends is reported and started again.

asyncio does not report the error of a task until it is awaited. Without the reader or the desk's watch, a side would
still report that it is ready.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from ticker.shared.process.cancellation import stop_if_cancelled

# A task that always ends at once must not use all of the CPU.
PAUSE_SECONDS: Final = (0.1, 5.0)
# The reason stays this long after the restart, so that a probe finds it.
STEADY_SECONDS: Final = 3.0

log = structlog.get_logger()


class Tasks:
    """The tasks of one side, and which of them have ended recently."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count
        self._ended: dict[str, str] = {}

    @property
    def reason(self) -> str | None:
        """Why the side is not ready; None if all tasks run."""
        return "; ".join(self._ended.values()) or None

    async def keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Runs the task until this task is cancelled, and starts it again whenever it ends."""
        loop = asyncio.get_running_loop()
        shortest, longest = PAUSE_SECONDS
        pause = shortest
        while True:
            stop_if_cancelled()
            start = loop.time()
            steady = loop.call_later(STEADY_SECONDS, self._ended.pop, name, None)
            error: BaseException | None = None
            try:
                await run()
            except asyncio.CancelledError as cancelled:
                # A library may raise it for one of its futures, which is no request to stop.
                stop_if_cancelled()
                error = cancelled
            except Exception as raised:
                error = raised
            finally:
                steady.cancel()
            self._ended[name] = f"the task “{name}” ended ({type(error).__name__ if error else 'returned'})"
            self._count(name)
            log.error("task ended; starting it again", task=name, exc_info=error)
            pause = shortest if loop.time() - start > STEADY_SECONDS else min(pause * 2, longest)
            await asyncio.sleep(pause)
