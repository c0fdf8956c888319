"""The front door: uvicorn's HTTP class, with five things of our own.

1. A request for an event stream leaves HTTP here and becomes an `SseConnection` on the same socket.
2. A connection without a whole request within `http_connections.REQUEST_SECONDS` is closed: it costs a descriptor.
3. A request longer than `HEAD_BYTES` bytes is refused; httptools itself knows no limit, and no route reads a body.
4. What cannot be read as HTTP is answered with a problem and counted; uvicorn would log a line for each.
5. A client that ends its side after a request still gets the answer; uvicorn would close.
"""

from collections.abc import Callable
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from ticker.net.client_address import ADDRESS, FORWARDED, client_address, peer_of
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
from ticker.net.sse import SseConnection
from ticker.net.websocket import WebSocketConnection
from ticker.node import http_connections
from ticker.node.node import Node
from ticker.shared.http.limits import HEAD_BYTES
from ticker.shared.http.request_queue import DISCONNECTED

PIPELINE_LIMIT: Final = 32
TOO_MANY: Final = "too_many"  # key of a request's state: the node has too many connections to answer it
PIECE_BYTES: Final = 1_024
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


class HttpProtocol(HttpToolsProtocol):
    """A connection that did not begin with a plain join, and all its requests."""

    # Any: uvicorn's lifespan state is a plain dict of anything, its loop may be any.
    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._node: Node = app_state["node"]
        self._request_bytes = 0
        self._has_head = False  # of the request that is read now
        self._stream: Request | None = None
        self._taken = False
        self._running: RequestResponseCycle | None = None
        """The request that is being answered; uvicorn knows the newest one alone, which may wait behind it."""
        self._lingers = False
        """Whether whatever still comes is dropped."""
        self._last: Callable[[], None] | None = None
        """What ends HTTP on this connection, while earlier requests are still to be answered."""
        self._rest = b""

    def connection_made(self, transport: Any) -> None:  # Any: uvicorn narrows asyncio's signature
        super().connection_made(transport)
        self._node.http_connections.add(self, self._address())
        self._node.pending[self] = self._node.steady() + http_connections.REQUEST_SECONDS

    def connection_lost(self, exc: Exception | None) -> None:
        self._node.read_budget.discard(self)
        self._node.http_connections.remove(self)
        self._node.pending.pop(self, None)
        self._leave_requests()
        super().connection_lost(exc)

    def expire(self) -> None:
        self._node.pending.pop(self, None)
        self.abort()

    @property
    def has_input(self) -> bool:
        return self in self._node.read_budget

    def abort(self) -> None:
        self._leave_requests()
        self.transport.abort()

    def _leave_requests(self) -> None:
        """Nobody hears the answers any more: none is begun, and the one under way is told."""
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

    def data_received(self, data: bytes) -> None:
        self._node.read_budget.feed(self, data)

    def read(self, data: bytes) -> None:
        if self._lingers:
            return
        if self._last is not None:
            # Frames behind an upgrade that waits; a client sends few before it has its 101.
            self._rest += data
            self.flow.pause_reading()
            if len(self._rest) > HEAD_BYTES:
                self.abort()
            return
        self._unset_keepalive_if_required()
        # In pieces: requests before one that is too long are answered first, and bytes after their end do not count.
        while data:
            room = HEAD_BYTES - self._request_bytes
            if room <= 0:
                self._refuse_length()
                return
            piece = data[: min(room, PIECE_BYTES)]
            self._request_bytes += len(piece)
            data = self._read(piece, data[len(piece) :])
            if len(self.pipeline) > PIPELINE_LIMIT:
                # No client that is known sends so many; each holds 2 KB until its turn, and takes 0.03 ms to read.
                self.abort()
                return

    def _read(self, piece: bytes, behind: bytes) -> bytes:
        """Returns what is to be read after `piece`: `behind`, or nothing where HTTP ends here."""
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            rest = piece[upgrade.args[0] :] + behind
            if not self._should_upgrade():
                # It is not taken up, and the request is answered as it stands (RFC 9110, 7.8).
                if _FRAMING.isdisjoint(name for name, _ in self.headers):
                    return rest
                # httptools takes the body for the other protocol, so no further request can be told from it.
                self._in_turn(self._linger)
                return b""
            self._node.pending.pop(self, None)
            self._rest = rest
            self._in_turn(self._upgrade)
            return b""
        except httptools.HttpParserError:
            if self._taken:
                self._in_turn(self._open_stream)
            else:
                self._refuse(refusal(400, "bad-request", "Send a request in HTTP/1.1."))
            return b""
        return behind

    def _refuse_length(self) -> None:
        if self._has_head:
            # The request has its answer, or will have it: no route reads a body.
            self._in_turn(self._linger)
        else:
            self._refuse(refusal(431, "head-too-large", "Send a shorter request head."))

    def _linger(self) -> None:
        # A close while the client sends would reset the connection, and it could lose the answer.
        self._lingers = True
        self._node.pending.setdefault(self, self._node.steady() + http_connections.REQUEST_SECONDS)
        self.transport.write_eof()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's own signature
        """A client may end its side after its request and still read the answer; True keeps the socket for that."""
        self._node.read_budget.flush(self)
        if self._is_answered():
            return False
        if self._last in (self._upgrade, self._open_stream):
            # It could not say or hear anything in a stream.
            self._last = None
        # Of the newest request: those before it are answered first.
        self.shutdown()
        # Each long poll looks at this and is answered now, whatever stands behind it.
        for cycle in (self._running, *(waiting for waiting, _ in self.pipeline)):
            if cycle is not None:
                cycle.scope["state"][HALF_CLOSED] = True
                cycle.message_event.set()
        return True

    def _in_turn(self, last: Callable[[], None]) -> None:
        """Calls `last`, the end of HTTP here, when all earlier requests are answered (RFC 9112, 9.3.2)."""
        if self._is_answered():
            last()
        else:
            self._last = last
            self.flow.pause_reading()

    def _is_answered(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.pipeline:
            self._node.http_connections.mark_idle(self)
        last = self._last
        if last is not None and self._is_answered() and not self.transport.is_closing():
            self._last = None
            self._unset_keepalive_if_required()
            last()

    def _address(self, forwarded: bytes | None = None) -> str:
        return client_address(peer_of(self.transport), forwarded, self._node.settings.forwarded_allow_ips)

    def _upgrade(self) -> None:
        self._node.http_connections.remove(self)
        self.handle_websocket_upgrade()
        rest, self._rest = self._rest, b""
        self._hand_on(rest)
        # It holds us by its callbacks: without this, both would wait for the garbage collector.
        self.parser = None  # type: ignore[assignment]  # as uvicorn does at the end

    def _get_upgrade(self) -> bytes | None:
        # uvicorn reads the last Connection line alone, and an Upgrade of one name.
        headers = joined(self.headers)
        connection, upgrade = (
            [token.strip() for token in headers.get(name, b"").lower().split(b",")]
            for name in (b"connection", b"upgrade")
        )
        return b"websocket" if b"upgrade" in connection and b"websocket" in upgrade else None

    def _hand_on(self, rest: bytes) -> None:
        # Frames that came together with the request belong to whoever has the socket now.
        holder = self.transport.get_protocol()
        if rest and isinstance(holder, WebSocketConnection) and not self.transport.is_closing():
            holder.data_received(rest)

    def _refuse(self, refused: RefusalError) -> None:
        self._node.pending.pop(self, None)
        self._node.metrics.refused.labels(str(refused.problem.status)).inc()

        def end() -> None:
            self.transport.write(refusal_bytes(refused))
            self.transport.close()

        self._in_turn(end)

    def _open_stream(self) -> None:
        assert self._stream is not None, "the request was taken for a stream"
        self.connections.discard(self)
        self._node.http_connections.remove(self)
        self.parser = None  # type: ignore[assignment]  # as after an upgrade
        connection = SseConnection(self._node)
        connection.address = peer_of(self.transport)
        connection.connection_made(self.transport)
        self.transport.set_protocol(connection)
        connection.open(self._stream)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._has_head = False
        self._node.http_connections.mark_busy(self)
        self._node.pending.setdefault(self, self._node.steady() + http_connections.REQUEST_SECONDS)

    def on_headers_complete(self) -> None:
        self._has_head = True
        if sum(name == b"host" for name, _ in self.headers) > 1:
            # RFC 9112, 3.2: proxies and we could each take another one.
            raise _HostsError
        upgrades = self.parser.should_upgrade() and self._should_upgrade()
        headers = joined(self.headers)
        # Behind a proxy a connection is its client's, as far as the proxy says whose.
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
        """Drops it: no route reads one, and uvicorn would wake the request for each of thousands of chunks."""

    def on_message_complete(self) -> None:
        # Not before: a body that never ends costs as much as a head that never does.
        self._node.pending.pop(self, None)
        self._request_bytes = 0
        if self._stream is not None:
            self._taken = True
            # The one way to stop the parser: whatever a client sends after asking for a stream is not read.
            raise _TakenError
        super().on_message_complete()


class _HostsError(Exception):
    """The request names two hosts."""


class _TakenError(Exception):
    """The socket has another owner now."""
