"""The contenders that are served in Python: what `ticker.bench.server` runs in a process of its own."""

import socket
from collections.abc import Callable, Coroutine
from typing import Any, Final


async def _flashwire(sock: socket.socket) -> None:
    from ticker.edge.server import serve
    from ticker.settings import TickerSettings

    await serve(TickerSettings(), sock)


async def _naive(sock: socket.socket) -> None:
    from ticker.bench.contenders.naive import serve

    await serve(sock)


async def _bare(sock: socket.socket) -> None:
    from ticker.bench.contenders.bare import serve

    await serve(sock)


async def _broadcast(sock: socket.socket) -> None:
    from ticker.bench.contenders.broadcast import serve

    await serve(sock)


# Any: what a coroutine is sent.
SERVERS: Final[dict[str, Callable[[socket.socket], Coroutine[Any, Any, None]]]] = {
    "flashwire": _flashwire,
    "bare": _bare,
    "naive": _naive,
    "broadcast": _broadcast,
}
