"""A running contender with its subscribers, as most scenarios need it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from bench.contender import Contender, Target
from bench.items import numbered
from bench.kernel_memory import server_end_kib, slab_kib
from bench.load import WAIT_SECONDS, Load
from bench.load_reports import Arrivals, Joined
from bench.process import cpu_seconds, memory_kib
from bench.scenario import Run

_SETTLE_SECONDS: Final = 0.5


class Delivery(msgspec.Struct, frozen=True):
    """Items that every subscriber received once and in order."""

    published: int
    """The time before the first item was published, in nanoseconds of the monotonic clock, like all arrivals."""
    items: list[Arrivals]
    due: int
    server_cpu: float
    """CPU seconds of all processes of the contender."""
    holders_cpu: float
    """CPU seconds of the processes that hold connections, without the store."""
    client_cpu: float
    bytes: int

    @property
    def deliveries(self) -> int:
        return self.due * len(self.items)

    @property
    def last_ms(self) -> float:
        """Milliseconds from publishing until the last subscriber had the last item."""
        return (max(item.last for item in self.items) - self.published) / 1e6

    @property
    def cpu_us(self) -> float:
        """Server CPU per delivery, in microseconds."""
        return self.server_cpu * 1e6 / self.deliveries

    @property
    def client_us(self) -> float:
        """The load client's CPU per delivery; if it exceeds the server's, the client is the bottleneck."""
        return self.client_cpu * 1e6 / self.deliveries

    @property
    def busy(self) -> float:
        """The load client's CPU as a share of the elapsed time."""
        return self.client_cpu * 1e3 / self.last_ms


class Growth(msgspec.Struct, frozen=True):
    """The memory of one quiet connection, in KiB."""

    own_kib: float
    """Growth of the servers' PSS."""
    kernel_kib: float
    """The kernel's structures of the server's end."""


class Session:
    """A running contender and its subscribers. Items are numbered from 1."""

    def __init__(self, run: Run, contender: Contender, target: Target, load: Load) -> None:
        self.run = run
        self.contender = contender
        self.target = target
        self.load = load
        self.next = 1
        """The number of the next item."""

    async def join(self, count: int, **how: Any) -> Joined:  # Any: the keywords of Load.open
        """Adds `count` subscribers, which must receive the next item first."""
        self.run.step(f"{count:,} join")
        return await self.load.open(count, **{"first": self.next, **how})

    async def publish(self, count: int) -> list[int]:
        """Publishes `count` items at once without waiting for deliveries; returns their numbers."""
        numbers = list(range(self.next, self.next + count))
        self.next += count
        await self.contender.publish([numbered(number) for number in numbers])
        return numbers

    async def deliver(self, count: int = 1, *, seconds: float = WAIT_SECONDS) -> Delivery:
        """Publishes `count` items at once and waits until every subscriber has them; raises `MissedError`."""
        waiting = await self.load.expect(self.next, self.next + count - 1, seconds=seconds)
        items = [numbered(number) for number in range(self.next, self.next + count)]
        self.next += count
        stats_before, spent, holders_before = await self.load.stats(), self.cpu_seconds(), cpu_seconds(self._holders)
        published = time.monotonic_ns()
        await self.contender.publish(items)
        arrivals = await waiting
        spent, holders_before, stats_after = (
            self.cpu_seconds() - spent,
            cpu_seconds(self._holders) - holders_before,
            await self.load.stats(),
        )
        client, received = (stats_after.cpu - stats_before.cpu) / 1e9, stats_after.bytes - stats_before.bytes
        delivery = Delivery(published, arrivals, waiting.due, spent, holders_before, client, received)
        effort = self.run.effort
        effort.deliveries += delivery.deliveries
        effort.server_cpu += spent
        effort.client_cpu += client
        effort.seconds += delivery.last_ms / 1000
        return delivery

    async def series(self, times: int, count: int = 1, *, seconds: float = 6.0) -> list[Delivery]:
        """Makes `times` deliveries of `count` items in sequence; fewer after `seconds`, but at least three."""
        deliveries: list[Delivery] = []
        until = time.monotonic() + seconds
        while len(deliveries) < times and (len(deliveries) < min(3, times) or time.monotonic() < until):
            deliveries.append(await self.deliver(count))
        return deliveries

    async def warm(self, subscribers: int = 50, items: int = 10) -> None:
        """Joins a few subscribers and delivers a few items, so that one-time costs are not measured."""
        await self.join(subscribers)
        for _ in range(items):
            await self.deliver()

    async def grow(self, count: int) -> Growth:
        """Adds `count` subscribers and returns what memory each takes."""
        await self.settle()
        own, kernel = self.memory_kib(), slab_kib()
        await self.join(count)
        await self.settle()
        return Growth((self.memory_kib() - own) / count, server_end_kib(slab_kib() - kernel, count))

    async def settle(self) -> None:
        """Waits a moment before memory is read, so that pending work of the server can end."""
        await asyncio.sleep(0.05 if self.run.quick else _SETTLE_SECONDS)

    def memory_kib(self) -> float:
        """Returns the PSS of the contender's servers in KiB, without the kernel's socket buffers."""
        return sum(map(memory_kib, self._holders))

    def cpu_seconds(self) -> float:
        """Returns the CPU time of all processes of the contender."""
        return cpu_seconds(self.target.processes)

    @property
    def _holders(self) -> tuple[int, ...]:
        return self.target.processes[: self.target.servers]


@contextlib.asynccontextmanager
async def audience(
    run: Run, contender: Contender, *, path: str | None = None, pinned: bool = True, **how: Any
) -> AsyncIterator[Session]:  # Any: the keywords of Load
    """Starts `contender` on the server's core, without subscribers, and stops it on exit.

    `path` replaces the target's. Unless `pinned`, the load client may use all cores. The other keywords are those of
    `Load` (`paths`, `lenient`, `deflate`, …).
    """
    try:
        target = await contender.start(run.server_core)
        if path is not None:
            target = msgspec.structs.replace(target, path=path)
        # A cursor needs an entry, so the stream must not be empty when the first client joins.
        await contender.publish([numbered(0)])
        async with Load(target, core=run.client_core if pinned else None, **how) as load:
            yield Session(run, contender, target, load)
    finally:
        await contender.stop()
