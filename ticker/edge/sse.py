"""An SSE client: one reply that never ends, written by the same rules as a WebSocket."""

import random
from typing import Final

from ticker.contract import message
from ticker.core.frame import Encoded, Format
from ticker.edge.address import FORWARDED
from ticker.edge.admission import admit
from ticker.edge.connection import LEAVE_SECONDS
from ticker.edge.handshake import RefusalError, Request, refusal_bytes
from ticker.edge.joining import JoiningConnection
from ticker.edge.query import ParameterError

# No length and no chunks: the body ends with the connection. X-Accel-Buffering keeps nginx from holding it back.
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-store\r\n"
    b"X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\n%bConnection: close\r\n\r\n"
)
RETRY_MILLISECONDS: Final = (1000, 4000)


class SseConnection(JoiningConnection):
    """From the reply's head to the end of the connection."""

    __slots__ = ()

    transport_name = "sse"

    def open(self, request: Request) -> None:
        """Joins as `request` asks, or replies with the problem."""
        node = self.node
        origin = request.headers.get(b"origin")
        last_event_id = request.headers.get(b"last-event-id")
        forwarded = request.headers.get(FORWARDED)
        try:
            admit(node, origin)
            asked = node.questions.subscription(
                request.query, None if last_event_id is None else last_event_id.decode("latin-1")
            )
        except ParameterError as error:
            self.refuse_join(RefusalError(error.problem()))
        except RefusalError as refused:
            self.refuse_join(refused)
        else:
            # A time to retry that differs from client to client: a node that dies must not be met by all at once.
            retry = b"retry: %d\n\n" % random.randint(*RETRY_MILLISECONDS)
            self.enter(
                _HEAD % allow_origin(node.settings.allowed_origins, origin) + retry, asked, Format.SSE, forwarded
            )

    def refuse_join(self, refused: RefusalError) -> None:
        self.node.metrics.refused.labels(str(refused.problem.status)).inc()
        self.transport.write(refusal_bytes(refused))
        self.transport.close()

    def farewell(self, code: int, reason: str, reconnect: float | None = None) -> None:
        if self._group is None:
            return
        node = self.node
        node.metrics.closes.labels(str(code)).inc()
        if self.inside_message:
            self.left()
            self.abort()
            return
        stand = self.stand
        self.left()
        if reconnect is not None:
            words = message.bye(stand, reason=reason, reconnect=reconnect)
            # EventSource knows nothing of `bye` and comes back by itself: tell it when.
            retry = b"retry: %d\n" % int(reconnect * 1000)
            self.transport.write(retry + Encoded(words, node.time_text()).bytes_for(self.form))
        node.leaving[self] = node.steady() + LEAVE_SECONDS
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.node.leaving.pop(self, None)


def allow_origin(allowed: str, origin: bytes | None) -> bytes:
    """The CORS header line for one who was admitted; no credentials, ever."""
    if allowed == "*":
        return b"Access-Control-Allow-Origin: *\r\n"
    if origin is None:
        return b"Vary: Origin\r\n"
    return b"Access-Control-Allow-Origin: %b\r\nVary: Origin\r\n" % origin
