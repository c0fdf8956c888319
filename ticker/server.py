"""Start, drain and stop of one node under uvicorn.

On SIGTERM, in this order: readiness turns false and joins are refused; connections are closed one after another, spread
over the drain time, each with a time to reconnect; then uvicorn stops. uvicorn alone would close all at once.
A node with a successor on the same socket first stops accepting, and answers the connections that it has accepted.
"""

import asyncio
import random
import resource
import socket
import sys
from types import FrameType
from typing import Any, Final

import structlog
import uvicorn

from ticker.contract.closes import CloseCode
from ticker.contract.entry import Keyring
from ticker.contract.keys import load_keyring
from ticker.contract.site import load_site
from ticker.http.app import make_app
from ticker.http.browser import BrowserHeaders
from ticker.net import poller
from ticker.net.accept import NodeAcceptor
from ticker.net.first_bytes import PendingConnection, Router
from ticker.net.http_fallback import HttpProtocol
from ticker.net.poller import Poller
from ticker.net.websocket import WebSocketConnection
from ticker.node import http_connections
from ticker.node.garbage import short_pauses
from ticker.node.node import Node
from ticker.node.pulse import pulse, show
from ticker.settings import TickerSettings
from ticker.shared.http.trusted_proxies import ForwardedMiddleware
from ticker.shared.process.listen import ACCEPT_QUEUE, open_to_clients
from ticker.shared.process.logs import configure_logs
from ticker.shared.process.stopping import may_stop, skips_drain
from ticker.workers.shared_state import WorkerSlot

DRAIN_TICK_SECONDS: Final = 0.05
# A client that is closed reconnects after a random time in this range.
RECONNECT_SECONDS: Final = (0.1, 3.0)
# The kernel doubles it and adds a page: a client that never reads has 61,440 bytes there.
SEND_BUFFER_BYTES: Final = 28_672
# Bytes unacknowledged for this long mean that the client is gone (RFC 5482); this ends half-open connections.
USER_TIMEOUT_MILLISECONDS: Final = 30_000
# Time for accepted connections to send their request before a handover ends.
HAND_OVER_SECONDS: Final = 2.0
# Descriptors kept from live connections: half for Redis, files and logs, the rest for HTTP requests.
SPARE_DESCRIPTORS: Final = 128
_OWN_DESCRIPTORS: Final = 64

log = structlog.get_logger()


class NodeServer(uvicorn.Server):
    """uvicorn's server, with a drain before its own shutdown; `slot` is its place among the service's workers."""

    def __init__(self, config: uvicorn.Config, node: Node, slot: WorkerSlot | None = None) -> None:
        super().__init__(config)
        self.node = node
        self.slot = slot
        self._router: Router | None = None
        self._poller: Poller | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # Without sockets, with which uvicorn would make the loop accept.
        await super().startup([])
        for sock in sockets or []:
            # Before the next client, which would otherwise wait for the next iteration of the loop.
            open_to_clients(sock)
        await self._accept(sockets or [])
        # After it listens: for the parent, the pulse means that too.
        running = self.node.tasks.keep_running("pulse", lambda: pulse(self.node, self.slot))
        self._pulse = asyncio.create_task(running, name="pulse")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not may_stop() and not (self.slot is not None and self.slot.is_retiring):
            return
        self.node.drains_at_once = skips_drain()
        super().handle_exit(sig, frame)
        # uvicorn takes a second SIGINT for force, and ends its tasks in the middle.
        self.force_exit = False

    async def _accept(self, sockets: list[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        self._router = router = Router(self.config, self.server_state, self.lifespan.state, loop)
        # Any: uvicorn calls `close` and `wait_closed` of its servers.
        servers: list[Any]
        if uses_poller(self.node.settings):
            self._poller = poller = Poller(loop)
            servers = [NodeAcceptor(sock, loop, router, poller) for sock in sockets]
        else:
            # create_server() calls listen() again, by default with a queue of 100.
            servers = [
                await loop.create_server(lambda: PendingConnection(router), sock=sock, backlog=ACCEPT_QUEUE)
                for sock in sockets
            ]
        self.servers = servers

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.slot is not None and self.slot.is_retiring:
            await self._hand_over()
        await drain(self.node, self.node.settings.drain_seconds)
        for server in self.servers:
            server.close()
        for pending in list(self.node.pending):
            # uvicorn closes its own connections.
            if isinstance(pending, PendingConnection):
                pending.expire()
        if self._router is not None and self._router.handovers:
            # uvicorn must have these connections to close them.
            await asyncio.wait(self._router.handovers, timeout=HAND_OVER_SECONDS)
        await super().shutdown(sockets)
        if self._poller is not None:
            self._poller.close()
            await asyncio.sleep(0)
        self._pulse.cancel()
        show(self.node, self.slot)

    async def _hand_over(self) -> None:
        """Stops accepting, and gives accepted connections time for an answer."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            # An idle connection would send its next request to a node that refuses. A new one may send its first.
            if isinstance(connection, HttpProtocol) and connection not in self.node.pending:
                connection.shutdown()
        for _ in range(round(HAND_OVER_SECONDS / DRAIN_TICK_SECONDS)):
            if not self.node.pending:
                break
            await asyncio.sleep(DRAIN_TICK_SECONDS)


def uses_poller(settings: TickerSettings) -> bool:
    """Whether a node holds its connections in a `Poller`, and not in the event loop's transports."""
    return settings.transport == "auto" and poller.is_available()


async def drain(node: Node, seconds: float) -> None:
    """Closes every connection within `seconds`, evenly spread and in random order."""
    node.draining = True
    node.next_entry.wake()
    members = node.hub.members()
    random.shuffle(members)
    log.info("draining", connections=len(members), seconds=seconds)
    start, total = node.steady(), len(members)
    while members:
        share = 1.0 if not seconds or node.drains_at_once else min(1.0, (node.steady() - start) / seconds)
        while members and len(members) > total * (1.0 - share):
            members.pop().close_with(CloseCode.STOPPING, reconnect=random.uniform(*RECONNECT_SECONDS))
        if members:
            await asyncio.sleep(DRAIN_TICK_SECONDS)


def limit_buffers(sock: socket.socket) -> None:
    """Limits the bytes and time of a client that does not read, in the kernel; accepted sockets inherit the options."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    # Bytes leave at once: no later write would join them.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLISECONDS)


async def serve(settings: TickerSettings, sock: socket.socket, slot: WorkerSlot | None = None) -> None:
    """Runs one node on `sock` until SIGTERM or SIGINT; raises `KeyringError` or `SiteError` before it listens, and
    `ListenError` where it cannot. `slot` is the node's place among the workers of a service.
    """
    configure_logs(settings.log_format, settings.log_level, side="ticker")
    keyring = load_keyring(settings.signing_keys, settings.data, settings.brand, create=False)
    server = make_server(settings, keyring, slot=slot)
    limit_buffers(sock)
    with short_pauses():
        await server.serve(sockets=[sock])


def descriptors() -> int:
    """How many files this process may open, after asking for as many as it may ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        return soft
    return hard if hard != resource.RLIM_INFINITY else sys.maxsize


def check_descriptors() -> None:
    """Raises `ValueError` where a node could take no connection at all."""
    files = descriptors()
    if files <= SPARE_DESCRIPTORS:
        raise ValueError(
            f"This process may open {files} files, and a node needs {SPARE_DESCRIPTORS} besides its connections: raise "
            "the limit (ulimit -n, LimitNOFILE)."
        )


def make_server(
    settings: TickerSettings,
    keyring: Keyring,
    connection: type[WebSocketConnection] = WebSocketConnection,
    slot: WorkerSlot | None = None,
) -> NodeServer:
    """A node and its server, not yet started; raises `SiteError`."""
    if settings.redis_url is None:
        raise ValueError("Set REDIS_URL to the stream's Redis, or use `flashwire run`.")
    node = Node(settings, load_site(settings.site))
    files = descriptors()
    node.capacity = min(node.capacity, files - SPARE_DESCRIPTORS)
    node.http_connections.limit = max(
        http_connections.LOWER_LIMIT, min(http_connections.UPPER_LIMIT, files - node.capacity - _OWN_DESCRIPTORS)
    )
    if node.capacity < settings.max_connections:
        log.warning("fewer connections than allowed: raise the limit of open files", capacity=node.capacity)
    config = uvicorn.Config(
        ForwardedMiddleware(
            BrowserHeaders(make_app(node, keyring, settings.redis_url, slot), settings), settings.forwarded_allow_ips
        ),
        http=PendingConnection,
        ws=connection,
        loop="none",
        lifespan="on",
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=20,
    )
    return NodeServer(config, node, slot)
