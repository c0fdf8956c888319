"""A lane: a few requests go on in each iteration of the loop, for all that came together would be answered in one."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from ticker.shared.http.intake import PAUSE_SECONDS

# Key of a request's state: its client has left, so that nobody would hear the answer.
LEFT: Final = "left"
AT_ONCE: Final = 2


class Lane:
    """Lets `at_once` of those who wait go on in each iteration of the loop, in the order in which they came.

    While `is_held` nobody goes on; `soon` and `later` as in `ticker.shared.http.intake`.
    """

    def __init__(
        self,
        at_once: int = AT_ONCE,
        soon: Callable[[Callable[[], None]], None] | None = None,
        later: Callable[[float, Callable[[], None]], None] | None = None,
        is_held: Callable[[], bool] = lambda: False,
    ) -> None:
        self._at_once = at_once
        self._soon = soon or (lambda call: asyncio.get_running_loop().call_soon(call))
        self._later = later or (lambda seconds, call: asyncio.get_running_loop().call_later(seconds, call))
        self._is_held = is_held
        self._waiting: deque[tuple[asyncio.Future[None], Callable[[], bool]]] = deque()
        self._passed = 0
        self._due = False

    async def enter(self, has_left: Callable[[], bool] = lambda: False) -> None:
        """Returns when it is the caller's turn; one whose client `has_left` takes the turn of nobody else."""
        if self._passed < self._at_once and not self._waiting and not self._is_held():
            self._pass()
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, has_left))
        self._go_on()
        await future

    def _pass(self) -> None:
        self._go_on()
        self._passed += 1

    def _go_on(self) -> None:
        if not self._due:
            self._due = True
            self._soon(self._next)

    def _next(self) -> None:
        self._passed, self._due = 0, False
        if self._waiting and self._is_held():
            self._due = True
            self._later(PAUSE_SECONDS, self._next)
            return
        while self._waiting and self._passed < self._at_once:
            future, has_left = self._waiting.popleft()
            # One that was cancelled does not wait any more.
            if not future.done():
                future.set_result(None)
                if not has_left():
                    self._pass()
