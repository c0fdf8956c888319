"""uvicorn's HTTP class with limits on what a client may send, and on how long it may take.

httptools and uvicorn have none: a client without a token could fill the memory with a head that never ends.
"""

from collections import OrderedDict
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from publisher.net.connections import Connection, Connections, DropReason
from publisher.net.limits import (
    BODY_BYTES_PER_SECOND,
    BODY_SECONDS,
    DISCARD_SECONDS,
    DISCARDED_BYTES,
    FRAMING_FACTOR,
    HEAD_SECONDS,
    HEADER_LINES,
    PIPELINED,
    UNREAD_SECONDS,
)
from publisher.net.refusal import Refusal, RefusalAnswers
from publisher.net.upgrades import NoUpgradeHttp
from ticker.shared.http.limits import HEAD_BYTES
from ticker.shared.http.trusted_proxies import Proxies, counted_address

_HEAD_TOO_LARGE = Refusal(431, "head-too-large", {"limit": HEAD_BYTES, "lines": HEADER_LINES})
_BAD_REQUEST = Refusal(400, "bad-request")


class BoundedHttp(NoUpgradeHttp):
    """One connection to the desk, and all its requests; `body_limit` is in bytes."""

    def __init__(
        self,
        connections: Connections,
        proxies: Proxies,
        body_limit: int,
        refusals: RefusalAnswers,
        **options: Any,  # Any: as `FairHttp` takes them
    ) -> None:
        super().__init__(**options)
        self._lists = connections
        self._proxies = proxies
        self._refusals = refusals
        self.address = ""
        self.current_list: OrderedDict[Connection, float] | None = None
        self._body_limit = body_limit
        self._fault = _BAD_REQUEST
        """The refusal of what the parser does not accept."""
        self._is_refused = False
        self._is_closing = False
        """Our side has ended; the client may still read the last answer."""
        self._chunk_bytes = 0
        """The length of the input that is being parsed."""
        self._body_pieces: list[bytes] = []
        """Parts of a body that are not passed on yet."""
        self._expect_request()

    def _expect_request(self) -> None:
        """Sets the counters of a request to none received."""
        self._received = 0
        self._shared_bytes = self._chunk_bytes
        """At most this much of the request arrived together with the one before it."""
        self._body_bytes = 0
        self._body_deadline = 0.0
        self._in_head = True
        self._head: list[tuple[bytes, bytes]] = []
        self._is_complete = True
        """No request is partly received."""
        self._answered_at: int | None = None
        """How many bytes had arrived when the answer went out, if that was before the end of the body."""

    def connection_made(self, transport: Any) -> None:  # Any: uvicorn narrows asyncio's signature
        super().connection_made(transport)
        self.address = counted_address(self.client[0] if self.client else "", self._proxies)
        self._lists.move(self, self._lists.pending, HEAD_SECONDS)
        self._lists.make_room(self, len(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        self._lists.move(self, None)
        super().connection_lost(exc)

    def drop(self, reason: DropReason) -> None:
        """Ends the connection; a slow request gets a 408 if nothing of its answer has been sent."""
        self._lists.on_drop(reason)
        is_answered = self.current_list is self._lists.idle
        self._lists.move(self, None)
        if reason == "slow" and not self._is_complete and self._answered_at is None:
            self._refuse(Refusal(408, "too-slow"))
        elif is_answered:
            # `abort` would lose an answer of this loop iteration, which is not written yet.
            self.transport.close()
            if self.transport.get_write_buffer_size():
                self.loop.call_later(DISCARD_SECONDS, self.transport.abort)
        else:
            self.transport.abort()

    def read(self, data: bytes) -> None:
        if self._is_refused or self.transport.is_closing():
            self._received += len(data)
            if self._is_closing and self._received > DISCARDED_BYTES:
                self.transport.abort()
            return
        self._unset_keepalive_if_required()
        self._chunk_bytes = len(data)
        self._received += self._chunk_bytes
        try:
            while data:
                data = self._feed(data)
            self._pass_body()
        except httptools.HttpParserError:
            self._refuse(self._fault)
        else:
            if not self._is_complete or self._received:
                self._check_limits()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio reads the answer, uvicorn gives none
        """Whether the transport stays open: a client that has sent a whole request still waits for the answer."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete or not self._is_complete:
            return False
        cycle.keep_alive = False
        return True

    def _check_limits(self) -> None:
        """Refuses a partly received request that exceeds a limit, and sets the deadline for the rest of it."""
        if self._answered_at is not None:
            if self._received - self._answered_at > DISCARDED_BYTES:
                self.transport.close()
                self._update_list()
        elif self._in_head:
            # `headers` has only finished lines, so a line that never ends is bounded by the bytes received.
            if self._received > HEAD_BYTES or len(self.headers or ()) > HEADER_LINES:
                self._refuse(_HEAD_TOO_LARGE)
            elif self.current_list is self._lists.idle:
                self._lists.move(self, self._lists.pending, HEAD_SECONDS)
        elif len(self.headers) > HEADER_LINES:
            self._refuse(_HEAD_TOO_LARGE)
        elif self._received > HEAD_BYTES + FRAMING_FACTOR * self._body_limit:
            self._refuse(Refusal(413, "too-large", {"limit": self._body_limit}))
        elif not self._body_deadline:
            self._body_deadline = self._lists.clock() + BODY_SECONDS
            self._lists.move(self, self._lists.pending, BODY_SECONDS + self._body_bytes / BODY_BYTES_PER_SECOND)

    def on_message_begin(self) -> None:
        if self._is_framing:
            return
        if len(self.pipeline) >= PIPELINED:
            raise _ParserStop
        super().on_message_begin()
        self._is_complete = False

    def on_headers_complete(self) -> None:
        if self._is_framing:
            return
        self._note_upgrade()
        # Nearly always all the bytes received are fewer than a head may have.
        size = self._received + self._shared_bytes
        if size > HEAD_BYTES:
            size = len(self.url) + sum([len(name) + len(value) + 4 for name, value in self.headers])
        if size > HEAD_BYTES or len(self.headers) > HEADER_LINES:
            self._fault = _HEAD_TOO_LARGE
            raise _ParserStop
        self._in_head = False
        super().on_headers_complete()
        # Trailers, which follow a body, are not part of the head.
        self._head, self.headers = self.headers, []

    def on_body(self, body: bytes) -> None:
        self._body_pieces.append(body)

    def _pass_body(self) -> None:
        """Passes all pieces of one packet on together: uvicorn takes 2 µs for each, and a packet may hold 5,000."""
        if not self._body_pieces:
            return
        body = b"".join(self._body_pieces)
        self._body_pieces.clear()
        self._body_bytes += len(body)
        if self.current_list is self._lists.pending and self._body_deadline and self._answered_at is None:
            self._lists.pending[self] = self._body_deadline + self._body_bytes / BODY_BYTES_PER_SECOND
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._skipped_framing is not None:
            return
        self._pass_body()
        super().on_message_complete()
        if self._answered_at is not None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        self._expect_request()
        self._update_list()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._is_complete and not self._in_head and not self.pipeline:
            self._answered_at = self._received
        self._update_list()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._update_list()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._update_list()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._update_list()

    def _update_list(self) -> None:
        """Moves this connection to the list of what it waits for now."""
        cycle: RequestResponseCycle | None = self.cycle
        lists = self._lists
        if self._is_closing or self.transport.is_closing():
            lists.move(self, lists.unread, DISCARD_SECONDS)
        elif self.flow.write_paused:
            lists.move(self, lists.unread, UNREAD_SECONDS)
        elif self._answered_at is not None:
            lists.move(self, lists.pending, DISCARD_SECONDS)
        elif cycle is not None and not cycle.response_complete:
            if self._is_complete or self._in_head:
                lists.move(self, None)
        elif self._is_complete:
            lists.move(self, lists.idle)
        else:
            # A part of the next request arrived while this one was answered.
            self._unset_keepalive_if_required()
            lists.move(self, lists.pending, HEAD_SECONDS)

    def _refuse(self, refusal: Refusal) -> None:
        self._is_refused = True
        self._refusals.count(refusal)
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete and (self._in_head or self.pipeline):
            # An earlier request is being answered: that answer is the last one.
            cycle.keep_alive = False
            return
        # In the middle of another answer the client could not read it.
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(self._refusals.answer(refusal, self._head or self.headers or []))
        self._close_our_side()

    def _close_our_side(self) -> None:
        if self.cycle is not None:
            # The application may be waiting for the rest of the body.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        # Closing with unread input would reset the connection, and the client might lose the answer.
        self.transport.write_eof()
        self._is_closing = True
        self._received = 0
        self._update_list()

    def shutdown(self) -> None:
        if self._is_closing:
            self.transport.close()
        else:
            super().shutdown()


class _ParserStop(Exception):
    """Raised in a parser callback: httptools then raises `HttpParserError`."""
