"""A server process of the benchmark: `python -m bench.server <contender> <socket> <core> <parent>`.

It is a new process and not a fork, so that it shares no memory with the benchmark.
"""

import asyncio
import os
import socket
import sys

from bench.contenders.served import SERVERS, WRITES
from bench.loops import LOOPS
from ticker.shared.process.parent import die_with


def main(contender: str, number: str, core: str, parent: str) -> None:
    """Serves `contender` on one core until SIGTERM, or until the parent ends."""
    die_with(int(parent))
    os.sched_setaffinity(0, {int(core)})
    _, loop = LOOPS.get(contender.removeprefix(WRITES), LOOPS["epoll"])
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(SERVERS[contender](socket.socket(fileno=int(number))))


if __name__ == "__main__":
    main(*sys.argv[1:])
