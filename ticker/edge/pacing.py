"""Pacing: a few HTTP requests in each iteration of the loop, for all that came together would be answered in one.

300 requests of a millisecond each would keep live news waiting for all of it. Health checks have a lane of their own:
a flood of other requests must not make a balancer take the node away.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ticker.edge.intake import PAUSE_SECONDS
from ticker.edge.respond import problem

# Key of a request's state: whether the node has too many connections to answer it.
TOO_MANY: Final = "too_many"
# And whether its client has left, so that nobody would hear the answer.
LEFT: Final = "left"
AT_ONCE: Final = 2
_HEALTH: Final = "/health/"


class Lane:
    """Lets `at_once` of those who wait go on in each iteration of the loop, in the order in which they came.

    While `is_held` nobody goes on; `soon` and `later` as in `ticker.edge.work`.
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
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._passed = 0
        self._due = False

    async def enter(self) -> None:
        """Returns when it is the caller's turn."""
        if self._passed < self._at_once and not self._waiting and not self._is_held():
            self._pass()
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
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
            future = self._waiting.popleft()
            # One that was cancelled does not wait any more.
            if not future.done():
                future.set_result(None)
                self._pass()


class Paced:
    """ASGI middleware that sends each request through a lane."""

    def __init__(self, app: ASGIApp, lane: Lane) -> None:
        self._app = app
        self._lane = lane
        self._health = Lane()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["state"].get(TOO_MANY):
                await _too_many()(scope, receive, send)
                return
            lane = self._health if scope["path"].startswith(_HEALTH) else self._lane
            await lane.enter()
            if scope["state"].get(LEFT):
                return
        await self._app(scope, receive, send)


def _too_many() -> Response:
    refused = problem(
        503, "unavailable", "Service Unavailable", "This node has too many connections; ask again.", retry_after=2
    )
    refused.headers["Connection"] = "close"
    return refused
