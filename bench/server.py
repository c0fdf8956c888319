"""A server process of the benchmark: `python -m bench.server <contender> <socket> <core> <parent>`.

It is not forked from the benchmark, so that the memory of one is in no other's figures.
"""

import asyncio
import os
import socket
import sys

from bench.contenders.served import SERVERS, WRITES
from bench.loops import LOOPS
from ticker.shared.process.parent import die_with


def main(contender: str, number: str, core: str, parent: str) -> None:
    """Serves until SIGTERM, on one core, and never longer than its parent."""
    die_with(int(parent))
    os.sched_setaffinity(0, {int(core)})
    _, loop = LOOPS.get(contender.removeprefix(WRITES), LOOPS["epoll"])
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(SERVERS[contender](socket.socket(fileno=int(number))))


if __name__ == "__main__":
    main(*sys.argv[1:])
