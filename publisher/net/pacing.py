"""Starts requests without credentials one per event-loop iteration; authenticated requests start at once.

asyncio would run all that are ready in one iteration: 60 clients that ask for metrics would make it 0.1 s long, and a
publication takes many iterations.
"""

from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from ticker.shared.http.request_queue import DISCONNECTED, RequestQueue

# A slow body, or a script that publishes all the time, must not keep unauthenticated requests waiting.
HOLD_SECONDS: Final = 0.25
# Key of a request's state: whether its token or session is valid.
AUTHENTICATED: Final = "authenticated"
_HEALTH: Final = "/health/"


class RequestPacing:
    """ASGI middleware that starts one unauthenticated request, and one health check, per event-loop iteration.

    While an authenticated request runs, no unauthenticated one starts, for `HOLD_SECONDS` at most. `steady` is a
    monotonic clock in seconds.
    """

    def __init__(self, app: ASGIApp, steady: Callable[[], float]) -> None:
        self._app = app
        self._steady = steady
        self._running = 0
        """Authenticated requests that are being answered."""
        self._busy_since = 0.0
        self._unauthenticated = RequestQueue(1, is_paused=self._is_busy)
        # Health checks have their own queue: a flood of other requests must not make a balancer remove the desk.
        self._health = RequestQueue(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Tests of the application run without the server's HTTP class, which sets the state.
        state = scope.get("state", {})
        if state.get(AUTHENTICATED):
            if not self._running:
                self._busy_since = self._steady()
            self._running += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._running -= 1
            return
        if scope["type"] == "http":
            queue = self._health if scope["path"].startswith(_HEALTH) else self._unauthenticated
            await queue.enter(lambda: DISCONNECTED in state)
            if DISCONNECTED in state:
                return
        await self._app(scope, receive, send)

    def _is_busy(self) -> bool:
        return self._running > 0 and self._steady() - self._busy_since < HOLD_SECONDS
