"""A contender with its audience, as most scenarios need it: started, joined, published to, looked at and ended."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from bench.contender import Contender, Target
from bench.items import numbered
from bench.load import WAIT_SECONDS, Load
from bench.load_reports import Arrivals, Joined
from bench.process import cpu_seconds, memory_kib
from bench.scenario import Run

_SETTLE_SECONDS: Final = 0.5


class Delivery(msgspec.Struct, frozen=True):
    """Items that reached everybody, once and in order."""

    published: int
    """Before the first was given to the contender, in nanoseconds of the monotonic clock, as all arrivals."""
    items: list[Arrivals]
    due: int
    server_cpu: float
    """Seconds, all the contender's processes."""
    holders_cpu: float
    """Seconds of those alone that hold the connections: without a store beside them."""
    client_cpu: float
    bytes: int

    @property
    def deliveries(self) -> int:
        return self.due * len(self.items)

    @property
    def last_ms(self) -> float:
        """From publishing to the last subscriber's last item."""
        return (max(item.last for item in self.items) - self.published) / 1e6

    @property
    def cpu_us(self) -> float:
        """Server CPU per delivery."""
        return self.server_cpu * 1e6 / self.deliveries

    @property
    def client_us(self) -> float:
        """The load client's CPU per delivery: less than the server's, or the client is what was measured."""
        return self.client_cpu * 1e6 / self.deliveries

    @property
    def busy(self) -> float:
        """The share of the time that the load client's core spent on it."""
        return self.client_cpu * 1e3 / self.last_ms


class Session:
    """A running contender and its audience; items are numbered from 1 on."""

    def __init__(self, run: Run, contender: Contender, target: Target, load: Load) -> None:
        self.run = run
        self.contender = contender
        self.target = target
        self.load = load
        self.next = 1
        """The number of the item that is published next."""

    async def join(self, count: int, **how: Any) -> Joined:  # Any: the keywords of Load.open
        """`count` subscribers join; the next item is the first that they get."""
        self.run.step(f"{count:,} join")
        return await self.load.open(count, **{"first": self.next, **how})

    async def publish(self, count: int) -> list[int]:
        """Gives the contender `count` items at once, without waiting for deliveries; returns their numbers."""
        numbers = list(range(self.next, self.next + count))
        self.next += count
        await self.contender.publish([numbered(number) for number in numbers])
        return numbers

    async def deliver(self, count: int = 1, *, seconds: float = WAIT_SECONDS) -> Delivery:
        """`count` items at once, to everybody; raises `MissedError`."""
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
        """`times` deliveries of `count` items, one after another; of a slow contender fewer, but three at least."""
        deliveries: list[Delivery] = []
        until = time.monotonic() + seconds
        while len(deliveries) < times and (len(deliveries) < min(3, times) or time.monotonic() < until):
            deliveries.append(await self.deliver(count))
        return deliveries

    async def warm(self, subscribers: int = 50, items: int = 10) -> None:
        """A few subscribers and items, so that nothing is measured that happens only once."""
        await self.join(subscribers)
        for _ in range(items):
            await self.deliver()

    async def grow(self, count: int) -> float:
        """`count` subscribers join; by how many KiB each of them the servers' memory grew."""
        await self.settle()
        memory_before = self.memory_kib()
        await self.join(count)
        await self.settle()
        return (self.memory_kib() - memory_before) / count

    async def settle(self) -> None:
        """Waits until what was begun has probably ended, before memory is looked at."""
        await asyncio.sleep(0.05 if self.run.quick else _SETTLE_SECONDS)

    def memory_kib(self) -> float:
        """PSS of the contender's servers; the kernel's socket buffers are in no process."""
        return sum(map(memory_kib, self._holders))

    def cpu_seconds(self) -> float:
        """CPU that all of the contender's processes have used."""
        return cpu_seconds(self.target.processes)

    @property
    def _holders(self) -> tuple[int, ...]:
        return self.target.processes[: self.target.servers]


@contextlib.asynccontextmanager
async def audience(
    run: Run, contender: Contender, *, path: str | None = None, **how: Any
) -> AsyncIterator[Session]:  # Any: the keywords of Load
    """Starts `contender` on the server's core, without subscribers; stops it in any case.

    `path` replaces the target's; the other keywords are those of `Load` (`paths`, `lenient`, `deflate`, …).
    """
    try:
        target = await contender.start(run.server_core)
        if path is not None:
            target = msgspec.structs.replace(target, path=path)
        # Before the first client joins: clients' cursors begin at the first entry of the stream.
        await contender.publish([numbered(0)])
        async with Load(target, core=run.client_core, **how) as load:
            yield Session(run, contender, target, load)
    finally:
        await contender.stop()
