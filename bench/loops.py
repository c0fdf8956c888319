"""Event loops and transports on which a node can run, for the scenario `transports`."""

import asyncio
import socket
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

import uvloop

# aiofastnet patches the transports of an existing loop. It is not a dependency.
INSTALL: Final = "pip install aiofastnet"
Factory = Callable[[], asyncio.AbstractEventLoop]


def _fastnet(under: Factory) -> Factory:
    def make() -> asyncio.AbstractEventLoop:
        from aiofastnet import patch_loop  # type: ignore[import-not-found,unused-ignore]  # may not be installed

        patched: asyncio.AbstractEventLoop = patch_loop(under())
        return patched

    return make


LOOPS: Final[dict[str, tuple[str, Factory]]] = {
    "epoll": ("our transport in an epoll set on uvloop (as shipped)", uvloop.new_event_loop),
    "epoll-transport": ("our transport in an epoll set on uvloop, and through it", uvloop.new_event_loop),
    "epoll-asyncio": ("our transport in an epoll set on asyncio", asyncio.new_event_loop),
    "uvloop": ("uvloop's transport, straight to its descriptor", uvloop.new_event_loop),
    "uvloop-transport": ("uvloop's transport, and through it", uvloop.new_event_loop),
    "asyncio": ("asyncio's transport, straight to its descriptor", asyncio.new_event_loop),
    "asyncio-transport": ("asyncio's transport, and through it", asyncio.new_event_loop),
    "aiofastnet": ("aiofastnet's transport on uvloop, straight to its descriptor", _fastnet(uvloop.new_event_loop)),
    "aiofastnet-transport": ("aiofastnet's transport on uvloop, and through it", _fastnet(uvloop.new_event_loop)),
}
"""By name: a title, and the factory of the event loop."""


def absent(name: str) -> str | None:
    """Returns the command that installs the packages of loop `name`, or `None` if they are installed."""
    return INSTALL if name.startswith("aiofastnet") and find_spec("aiofastnet") is None else None


async def serve(name: str, sock: socket.socket) -> None:
    """Serves a node on `sock` as the name says: with our transport or the loop's, and with or without direct writes.

    A name that ends with `-transport` disables writing to the descriptor directly.
    """
    from ticker import server
    from ticker.net import connection
    from ticker.settings import TickerSettings

    if name.endswith("-transport"):
        connection.descriptor = lambda transport: connection.NO_DESCRIPTOR
    await server.serve(TickerSettings(transport="auto" if name.startswith("epoll") else "asyncio"), sock)
