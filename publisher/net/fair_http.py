"""uvicorn's HTTP class, read round robin: a few milliseconds of input per event-loop iteration for all connections."""

from collections.abc import Callable
from typing import Any, Final, cast

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from publisher.net.pacing import AUTHENTICATED
from ticker.shared.http.read_budget import ReadBudget
from ticker.shared.http.request_queue import DISCONNECTED

# Read from one connection per round. A body in chunks of one byte takes 1 ms for this much.
PIECE_BYTES: Final = 8_192


class FairHttp(HttpToolsProtocol):
    """One connection whose input passes through `read_budget`; `is_authenticated` judges the head of each request."""

    def __init__(
        self,
        read_budget: ReadBudget,
        is_authenticated: Callable[[Scope], bool],
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # Any: uvicorn's lifespan state
        _loop: Any = None,  # Any: any event loop
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._read_budget = read_budget
        self._is_authenticated = is_authenticated
        self._running: RequestResponseCycle | None = None
        """The request that is being answered. uvicorn's `cycle` is the newest one, which may be queued behind it."""

    def connection_made(self, transport: Any) -> None:  # Any: uvicorn narrows asyncio's signature
        super().connection_made(transport)
        self.flow = _FairFlow(transport, self._has_unread_input)

    def connection_lost(self, exc: Exception | None) -> None:
        self._read_budget.discard(self)
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            self._running.scope["state"][DISCONNECTED] = self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._read_budget.feed(self, data)

    def read(self, data: bytes) -> None:
        """Parses `data` as HTTP."""
        super().data_received(data)

    def on_headers_complete(self) -> None:
        # Here and not in the request's task, so that the read budget counts the time that it takes.
        self.scope["state"][AUTHENTICATED] = self._is_authenticated(cast(Scope, self.scope))
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # Any: as uvicorn calls it
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _has_unread_input(self) -> bool:
        return self in self._read_budget


class _FairFlow(FlowControl):
    """uvicorn's flow control, which resumes reading after each answer; not while the read budget holds unread input."""

    def __init__(self, transport: Any, has_unread_input: Callable[[], bool]) -> None:  # Any: as uvicorn calls it
        super().__init__(transport)
        self._has_unread_input = has_unread_input

    def resume_reading(self) -> None:
        if not self._has_unread_input():
            super().resume_reading()
