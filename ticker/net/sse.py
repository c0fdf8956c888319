"""An SSE client: one reply without an end, written by the same rules as a WebSocket."""

import random
from functools import lru_cache
from typing import Final

from ticker.contract import message
from ticker.contract.closes import REASONS, CloseCode
from ticker.core import gzip_stream
from ticker.core.frame import GZIP, LAST_CHUNK, Format, chunk, sse_event
from ticker.core.query import ParameterError
from ticker.net.connection import CLOSE_SECONDS
from ticker.net.handshake import RefusalError, Request, refusal_bytes
from ticker.net.joining import TOO_BUSY, JoiningConnection
from ticker.net.origins import cors_lines
from ticker.settings import Deflate
from ticker.shared.http.headers import CROSS_ORIGIN, SECURITY_HEADERS, lines
from ticker.shared.http.negotiate import qualities, takes_gzip

# X-Accel-Buffering keeps nginx from holding events back.
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-store\r\n"
    b"X-Accel-Buffering: no\r\n" + lines({**SECURITY_HEADERS, **CROSS_ORIGIN}).replace(b"%", b"%%") + b"%bConnection: "
    b"close\r\n%b\r\n"
)
_CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"
_GZIP: Final = b"Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n" + _CHUNKED
RETRY_MILLISECONDS: Final = (1000, 4000)
# Statuses that a later attempt may not get (RFC 9110, 15.5 and 15.6).
_TEMPORARY: Final = (408, 425, 429, 500, 502, 503, 504)
# A proxy that tries another node on 503 sets this header, to get the 503.
REFUSAL_HEADER: Final = b"x-temporary-refusal"


class SseConnection(JoiningConnection):
    """From the reply's head to the end of the connection."""

    __slots__ = ()

    transport_name = "sse"

    def open(self, request: Request) -> None:
        """Joins with the subscription of `request`, or replies with the problem."""
        node = self.node
        last_event_id = request.headers.get(b"last-event-id")
        try:
            self.admit(request.headers)
            subscription = node.questions.subscription(
                request.query, None if last_event_id is None else last_event_id.decode("latin-1")
            )
        except ParameterError as error:
            self._refuse(RefusalError(error.problem()), request)
        except RefusalError as refused:
            self._refuse(refused, request)
        else:
            cors = cors_lines(node.settings, request.headers)
            if request.is_http10:
                form = Format.SSE_UNCHUNKED
                head = _HEAD % (cors, b"") + _retry_line()
            else:
                form = stream_format(request.headers.get(b"accept-encoding", b""), node.settings.deflate)
                if form in GZIP:
                    head = _HEAD % (cors, _GZIP) + chunk(gzip_stream.HEAD + gzip_stream.stored(_retry_line()))
                else:
                    head = _HEAD % (cors, _CHUNKED) + chunk(_retry_line())
            self.enter(head, subscription, form, wants_status=_wants_status(request))

    def _refuse(self, refused: RefusalError, request: Request) -> None:
        cors = cors_lines(self.node.settings, request.headers)
        if refused.problem.status in _TEMPORARY and not _wants_status(request):
            # Any other status ends an EventSource for good (WHATWG HTML, 9.2.3).
            self._end_join(refused.problem.status, _temporary_refusal(refused.problem.detail, cors))
        else:
            self._end_join(refused.problem.status, refusal_bytes(refused, cors))

    def refuse_join(self, refused: RefusalError) -> None:
        self._end_join(refused.problem.status, refusal_bytes(refused))

    def refuse_job(self, reason: str = TOO_BUSY) -> None:
        job = self._job
        if job is None or self._group is not None or job.wants_status:
            super().refuse_job(reason)
            return
        job.cancel()
        self._job = None
        # The head has a `retry:` line, which tells the client when to reconnect; here it is the complete reply.
        self._end_join(503, job.head + (b"" if self.form is Format.SSE_UNCHUNKED else LAST_CHUNK))

    def _end_join(self, status: int, reply: bytes) -> None:
        self.node.metrics.refused.labels(str(status)).inc()
        self.transport.write(reply)
        self.transport.close()

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        if self._group is None:
            return
        node = self.node
        node.metrics.closes.labels(str(code)).inc()
        if self.inside_message:
            self.leave()
            self.abort()
            return
        # An EventSource resumes after the id of `bye`, so it gets none before a first message that is not sent yet.
        position = self.position if self._long is None else None
        self.leave()
        end = b""
        if reconnect is not None:
            # An EventSource ignores `bye` and reconnects by itself; `retry:` tells it when.
            end = b"retry: %d\n" % int(reconnect * 1000)
            if position is not None:
                end += sse_event(message.bye(position, reason=reason or REASONS[code], reconnect=reconnect))
        if self.form in GZIP:
            end = gzip_stream.stored(end)
        if self.form is not Format.SSE_UNCHUNKED:
            end = (chunk(end) if end else b"") + LAST_CHUNK
        self.transport.write(end)
        node.closing[self] = node.steady() + CLOSE_SECONDS
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.node.closing.pop(self, None)


# Go and OkHttp ask for gzip alone, on behalf of programs that know nothing of it. Go reports a stream without gzip's
# trailer, which an endless one cannot have, as an error; clients that name one of these codings take it for an end.
_CHOSEN: Final = frozenset((b"deflate", b"br", b"zstd"))


# Clients send one of a few values. Long ones, made to fill the cache, take 4 MiB at most.
@lru_cache(maxsize=256)
def stream_format(accept_encoding: bytes, deflate: Deflate) -> Format:
    """The format of a chunked event stream, by the client's `Accept-Encoding` and the setting."""
    by_name = dict(qualities(accept_encoding))
    # A client that refuses to go without (RFC 9110, 12.5.3) has chosen, too.
    is_needed = by_name.get(b"identity", by_name.get(b"*", 1.0)) == 0
    is_chosen = is_needed or any(by_name.get(name) for name in _CHOSEN)
    if deflate == "off" or not is_chosen or not takes_gzip(accept_encoding):
        return Format.SSE
    return Format.SSE_SHARED if deflate == "shared" else Format.SSE_GZIP


def _wants_status(request: Request) -> bool:
    return request.headers.get(REFUSAL_HEADER) == b"503"


def _retry_line() -> bytes:
    # Random, so that the clients of a node that dies do not reconnect all at once. Without a blank line, which would
    # end an event: several libraries report an event without data.
    return b"retry: %d\n" % random.randint(*RETRY_MILLISECONDS)


def _temporary_refusal(reason: str, cors: bytes) -> bytes:
    """A complete reply after which an EventSource reconnects with its cursor."""
    # Without a blank line, which would clear the last event id of the client.
    body = _retry_line() + b": %b\n" % reason.encode()
    return _HEAD % (cors, b"Content-Length: %d\r\n" % len(body)) + body
