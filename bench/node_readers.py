"""A process of many nodes without clients: each follows the stream with the real reader, over a connection of its own.

`python -m bench.node_readers <count> <parent>` reads REDIS_URL and FLASHWIRE_SIGNING_KEYS. It prints `ready` when all
nodes have read the stream, and for each entry its number and when the last of its nodes had it (monotonic clock).
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence

import structlog

from bench.contenders.flashwire import BRAND
from ticker.contract.entry import Entry
from ticker.contract.keys import parse_keyring
from ticker.contract.site import load_site
from ticker.node.node import Node
from ticker.reader.reader import TIMEOUT_SECONDS, Reader
from ticker.settings import TickerSettings
from ticker.shared.process.parent import die_with
from ticker.stream.redis_stream import Stream, connect


class Arrivals:
    """Counts the nodes that have each entry."""

    def __init__(self, nodes: int) -> None:
        self._nodes = nodes
        self._counts: dict[int, int] = {}

    def note(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._counts[entry.seq] = self._counts.get(entry.seq, 0) + 1
            if self._counts[entry.seq] == self._nodes:
                print(entry.seq, time.monotonic(), flush=True)


class FollowingNode(Node):
    """A node that reports each entry that it has."""

    arrivals: Arrivals

    def append(self, entries: Sequence[Entry]) -> None:
        super().append(entries)
        self.arrivals.note(entries)


async def run(count: int) -> None:
    keyring = parse_keyring(os.environ["FLASHWIRE_SIGNING_KEYS"], BRAND)
    settings, site, arrivals = TickerSettings.model_construct(stream_length=1000), load_site(None), Arrivals(count)
    nodes = [FollowingNode(settings, site) for _ in range(count)]
    tasks = []
    for node in nodes:
        node.arrivals = arrivals
        stream = Stream(connect(os.environ["REDIS_URL"], timeout=TIMEOUT_SECONDS), BRAND)
        tasks.append(asyncio.create_task(Reader(stream, keyring, node).run()))
    for node in nodes:
        while True:
            if node.filled and not node.stale:
                break
            await asyncio.sleep(0.05)
    print("ready", flush=True)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    die_with(int(sys.argv[2]))
    # Standard output is for the results.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(run(int(sys.argv[1])))
