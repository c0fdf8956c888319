"""The requests of one HTTP connection: which of them is being answered, and what happens when the client leaves.

uvicorn's HTTP class knows the newest request alone, which may wait behind earlier ones (pipelining).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from ticker.net.client_address import client_address, peer_of
from ticker.node import http_connections
from ticker.node.node import Node
from ticker.shared.http.request_queue import DISCONNECTED


class HttpRequests(HttpToolsProtocol, ABC):
    """An HTTP connection that the node counts, and that closes when its request takes too long to arrive."""

    # Any: uvicorn's lifespan state is a plain dict of anything, its loop may be any.
    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._node: Node = app_state["node"]
        self._running: RequestResponseCycle | None = None
        """The request that is being answered."""
        self._after_answers: Callable[[], None] | None = None
        """Ends HTTP on this connection once all earlier requests are answered."""

    def connection_made(self, transport: Any) -> None:  # Any: uvicorn narrows asyncio's signature
        super().connection_made(transport)
        self._node.http_connections.add(self, self._address())
        self._node.pending[self] = self._node.steady() + http_connections.REQUEST_SECONDS

    def connection_lost(self, exc: Exception | None) -> None:
        self._node.read_budget.discard(self)
        self._node.http_connections.remove(self)
        self._node.pending.pop(self, None)
        self._cancel_requests()
        super().connection_lost(exc)

    @abstractmethod
    def read(self, data: bytes) -> None:
        """Reads `data` as HTTP; the read budget calls it, which limits the time for it."""

    def expire(self) -> None:
        """Closes a connection whose request has not arrived in time."""
        self._node.pending.pop(self, None)
        self.abort()

    @property
    def has_input(self) -> bool:
        """Whether bytes have arrived that are not read yet."""
        return self in self._node.read_budget

    def abort(self) -> None:
        """Closes the connection without an answer."""
        self._cancel_requests()
        self.transport.abort()

    def _cancel_requests(self) -> None:
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            self._running.scope["state"][DISCONNECTED] = self._running.disconnected = True
            self._running.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # Any: as uvicorn calls it
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._node.http_connections.mark_unread(self, self._node.steady())

    def resume_writing(self) -> None:
        self._node.http_connections.mark_read(self)
        super().resume_writing()

    def _call_when_answered(self, call: Callable[[], None]) -> None:
        """Calls `call`, which ends HTTP here, when all earlier requests are answered (RFC 9112, 9.3.2)."""
        if self._is_answered():
            call()
        else:
            self._after_answers = call
            self.flow.pause_reading()

    def _is_answered(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.pipeline:
            self._node.http_connections.mark_idle(self)
        call = self._after_answers
        if call is not None and self._is_answered() and not self.transport.is_closing():
            self._after_answers = None
            self._unset_keepalive_if_required()
            call()

    def _address(self, forwarded: bytes | None = None) -> str:
        return client_address(peer_of(self.transport), forwarded, self._node.settings.forwarded_allow_ips)
