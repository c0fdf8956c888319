"""The contenders written in Python, which `bench.server` runs in a separate process."""

import socket
from collections.abc import Callable, Coroutine
from typing import Any, Final

from bench.loops import LOOPS

WRITES: Final = "writes-"


async def _flashwire(sock: socket.socket) -> None:
    from ticker.server import serve
    from ticker.settings import TickerSettings

    await serve(TickerSettings(), sock)


async def _naive(sock: socket.socket) -> None:
    from bench.contenders.naive import serve

    await serve(sock)


async def _bare(sock: socket.socket) -> None:
    from bench.contenders.bare import serve

    await serve(sock)


async def _broadcast(sock: socket.socket) -> None:
    from bench.contenders.broadcast import serve

    await serve(sock)


def _collected(method: str) -> Callable[[socket.socket], Coroutine[Any, Any, None]]:  # Any: what a coroutine is sent
    async def serve_collected(sock: socket.socket) -> None:
        from bench.pauses import serve

        await serve(method, sock)

    return serve_collected


def _serve_writes(method: str) -> Callable[[socket.socket], Coroutine[Any, Any, None]]:  # Any: what a coroutine is sent
    async def serve_on_loop(sock: socket.socket) -> None:
        from bench.loops import serve

        await serve(method, sock)

    return serve_on_loop


# Any: what a coroutine is sent.
SERVERS: Final[dict[str, Callable[[socket.socket], Coroutine[Any, Any, None]]]] = {
    "flashwire": _flashwire,
    "bare": _bare,
    "naive": _naive,
    "broadcast": _broadcast,
    # For the scenario `transports`.
    **{f"{WRITES}{method}": _serve_writes(method) for method in LOOPS},
    # For the scenario `gc`; the names are those of bench.pauses.
    **{f"collector-{method}": _collected(method) for method in ("shipped", "frozen", "python")},
}
