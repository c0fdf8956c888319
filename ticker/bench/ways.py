"""The ways in which a node can write: loops and transports under one protocol class, for the scenario `transports`."""

import asyncio
import socket
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

import uvloop

# aiofastnet replaces the transports of a loop that is there; it is no dependency of ours.
INSTALL: Final = "pip install aiofastnet"
Factory = Callable[[], asyncio.AbstractEventLoop]


def _fastnet(under: Factory) -> Factory:
    def make() -> asyncio.AbstractEventLoop:
        from aiofastnet import patch_loop  # type: ignore[import-not-found,unused-ignore]  # may not be installed

        patched: asyncio.AbstractEventLoop = patch_loop(under())
        return patched

    return make


WAYS: Final[dict[str, tuple[str, Factory]]] = {
    "uvloop": ("uvloop, straight to the descriptor (as shipped)", uvloop.new_event_loop),
    "uvloop-transport": ("uvloop, through its transport", uvloop.new_event_loop),
    "asyncio": ("asyncio, straight to the descriptor", asyncio.new_event_loop),
    "asyncio-transport": ("asyncio, through its transport", asyncio.new_event_loop),
    "aiofastnet": ("aiofastnet on uvloop, straight to the descriptor", _fastnet(uvloop.new_event_loop)),
    "aiofastnet-transport": ("aiofastnet on uvloop, through its transport", _fastnet(uvloop.new_event_loop)),
}
"""By name: what it is, and what makes its loop."""


def absent(way: str) -> str | None:
    """How to install what `way` needs, if it is not there."""
    return INSTALL if way.startswith("aiofastnet") and find_spec("aiofastnet") is None else None


async def serve(way: str, sock: socket.socket) -> None:
    """The node as it is shipped, or with the short way to the descriptor closed."""
    from ticker.edge import connection
    from ticker.edge.server import serve as serve_node
    from ticker.settings import TickerSettings

    if way.endswith("-transport"):
        connection.descriptor = lambda transport: connection.NOWHERE
    await serve_node(TickerSettings(), sock)
