"""Serves the desk: uvicorn with the desk's HTTP class, its application and its page, until a signal stops it."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, Final

import uvicorn

from publisher.api.app import create_app
from publisher.api.caller import is_authenticated
from publisher.api.connection_refusals import ConnectionRefusals
from publisher.api.parts import Parts, open_parts
from publisher.net.accept import DeskAcceptor
from publisher.net.bounded_http import BoundedHttp
from publisher.net.connections import Connections, DropReason
from publisher.net.fair_http import PIECE_BYTES
from publisher.page import desk_routes
from publisher.settings import DeskSettings
from publisher.stream.signing_key import check_signing_key
from ticker.shared.http.read_budget import ReadBudget
from ticker.shared.http.trusted_proxies import Proxies
from ticker.shared.process.listen import open_to_clients
from ticker.shared.process.logs import configure_logs
from ticker.shared.process.stopping import may_stop

# A publication takes 2.5 s at most.
_SHUTDOWN_SECONDS: Final = 3
_KEEP_ALIVE_SECONDS: Final = 20
# 64 requests in flight are some 3,000 live objects. Python's default threshold of 700 costs 4 % of the desk's CPU
# time; with this one no collection runs in 4,800 publications.
_GC_THRESHOLD: Final = 20_000
# SIGHUP: the terminal was closed. Publications in flight are still answered.
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def serve(settings: DeskSettings, sock: socket.socket, announce: Callable[[], None] = lambda: None) -> None:
    """Serves on `sock` until SIGTERM, SIGINT or SIGHUP, then stops within about 3 s; calls `announce` once it serves.

    Before it serves it raises what `check_signing_key` and `open_parts` raise, and `ListenError` where it cannot
    listen, each with one line for an operator.
    """
    configure_logs(settings.log_format, settings.log_level, side="desk")
    await check_signing_key(settings)
    parts = open_parts(settings)
    config = uvicorn.Config(
        create_app(parts, desk_routes(settings.ticker_url, rehearsal=settings.rehearsal)),
        http="httptools",
        ws="none",
        # The application writes its own log lines; an access log would add addresses and no facts.
        log_config=None,
        access_log=False,
        # The application reads X-Forwarded-* itself.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        lifespan="on",
    )
    if sock.family != socket.AF_UNIX:
        # Accepted sockets inherit it. asyncio sets it only on sockets made with an explicit protocol, and without it
        # the body of an answer waits 40 ms for the client to acknowledge the head.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # The 0.1 million objects of the start live as long as the process, so no collection needs to visit them.
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    await DeskServer(config, parts, announce).serve([sock])


class DeskServer(uvicorn.Server):
    """uvicorn's server with bounded connections; reports that the desk is stopping before it stops."""

    def __init__(self, config: uvicorn.Config, parts: Parts, announce: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._parts = parts
        self._announce = announce
        self._connections = Connections(self._count_drop)
        parts.metrics.pending.set_function(lambda: len(self._connections.pending))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        settings = self._parts.settings
        # uvicorn gets no sockets: the event loop would accept more connections than there are descriptors.
        await super().startup([])
        loop = asyncio.get_running_loop()
        read_budget = ReadBudget(self._parts.steady, piece_bytes=PIECE_BYTES)
        protocol = partial(
            BoundedHttp,
            self._connections,
            Proxies(settings.forwarded_allow_ips),
            settings.body_limit_bytes,
            ConnectionRefusals(self._parts.metrics),
            read_budget=read_budget,
            is_authenticated=partial(is_authenticated, parts=self._parts),
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        servers: list[Any] = []  # Any: uvicorn calls `close` and `wait_closed` of each
        for sock in sockets or []:
            open_to_clients(sock)
            servers.append(DeskAcceptor(sock, loop, self._capacity, protocol, read_budget.wait_for_pass))
        self.servers = servers
        self._connections.start(loop)
        self._announce()

    def _capacity(self) -> int:
        return self._connections.capacity(len(self.server_state.connections))

    def _count_drop(self, reason: DropReason) -> None:
        self._parts.metrics.dropped.labels(reason).inc()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
            # uvicorn closes the connections that it knows, so the last batch must be complete.
            await server.wait_closed()
        await super().shutdown(sockets)
        self._connections.stop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not may_stop():
            return
        self._parts.watch.draining = True
        super().handle_exit(sig, frame)
        # uvicorn takes a second SIGINT for force, and drops publications that are being answered.
        self.force_exit = False

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again after it has stopped, and the process dies of it. For the desk a requested
        # stop is a success, with exit status 0.
        captured = [sig for sig in _SIGNALS if signal.getsignal(sig) is not signal.SIG_IGN]
        previous = {sig: signal.signal(sig, self.handle_exit) for sig in captured}
        try:
            yield
        finally:
            for sig, handler in previous.items():
                signal.signal(sig, handler)
