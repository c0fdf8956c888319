"""The front door: uvicorn's HTTP class, with three things of our own.

1. A request for an event stream leaves HTTP here and becomes an `SseConnection` on the same socket.
2. Whoever has sent no whole request head within `PATIENCE_SECONDS` is shown out: an idle or dripping socket costs
   a descriptor, and they are counted.
3. A request head longer than `HEAD_LIMIT` bytes is refused; httptools itself knows no limit.
"""

from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from ticker.edge.handshake import PATH, Request, refusal, refusal_bytes
from ticker.edge.node import Node
from ticker.edge.sse import SseConnection

PATIENCE_SECONDS: Final = 8.0
HEAD_LIMIT: Final = 16_384


class FrontDoor(HttpToolsProtocol):
    """One incoming connection until it is known what it wants."""

    # uvicorn's seam: its lifespan state is a plain dict of anything, its loop may be any.
    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._node: Node = app_state["node"]
        self._head_bytes = 0
        self._stream: Request | None = None

    def connection_made(self, transport: Any) -> None:  # Any: uvicorn narrows asyncio's signature
        super().connection_made(transport)
        self._node.knocking[self] = self._node.steady() + PATIENCE_SECONDS

    def connection_lost(self, exc: Exception | None) -> None:
        self._node.knocking.pop(self, None)
        super().connection_lost(exc)

    def show_out(self) -> None:
        """Ends a connection that has said nothing whole in its time."""
        self._node.knocking.pop(self, None)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_LIMIT and self in self._node.knocking:
            self._node.knocking.pop(self, None)
            self.transport.write(refusal_bytes(refusal(431, "head-too-large", "Send a shorter request head.")))
            self.transport.close()
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._node.knocking.setdefault(self, self._node.steady() + PATIENCE_SECONDS)

    def on_headers_complete(self) -> None:
        self._node.knocking.pop(self, None)
        if not self.parser.should_upgrade() and self.parser.get_method() == b"GET":
            path, _, query = self.url.partition(b"?")
            headers = dict(self.headers)
            # One who pipelines behind an unfinished reply gets JSON: the socket is not free to be taken.
            cycle: RequestResponseCycle | None = self.cycle
            free = cycle is None or cycle.response_complete
            if path == PATH and free and b"text/event-stream" in headers.get(b"accept", b""):
                self._stream = Request(b"GET", path, query, headers)
                return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._stream is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        request, self._stream = self._stream, None
        if request is None:
            super().on_message_complete()
            return
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        connection = SseConnection(self._node)
        connection.connection_made(self.transport)
        self.transport.set_protocol(connection)
        connection.open(request)
