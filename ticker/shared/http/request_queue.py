"""Starts a few HTTP requests in each iteration of the event loop; asyncio would run all that are ready in one."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from ticker.shared.http.read_budget import PAUSE_SECONDS

# Key of a request's ASGI state, set when its client has disconnected and cannot receive an answer.
DISCONNECTED: Final = "disconnected"
PER_ITERATION: Final = 2


class RequestQueue:
    """Starts `per_iteration` waiting requests in each iteration, in the order of arrival, and none while `is_paused`.

    `call_soon` and `call_later` are the event loop's; tests replace them.
    """

    def __init__(
        self,
        per_iteration: int = PER_ITERATION,
        call_soon: Callable[[Callable[[], None]], None] | None = None,
        call_later: Callable[[float, Callable[[], None]], None] | None = None,
        is_paused: Callable[[], bool] = lambda: False,
    ) -> None:
        self._per_iteration = per_iteration
        self._call_soon = call_soon or (lambda call: asyncio.get_running_loop().call_soon(call))
        self._call_later = call_later or (lambda seconds, call: asyncio.get_running_loop().call_later(seconds, call))
        self._is_paused = is_paused
        self._waiting: deque[tuple[asyncio.Future[None], Callable[[], bool]]] = deque()
        self._started = 0
        self._is_scheduled = False

    async def enter(self, is_disconnected: Callable[[], bool] = lambda: False) -> None:
        """Returns when the request may start. A request whose client `is_disconnected` by then is not counted."""
        if self._started < self._per_iteration and not self._waiting and not self._is_paused():
            self._count()
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, is_disconnected))
        self._schedule()
        await future

    def _count(self) -> None:
        self._schedule()
        self._started += 1

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._call_soon(self._run)

    def _run(self) -> None:
        self._started, self._is_scheduled = 0, False
        if self._waiting and self._is_paused():
            self._is_scheduled = True
            self._call_later(PAUSE_SECONDS, self._run)
            return
        while self._waiting and self._started < self._per_iteration:
            future, is_disconnected = self._waiting.popleft()
            # A cancelled request waits no longer.
            if not future.done():
                future.set_result(None)
                if not is_disconnected():
                    self._count()
