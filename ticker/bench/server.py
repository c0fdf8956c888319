"""A server process of the benchmark: `python -m ticker.bench.server <contender> <socket> <core> <parent>`.

It is not forked from the benchmark, so that the memory of one is in no other's figures.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final

import uvloop

from ticker.bench import naive
from ticker.edge.server import serve
from ticker.embedded.process import die_with
from ticker.settings import TickerSettings


async def _flashwire(sock: socket.socket) -> None:
    await serve(TickerSettings(), sock)


# Any: what a coroutine is sent.
SERVERS: Final[dict[str, Callable[[socket.socket], Coroutine[Any, Any, None]]]] = {
    "flashwire": _flashwire,
    "naive": naive.serve,
}


def main(contender: str, number: str, core: str, parent: str) -> None:
    """Serves until SIGTERM, on one core, and never longer than its parent."""
    die_with(int(parent))
    os.sched_setaffinity(0, {int(core)})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(SERVERS[contender](socket.socket(fileno=int(number))))


if __name__ == "__main__":
    main(*sys.argv[1:])
