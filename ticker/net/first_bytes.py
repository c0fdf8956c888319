"""The gate: who has just connected, until the first bytes come; nearly always they are the whole head of a join.

Then the socket goes straight to its `WebSocketConnection` or `SseConnection`. Everybody else, and whoever sends a head
in pieces, is handed on to the `HttpProtocol` with what was read, within the same patience. With uvicorn's HTTP class in
its place a join took two and a half times the CPU (docs/performance/gains.md, "A join: read once").
"""

import asyncio
import socket
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.net import http_fallback as door
from ticker.net.client_address import client_address, peer_of
from ticker.net.handshake import Request
from ticker.net.head import HeadReader
from ticker.net.sse import SseConnection
from ticker.net.transport import SocketTransport
from ticker.net.websocket import WebSocketConnection
from ticker.node import http_connections
from ticker.node.node import Node
from ticker.shared.http.limits import HEAD_BYTES

# On their way to the front door at once: of 48 that came together all would be answered in one turn, which held the
# loop for 10 to 58 ms where these take 3.
HANDOVERS_AT_ONCE: Final = 4

_read = HeadReader().read


class Router:
    """Where sockets become connections, by the first bytes that came on them; one for all of a server."""

    # uvicorn's seam: its lifespan state is a plain dict of anything, its loop may be any.
    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], loop: Any) -> None:
        self._parts = config, server_state, app_state
        self._loop = loop
        self.node: Node = app_state["node"]
        # Any: a class that was set by hand needs no import string.
        self._websocket: Any = config.ws_protocol_class
        self.handovers: set[asyncio.Task[None]] = set()
        """Those who are on their way to the front door."""
        self._turns = asyncio.Semaphore(HANDOVERS_AT_ONCE)

    # Any: uvloop's transports are of no class of asyncio's.
    def enter(self, transport: Any, data: bytes, peer: str, until: float | None = None) -> None:
        """Gives the socket below `transport` to who `data` asks for; its patience for a whole head ends at `until`,
        or begins now. `peer` is the other end's address, which a socket does not tell any more when that has gone.
        """
        found = _read(data) if len(data) <= HEAD_BYTES else None
        if found is None:
            self._hand_on(transport, data, peer, self.deadline() if until is None else until)
        elif b"upgrade" in found[0].headers:
            self._become_socket(transport, peer, *found)
        else:
            connection = SseConnection(self.node)
            connection.address = peer
            connection.connection_made(transport)
            transport.set_protocol(connection)
            connection.open(found[0])

    def deadline(self) -> float:
        """When that of one who comes now ends, by the node's steady clock."""
        return self.node.steady() + http_connections.REQUEST_SECONDS

    def _become_socket(self, transport: Any, peer: str, request: Request, rest: bytes) -> None:
        connection: WebSocketConnection = self._websocket(*self._parts)
        connection.address = peer
        connection.connection_made(transport)
        # First: a first message that fills the buffer must find it there.
        transport.set_protocol(connection)
        connection.meet(request)
        # Frames that came together with the request.
        if rest and not transport.is_closing():
            connection.data_received(rest)

    def _hand_on(self, transport: Any, data: bytes, peer: str, until: float) -> None:
        address = self.address(peer)
        self.node.http_connections.make_room(address, self.node.steady())
        if not isinstance(transport, SocketTransport):
            self._to_door(transport, data, until)
            return
        # uvicorn's class wants a transport of the loop's.
        between = Handover(data)
        task = asyncio.ensure_future(self._move(transport.detach(), between, until))
        self.node.http_connections.add(between, address)
        self.node.pending[between] = until
        self.handovers.add(task)
        task.add_done_callback(self.handovers.discard)

    def address(self, peer: str) -> str:
        """The address of the other end, as far as it is known before a request is read."""
        return client_address(peer, None, self.node.settings.forwarded_allow_ips)

    async def _move(self, sock: socket.socket, between: "Handover", until: float) -> None:
        try:
            async with self._turns:
                transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: between, sock)
        except OSError:
            sock.close()
            return
        except BaseException:
            sock.close()
            raise
        finally:
            self.node.pending.pop(between, None)
            self.node.http_connections.remove(between)
        if transport.is_closing():
            return
        try:
            front = self._to_door(transport, between.data, until)
        except Exception:
            transport.abort()
            raise
        if between.ended and not front.eof_received():
            transport.close()

    def _to_door(self, transport: Any, data: bytes, until: float) -> door.HttpProtocol:
        front = door.HttpProtocol(*self._parts, self._loop)
        front.connection_made(transport)
        self.node.pending[front] = until
        transport.set_protocol(front)
        front.data_received(data)
        return front


class Handover(asyncio.Protocol):
    """Has a socket while it goes from one transport to another, and keeps what comes meanwhile."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.ended = False

    def data_received(self, data: bytes) -> None:
        self.data += data

    def eof_received(self) -> bool:
        # Who has said all there is to say may still wait for the answer: `True` leaves the socket open.
        self.ended = True
        return True

    def expire(self) -> None:
        """Ends nothing: its turn comes, and then the door has what is left of its patience."""

    @property
    def has_input(self) -> bool:
        """As `ticker.node.http_connections.Pending`: nobody has looked yet at what it has said."""
        return True


class PendingConnection(asyncio.Protocol):
    """One incoming connection that has said nothing yet."""

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
        self._left()

    def expire(self) -> None:
        """Ends a connection that has said nothing in its time."""
        self._left()
        self.transport.abort()

    @property
    def has_input(self) -> bool:
        """As `ticker.node.http_connections.Pending`."""
        return isinstance(self.transport, SocketTransport) and self.transport.has_input

    def data_received(self, data: bytes) -> None:
        until = self._left()
        self._router.enter(self.transport, data, self._peer or peer_of(self.transport), until)

    def _left(self) -> float | None:
        self._router.node.http_connections.remove(self)
        return self._router.node.pending.pop(self, None)
