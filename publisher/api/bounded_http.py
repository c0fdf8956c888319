"""uvicorn's HTTP class with bounds on what a client may send, and on how long it may take.

httptools and uvicorn have none: without them a client without a token fills the memory with a head that never ends.
The limit on the bytes of a head is that of the ticker.
"""

from collections import OrderedDict
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from publisher.api.connections import Connection, Connections, DropReason
from publisher.api.problems import ApiError, answer_bytes
from publisher.api.turns import TurnsHttp
from ticker.shared.http.forwarded import Proxies, counted_address
from ticker.shared.http.limits import HEAD_BYTES

HEADER_LINES: Final = 100
PIPELINED: Final = 16
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 10.0
# A body gets a second more for each of these; the framing of chunks does not count.
BODY_BYTES_A_SECOND: Final = 1024
# Of a body that the answer did not wait for: closing at once would take the answer away from the client.
DISCARDED_BYTES: Final = 65_536
DISCARD_SECONDS: Final = 5.0
UNREAD_SECONDS: Final = 20.0
# Bytes on the wire for each byte of the body limit: chunks of one byte have six.
_FRAMING: Final = 8
_FRAMING_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})


class BoundedHttp(TurnsHttp):
    """One connection to the desk, and all its requests."""

    def __init__(
        self,
        connections: Connections,
        proxies: Proxies,
        body_limit: int,
        **turns: Any,  # Any: as `TurnsHttp` takes them
    ) -> None:
        super().__init__(**turns)
        self._all = connections
        self._proxies = proxies
        self.address = ""
        self._body_limit = body_limit
        self._fault = ApiError(400, "bad-request")
        self._is_refused = False
        self._is_lingering = False
        self.listed: OrderedDict[Connection, float] | None = None
        self._chunk = 0
        """The length of what is parsed now."""
        self._is_framing = False
        """The parser reads only how a body is framed, of a request whose head is known."""
        self._skipped_body: bytes | None = None
        self._pieces: list[bytes] = []
        """What came of a body and was not passed on yet."""
        self._begin()

    def _begin(self) -> None:
        self._received = 0
        self._before = self._chunk
        """At most so many bytes of this request came together with the one before."""
        self._body_bytes = 0
        self._body_until = 0.0
        self._in_head = True
        self._head: list[tuple[bytes, bytes]] = []
        self._is_complete = True
        """No request is on its way in."""
        self._answered_at: int | None = None
        """How many bytes had come when the answer went out, if that was before the end of the body."""

    def connection_made(self, transport: Any) -> None:  # Any: uvicorn narrows asyncio's signature
        super().connection_made(transport)
        self.address = counted_address(self.client[0] if self.client else "", self._proxies)
        self._all.put(self._all.pending, self, HEAD_SECONDS)
        self._all.make_room(self, len(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        self._all.put(None, self)
        super().connection_lost(exc)

    def drop(self, reason: DropReason) -> None:
        """Ends the connection: a slow request is told so, if nothing has been answered to it."""
        self._all.metrics.dropped.labels(reason).inc()
        is_answered = self.listed is self._all.idle
        self._all.put(None, self)
        if reason == "slow" and not self._is_complete and self._answered_at is None:
            self._refuse(ApiError(408, "too-slow"))
        elif is_answered:
            # Not `abort`: what was answered in this iteration of the loop is not written yet.
            self.transport.close()
            if self.transport.get_write_buffer_size():
                self.loop.call_later(DISCARD_SECONDS, self.transport.abort)
        else:
            self.transport.abort()

    def read(self, data: bytes) -> None:
        if self._is_refused or self.transport.is_closing():
            self._received += len(data)
            if self._is_lingering and self._received > DISCARDED_BYTES:
                self.transport.abort()
            return
        self._unset_keepalive_if_required()
        self._chunk = len(data)
        self._received += self._chunk
        try:
            while data:
                data = self._feed(data)
            self._pass_body()
        except httptools.HttpParserError:
            self._refuse(self._fault)
        else:
            if not self._is_complete or self._received:
                self._check()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio reads the answer, uvicorn gives none
        """Whether the transport stays open: a client that has sent all of its request still waits for the answer."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete or not self._is_complete:
            return False
        cycle.keep_alive = False
        return True

    def _feed(self, data: bytes) -> bytes:
        """Parses `data`; returns what comes after a request that asked for an upgrade, which is answered as it is."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # This parser is done. RFC 9110, 7.8: a server may ignore an upgrade and go on with HTTP.
            self.parser = httptools.HttpRequestParser(self)
            if self._skipped_body is not None:
                # httptools takes the body for the other protocol: Java's client asks for h2c with every first request.
                self._is_framing, framing = True, self._skipped_body
                self.parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n")
                self._is_framing, self._skipped_body = False, None
            return data[upgrade.args[0] :]
        return b""

    def _check(self) -> None:
        """Bounds a request of which a part has come."""
        if self._answered_at is not None:
            if self._received - self._answered_at > DISCARDED_BYTES:
                self.transport.close()
                self._place()
        elif self._in_head:
            # Of a line that has no end nothing is in `headers` yet.
            if self._received > HEAD_BYTES or len(self.headers or ()) > HEADER_LINES:
                self._refuse(_too_large())
            elif self.listed is self._all.idle:
                self._all.put(self._all.pending, self, HEAD_SECONDS)
        elif len(self.headers) > HEADER_LINES:
            self._refuse(_too_large())
        elif self._received > HEAD_BYTES + _FRAMING * self._body_limit:
            self._refuse(ApiError(413, "too-large", limit=self._body_limit))
        elif not self._body_until:
            self._body_until = self._all.clock() + BODY_SECONDS
            self._all.put(self._all.pending, self, BODY_SECONDS + self._body_bytes / BODY_BYTES_A_SECOND)

    def on_message_begin(self) -> None:
        if self._is_framing:
            return
        if len(self.pipeline) >= PIPELINED:
            raise _RefusedError
        super().on_message_begin()
        self._is_complete = False

    def on_headers_complete(self) -> None:
        if self._is_framing:
            return
        if self.parser.should_upgrade():
            framing = [pair for pair in self.headers if pair[0] in _FRAMING_HEADERS and pair[1] != b"0"]
            self._skipped_body = b"".join(b"%b: %b\r\n" % pair for pair in framing) or None
        # Nearly always all that came is less than a head may have.
        size = self._received + self._before
        if size > HEAD_BYTES:
            size = len(self.url) + sum([len(name) + len(value) + 4 for name, value in self.headers])
        if size > HEAD_BYTES or len(self.headers) > HEADER_LINES:
            self._fault = _too_large()
            raise _RefusedError
        self._in_head = False
        super().on_headers_complete()
        # What follows a body (trailers) is not part of the head any more.
        self._head, self.headers = self.headers, []

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def _pass_body(self) -> None:
        # All pieces of one packet at once: uvicorn takes 2 us for each, and a packet may hold 5,000 chunks of a byte.
        if not self._pieces:
            return
        body = b"".join(self._pieces)
        self._pieces.clear()
        self._body_bytes += len(body)
        if self.listed is self._all.pending and self._body_until and self._answered_at is None:
            self._all.pending[self] = self._body_until + self._body_bytes / BODY_BYTES_A_SECOND
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._skipped_body is not None:
            return
        self._pass_body()
        super().on_message_complete()
        if self._answered_at is not None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        self._begin()
        self._place()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._is_complete and not self._in_head and not self.pipeline:
            self._answered_at = self._received
        self._place()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._place()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._place()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._place()

    def _place(self) -> None:
        """Puts this connection into the list of what it waits for now."""
        cycle: RequestResponseCycle | None = self.cycle
        if self._is_lingering or self.transport.is_closing():
            # Until the client has read what is on its way to it.
            self._all.put(self._all.unread, self, DISCARD_SECONDS)
        elif self.flow.write_paused:
            self._all.put(self._all.unread, self, UNREAD_SECONDS)
        elif self._answered_at is not None:
            self._all.put(self._all.pending, self, DISCARD_SECONDS)
        elif cycle is not None and not cycle.response_complete:
            if self._is_complete or self._in_head:
                self._all.put(None, self)
        elif self._is_complete:
            self._all.put(self._all.idle, self)
        else:
            # The next request has begun to come while this one was answered.
            self._unset_keepalive_if_required()
            self._all.put(self._all.pending, self, HEAD_SECONDS)

    def _refuse(self, error: ApiError) -> None:
        self._is_refused = True
        self._all.metrics.refused.labels(error.code).inc()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete and (self._in_head or self.pipeline):
            # An earlier request is being answered: that answer ends the connection.
            cycle.keep_alive = False
            return
        # Into the middle of another answer it would be noise.
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(answer_bytes(error, self._head or self.headers or []))
        self._close()

    def _close(self) -> None:
        if self.cycle is not None:
            # The application waits for the rest of a body, and has nobody to answer.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        # Closing with unread bytes resets the connection, and the client may lose the answer: first only our side ends.
        self.transport.write_eof()
        self._is_lingering = True
        self._received = 0
        self._place()

    def shutdown(self) -> None:
        if self._is_lingering:
            self.transport.close()
        else:
            super().shutdown()


def _too_large() -> ApiError:
    return ApiError(431, "head-too-large", limit=HEAD_BYTES, lines=HEADER_LINES)


class _RefusedError(Exception):
    """Stops the parser."""
