"""Serves the desk: uvicorn with the application and the page, until it is told to stop."""

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

from publisher.api.accept import DeskAcceptor
from publisher.api.app import create_app
from publisher.api.bounded_http import BoundedHttp
from publisher.api.caller import is_authenticated
from publisher.api.connections import Connections
from publisher.api.parts import Parts, open_parts
from publisher.api.turns import PIECE_BYTES
from publisher.page import desk_routes
from publisher.settings import DeskSettings
from publisher.stream.signing_key import check_signing_key
from ticker.shared.http.forwarded import Proxies
from ticker.shared.http.intake import Intake
from ticker.shared.process.listen import open_to_clients
from ticker.shared.process.logs import configure_logs
from ticker.shared.process.stopping import may_stop

# A publication takes 2.5 s at most; nobody waits longer for the desk to stop.
_GRACE_SECONDS: Final = 3
_IDLE_SECONDS: Final = 20
_COLLECTED_AT: Final = 20_000
# SIGHUP is a terminal that was closed: what is being published is still answered.
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def serve(settings: DeskSettings, sock: socket.socket, announce: Callable[[], None] = lambda: None) -> None:
    """Serves on `sock`, and calls `announce` when it does; returns after SIGTERM or SIGINT, within 3 s or so.

    Raises what `check_signing_key` and `open_parts` raise before it serves, and `ListenError` where it cannot, each
    with one line for an operator.
    """
    configure_logs(settings.log_format, settings.log_level, side="desk")
    await check_signing_key(settings)
    parts = open_parts(settings)
    config = uvicorn.Config(
        create_app(parts, desk_routes(settings.ticker_url)),
        http="httptools",
        ws="none",
        # Our own lines say what happened; a line for each request would carry addresses and say less.
        log_config=None,
        access_log=False,
        # The application reads X-Forwarded-* itself.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=_IDLE_SECONDS,
        lifespan="on",
    )
    if sock.family != socket.AF_UNIX:
        # asyncio sets this only on sockets that were made with an explicit protocol; accepted ones inherit it.
        # Without it an answer's body waits 40 ms for the client's acknowledgement of its head.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # What was made for good by now (0.1 million objects) is not gone through again. And 64 requests in flight are
    # some 3,000 objects that live: collecting at the default of 700 costs 4 % of the desk's CPU time. At 20,000
    # no collection runs in 4,800 lines.
    gc.freeze()
    gc.set_threshold(_COLLECTED_AT)
    await DeskServer(config, parts, announce).serve([sock])


class DeskServer(uvicorn.Server):
    """uvicorn's server with bounded connections, which says that it is stopping before it stops."""

    def __init__(self, config: uvicorn.Config, parts: Parts, announce: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._parts = parts
        self._announce = announce
        self._connections = Connections(parts.metrics)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        settings = self._parts.settings
        proxies = Proxies(settings.forwarded_allow_ips)
        # Without sockets: the loop would accept more than there are descriptors for.
        await super().startup([])
        loop = asyncio.get_running_loop()
        intake = Intake(self._parts.steady, piece_bytes=PIECE_BYTES)
        protocol = partial(
            BoundedHttp,
            self._connections,
            proxies,
            settings.body_limit_bytes,
            intake=intake,
            knows=partial(is_authenticated, parts=self._parts),
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        # Any: uvicorn calls `close` and `wait_closed` of what stands there.
        servers: list[Any] = []
        for sock in sockets or []:
            open_to_clients(sock)
            servers.append(DeskAcceptor(sock, loop, self._places, protocol, intake.catch_up))
        self.servers = servers
        self._connections.start(loop)
        self._announce()

    def _places(self) -> int:
        return self._connections.places(len(self.server_state.connections))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
            # Those who are on their way to a connection must be there when uvicorn ends all.
            await server.wait_closed()
        await super().shutdown(sockets)
        self._connections.stop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not may_stop():
            return
        self._parts.watch.draining = True
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again once it has stopped, so that the process dies of it; here to stop when
        # asked is to end well.
        asking = [sig for sig in _SIGNALS if signal.getsignal(sig) is not signal.SIG_IGN]
        before = {sig: signal.signal(sig, self.handle_exit) for sig in asking}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)
