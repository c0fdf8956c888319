"""Turns: what strangers send is read and answered a little in each iteration of the loop; who is known does not wait.

60 clients that ask for metrics would make each iteration 0.1 s long, and a publication takes many.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from ticker.shared.http.intake import Intake
from ticker.shared.http.lane import LEFT, Lane

# Of a connection at a time: a body in chunks of one byte takes a millisecond for these, and others wait behind it.
PIECE_BYTES: Final = 8_192
# A body that comes slowly, or a script that publishes all the time, must not keep strangers waiting.
HOLD_SECONDS: Final = 0.25
# Key of a request's state: whether its token or session is in force.
KNOWN: Final = "known"
_HEALTH: Final = "/health/"


class Paced:
    """ASGI middleware that begins one stranger's request in each iteration of the loop, and one health check.

    While a request of somebody who is known is under way no stranger's begins, for `HOLD_SECONDS` at most.
    """

    def __init__(self, app: ASGIApp, steady: Callable[[], float]) -> None:
        self._app = app
        self._steady = steady
        self._under_way = 0
        self._busy_since = 0.0
        self._strangers = Lane(1, is_held=self._is_held)
        # A flood of other requests must not make a balancer take the desk away.
        self._health = Lane(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Without the server's class, as in tests of the application, there is no state.
        state = scope.get("state", {})
        if state.get(KNOWN):
            if not self._under_way:
                self._busy_since = self._steady()
            self._under_way += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._under_way -= 1
            return
        if scope["type"] == "http":
            lane = self._health if scope["path"].startswith(_HEALTH) else self._strangers
            await lane.enter(lambda: LEFT in state)
            if LEFT in state:
                return
        await self._app(scope, receive, send)

    def _is_held(self) -> bool:
        return self._under_way > 0 and self._steady() - self._busy_since < HOLD_SECONDS


class TurnsHttp(HttpToolsProtocol):
    """uvicorn's HTTP class, read in turns; `knows` tells whether a request's token or session is in force."""

    def __init__(
        self,
        intake: Intake,
        knows: Callable[[Scope], bool],
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # Any: uvicorn's lifespan state
        _loop: Any = None,  # Any: any event loop
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._intake = intake
        self._knows = knows
        self._running: RequestResponseCycle | None = None
        """The request that is being answered; uvicorn knows the newest one alone, which may wait behind it."""

    def connection_made(self, transport: Any) -> None:  # Any: uvicorn narrows asyncio's signature
        super().connection_made(transport)
        self.flow = _Flow(transport, self._waits)

    def connection_lost(self, exc: Exception | None) -> None:
        self._intake.drop(self)
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            self._running.scope["state"][LEFT] = self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._intake.offer(self, data)

    def read(self, data: bytes) -> None:
        """Reads `data` as HTTP."""
        super().data_received(data)

    def on_headers_complete(self) -> None:
        # Here and not in the task, so that the time which it takes is counted by the intake.
        self.scope["state"][KNOWN] = self._knows(cast(Scope, self.scope))
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # Any: as uvicorn calls it
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _waits(self) -> bool:
        return self in self._intake


class _Flow(FlowControl):
    """uvicorn's, which goes on reading after each answer; not so while something waits to be read."""

    def __init__(self, transport: Any, waits: Callable[[], bool]) -> None:  # Any: as uvicorn calls it
        super().__init__(transport)
        self._waits = waits

    def resume_reading(self) -> None:
        if not self._waits():
            super().resume_reading()
