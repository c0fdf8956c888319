"""HTTP by uvicorn's class, for every connection that does not begin with a plain join.

1. A request for an event stream ends HTTP here: its socket goes to an `SseConnection`.
2. A connection without a complete request within `REQUEST_SECONDS` is closed, since it costs a descriptor.
3. A request longer than `HEAD_BYTES` is refused: httptools has no limit, and no route reads a body.
4. Bytes that are no HTTP are answered with a problem and counted; uvicorn would log a line for each.
5. A client may end its side of the connection after its request and still get the answer; uvicorn would close.
"""

from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.net.client_address import ADDRESS, FORWARDED, peer_of
from ticker.net.handshake import (
    HALF_CLOSED,
    PATH,
    RefusalError,
    Request,
    joined,
    refusal,
    refusal_bytes,
    split_target,
    wants_events,
)
from ticker.net.http_requests import HttpRequests
from ticker.net.sse import SseConnection
from ticker.net.websocket import WebSocketConnection
from ticker.node import http_connections
from ticker.shared.http.limits import HEAD_BYTES

PIPELINE_LIMIT: Final = 32
TOO_MANY: Final = "too_many"  # key of a request's state: the node has too many connections to answer it
PIECE_BYTES: Final = 1_024
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


class HttpProtocol(HttpRequests):
    """One HTTP connection with all its requests, until it closes or becomes a live connection."""

    # Any: uvicorn's lifespan state is a plain dict of anything, its loop may be any.
    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._request_bytes = 0
        self._has_head = False
        """Whether the head of the request that is being read is complete."""
        self._stream: Request | None = None
        """The request for an event stream, which is the last request of this connection."""
        self._is_stream_complete = False
        self._discards_input = False
        self._after_upgrade = b""
        """Bytes behind an upgrade request that waits for earlier answers."""

    def data_received(self, data: bytes) -> None:
        self._node.read_budget.feed(self, data)

    def read(self, data: bytes) -> None:
        if self._discards_input:
            return
        if self._after_answers is not None:
            # Frames behind an upgrade that waits. A client sends few before its 101.
            self._after_upgrade += data
            self.flow.pause_reading()
            if len(self._after_upgrade) > HEAD_BYTES:
                self.abort()
            return
        self._unset_keepalive_if_required()
        # In pieces: requests before an overlong one are answered first, and bytes after their end do not count.
        while data:
            allowed = HEAD_BYTES - self._request_bytes
            if allowed <= 0:
                self._refuse_length()
                return
            piece = data[: min(allowed, PIECE_BYTES)]
            self._request_bytes += len(piece)
            data = self._parse(piece, data[len(piece) :])
            if len(self.pipeline) > PIPELINE_LIMIT:
                # No known client sends so many. Each holds 2 KB while it waits, and takes 0.03 ms to read.
                self.abort()
                return

    def _parse(self, piece: bytes, rest: bytes) -> bytes:
        """Parses `piece`; returns the bytes to parse next: `rest`, or nothing where HTTP ends here."""
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            rest = piece[upgrade.args[0] :] + rest
            if not self._should_upgrade():
                # The upgrade is ignored, and the request is answered as plain HTTP (RFC 9110, 7.8).
                if _FRAMING.isdisjoint(name for name, _ in self.headers):
                    return rest
                # httptools takes the body for the other protocol, so the next request cannot be found in it.
                self._call_when_answered(self._discard_input)
                return b""
            self._node.pending.pop(self, None)
            self._after_upgrade = rest
            self._call_when_answered(self._upgrade)
            return b""
        except httptools.HttpParserError:
            if self._is_stream_complete:
                self._call_when_answered(self._open_stream)
            else:
                self._refuse(refusal(400, "bad-request", "Send a request in HTTP/1.1."))
            return b""
        return rest

    def _refuse_length(self) -> None:
        if self._has_head:
            # The request is answered without its body: no route reads one.
            self._call_when_answered(self._discard_input)
        else:
            self._refuse(refusal(431, "head-too-large", "Send a shorter request head."))

    def _discard_input(self) -> None:
        # To close while the client sends would reset the connection, and the answer could be lost.
        self._discards_input = True
        self._node.pending.setdefault(self, self._node.steady() + http_connections.REQUEST_SECONDS)
        self.transport.write_eof()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's own signature
        """Returns True, which keeps the socket open, while an answer is owed: the client may still read."""
        self._node.read_budget.flush(self)
        if self._is_answered():
            return False
        if self._after_answers in (self._upgrade, self._open_stream):
            # A live connection needs both directions.
            self._after_answers = None
        # uvicorn closes after the newest request; those before it are answered first.
        self.shutdown()
        # A long poll checks this key and is answered now, also if further requests wait behind it.
        for cycle in (self._running, *(waiting for waiting, _ in self.pipeline)):
            if cycle is not None:
                cycle.scope["state"][HALF_CLOSED] = True
                cycle.message_event.set()
        return True

    def _get_upgrade(self) -> bytes | None:
        # uvicorn reads the last Connection line alone, and an Upgrade with one name.
        headers = joined(self.headers)
        connection, upgrade = (
            [token.strip() for token in headers.get(name, b"").lower().split(b",")]
            for name in (b"connection", b"upgrade")
        )
        return b"websocket" if b"upgrade" in connection and b"websocket" in upgrade else None

    def _upgrade(self) -> None:
        self._node.http_connections.remove(self)
        self.handle_websocket_upgrade()
        data, self._after_upgrade = self._after_upgrade, b""
        # Frames that came together with the request belong to the new protocol of the socket.
        protocol = self.transport.get_protocol()
        if data and isinstance(protocol, WebSocketConnection) and not self.transport.is_closing():
            protocol.data_received(data)
        # The parser's callbacks refer to this object: without this line only the garbage collector frees both.
        self.parser = None  # type: ignore[assignment]  # as uvicorn does at the end

    def _refuse(self, refused: RefusalError) -> None:
        self._node.pending.pop(self, None)
        self._node.metrics.refused.labels(str(refused.problem.status)).inc()

        def end() -> None:
            self.transport.write(refusal_bytes(refused))
            self.transport.close()

        self._call_when_answered(end)

    def _open_stream(self) -> None:
        assert self._stream is not None, "the request asks for an event stream"
        self.connections.discard(self)
        self._node.http_connections.remove(self)
        self.parser = None  # type: ignore[assignment]  # as after an upgrade
        connection = SseConnection(self._node)
        connection.address = peer_of(self.transport)
        connection.connection_made(self.transport)
        self.transport.set_protocol(connection)
        connection.open(self._stream)

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._has_head = False
        self._node.http_connections.mark_busy(self)
        self._node.pending.setdefault(self, self._node.steady() + http_connections.REQUEST_SECONDS)

    def on_headers_complete(self) -> None:
        self._has_head = True
        if sum(name == b"host" for name, _ in self.headers) > 1:
            # RFC 9112, 3.2: a proxy and this node could each use a different one.
            raise _TwoHostsError
        upgrades = self.parser.should_upgrade() and self._should_upgrade()
        headers = joined(self.headers)
        # Behind a proxy the connection counts for the client that the proxy names.
        self.scope["state"][ADDRESS] = address = self._address(headers.get(FORWARDED))
        self._node.http_connections.set_address(self, address, self._node.steady())
        self.scope["state"][TOO_MANY] = self._node.http_connections.is_over_limit
        if not upgrades and self.parser.get_method() == b"GET":
            path, query = split_target(self.url)
            if path == PATH and wants_events(headers.get(b"accept", b"")):
                self._stream = Request(b"GET", path, query, headers, self.parser.get_http_version() == "1.0")
                return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Drops the body: no route reads one, and uvicorn would wake the request for each of thousands of chunks."""

    def on_message_complete(self) -> None:
        # Not earlier: a body that never ends costs as much as a head that never does.
        self._node.pending.pop(self, None)
        self._request_bytes = 0
        if self._stream is not None:
            self._is_stream_complete = True
            # Only an error stops the parser. Bytes behind a request for a stream are not read.
            raise _StreamRequestError
        super().on_message_complete()


class _TwoHostsError(Exception):
    """The request has two Host headers."""


class _StreamRequestError(Exception):
    """The request asks for an event stream, so HTTP ends here."""
