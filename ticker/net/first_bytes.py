"""The first bytes of a connection, which decide what it becomes; nearly always they are the complete head of a join.

The socket of such a join goes straight to a `WebSocketConnection` or `SseConnection`. Any other connection, and a head
that arrives in pieces, goes to `HttpProtocol` with the bytes read, and must complete its request by the same deadline.
If uvicorn's HTTP class reads every join, one takes 2.5 times the CPU (docs/performance/gains.md, "A join: the request
is read once").
"""

import asyncio
import socket
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.net import http_fallback
from ticker.net.client_address import client_address, peer_of
from ticker.net.handshake import Request
from ticker.net.head import HeadReader
from ticker.net.sse import SseConnection
from ticker.net.transport import SocketTransport
from ticker.net.websocket import WebSocketConnection
from ticker.node import http_connections
from ticker.node.node import Node
from ticker.shared.http.limits import HEAD_BYTES

# The most handovers at a time. 48 that came together would all be answered in one iteration of the loop, which took
# 10 to 58 ms instead of 3.
HANDOVERS_AT_ONCE: Final = 4

_read = HeadReader().read


class Router:
    """Gives each socket its protocol, by the first bytes; one for all connections of a server."""

    # uvicorn's interface: its lifespan state is a plain dict of anything, its loop may be any.
    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], loop: Any) -> None:
        self._parts = config, server_state, app_state
        self._loop = loop
        self.node: Node = app_state["node"]
        # Any: uvicorn may also have an import string here; this server passes the class.
        self._websocket: Any = config.ws_protocol_class
        self.handovers: set[asyncio.Task[None]] = set()
        """The handovers that run or wait."""
        self._slots = asyncio.Semaphore(HANDOVERS_AT_ONCE)

    # Any: uvloop's transports are of no class of asyncio's.
    def route(self, transport: Any, data: bytes, peer: str, until: float | None = None) -> None:
        """Gives the socket of `transport` to the protocol that `data` asks for.

        `peer` is the client's address, which the socket no longer tells once the client has left. The request must be
        complete by `until`, or by a new deadline.
        """
        request = _read(data) if len(data) <= HEAD_BYTES else None
        if request is None:
            self._hand_over(transport, data, peer, self.deadline() if until is None else until)
        elif b"upgrade" in request[0].headers:
            self._open_websocket(transport, peer, *request)
        else:
            connection = SseConnection(self.node)
            connection.address = peer
            connection.connection_made(transport)
            transport.set_protocol(connection)
            connection.open(request[0])

    def deadline(self) -> float:
        """When a connection that comes now must have sent a complete request, by the node's steady clock."""
        return self.node.steady() + http_connections.REQUEST_SECONDS

    def address(self, peer: str) -> str:
        """The address under which a connection counts before its request is read."""
        return client_address(peer, None, self.node.settings.forwarded_allow_ips)

    def _open_websocket(self, transport: Any, peer: str, request: Request, rest: bytes) -> None:
        connection: WebSocketConnection = self._websocket(*self._parts)
        connection.address = peer
        connection.connection_made(transport)
        # First: a first message that fills the buffer must find the protocol there.
        transport.set_protocol(connection)
        connection.open(request)
        # Frames that came together with the request.
        if rest and not transport.is_closing():
            connection.data_received(rest)

    def _hand_over(self, transport: Any, data: bytes, peer: str, until: float) -> None:
        address = self.address(peer)
        self.node.http_connections.make_room(address, self.node.steady())
        if not isinstance(transport, SocketTransport):
            self._open_http(transport, data, until)
            return
        # uvicorn's class needs a transport of the loop.
        handover = Handover(data)
        task = asyncio.ensure_future(self._change_transport(transport.detach(), handover, until))
        self.node.http_connections.add(handover, address)
        self.node.pending[handover] = until
        self.handovers.add(task)
        task.add_done_callback(self.handovers.discard)

    async def _change_transport(self, sock: socket.socket, handover: "Handover", until: float) -> None:
        try:
            async with self._slots:
                transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: handover, sock)
        except OSError:
            sock.close()
            return
        except BaseException:
            sock.close()
            raise
        finally:
            self.node.pending.pop(handover, None)
            self.node.http_connections.remove(handover)
        if transport.is_closing():
            return
        try:
            protocol = self._open_http(transport, handover.data, until)
        except Exception:
            transport.abort()
            raise
        if handover.is_at_end and not protocol.eof_received():
            transport.close()

    def _open_http(self, transport: Any, data: bytes, until: float) -> http_fallback.HttpProtocol:
        protocol = http_fallback.HttpProtocol(*self._parts, self._loop)
        protocol.connection_made(transport)
        self.node.pending[protocol] = until
        transport.set_protocol(protocol)
        protocol.data_received(data)
        return protocol


class Handover(asyncio.Protocol):
    """The protocol of a socket that moves to a transport of the loop; it buffers what arrives."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_at_end = False

    def data_received(self, data: bytes) -> None:
        self.data += data

    def eof_received(self) -> bool:
        # A client that has ended its side may still wait for the answer: True keeps the socket open.
        self.is_at_end = True
        return True

    def expire(self) -> None:
        """Does nothing: after the handover `HttpProtocol` has the same deadline."""

    @property
    def has_input(self) -> bool:
        """True: its bytes are not read yet (`ticker.node.http_connections.Pending`)."""
        return True


class PendingConnection(asyncio.Protocol):
    """A connection that has sent nothing yet."""

    __slots__ = ("_peer", "_router", "transport")

    def __init__(self, router: Router, peer: str = "") -> None:
        self._router = router
        self._peer = peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        node, address = self._router.node, self._router.address(self._peer or peer_of(transport))
        node.http_connections.make_room(address, node.steady())
        node.http_connections.add(self, address)
        node.pending[self] = self._router.deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()

    def expire(self) -> None:
        """Closes a connection that has sent nothing in time."""
        self._forget()
        self.transport.abort()

    @property
    def has_input(self) -> bool:
        """Whether bytes have arrived that are not read yet."""
        return isinstance(self.transport, SocketTransport) and self.transport.has_input

    def data_received(self, data: bytes) -> None:
        until = self._forget()
        self._router.route(self.transport, data, self._peer or peer_of(self.transport), until)

    def _forget(self) -> float | None:
        """Ends the counting of this connection; returns its deadline."""
        self._router.node.http_connections.remove(self)
        return self._router.node.pending.pop(self, None)
