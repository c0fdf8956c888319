"""One cycle of the soak, after which the node must be in the same state as before.

1. Thousands of clients join, half of them with deflate; some stop reading for a while, some permanently.
2. Items are published in bursts until the buffers of clients that do not read are full; the slow ones then resume.
3. Items are published singly, with corrections, holds, releases and withdrawals; filters change; bad requests arrive.
4. A third of the clients is cut and resumes with cursors during more publishing; all clients must have all items.
5. All clients except the base leave, and the node closes those that never read. Only the base may remain.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from typing import Final

import httpx2
import msgspec

from bench.contender import ContenderError
from bench.load import Load
from bench.session import Session
from bench.soak.acts import act_json, replaced
from bench.soak.clients import ChangingReader, EventReader, Reader, all_at, send_bad_requests
from bench.soak.follower import Follower
from bench.stats import quantile

BURST: Final = 20
EMPTY_SECONDS: Final = 20.0
_TICK_SECONDS: Final = 0.05


class Plan(msgspec.Struct, frozen=True):
    """The number of clients of each kind, and of items."""

    base: int
    churn: int
    """Half of them with deflate."""
    deaf: int
    deaf_every: int
    """Deaf clients join in every n-th cycle, because the node needs seven seconds to close them."""
    slow: int
    pause: float
    """How long slow clients do not read, in seconds; at most until the bursts end."""
    readers: int
    """The number of each of the three kinds of client written in Python."""
    flood: int
    items: int


class Cycle:
    """All clients of a soak; `turn` runs one cycle."""

    def __init__(self, session: Session, plan: Plan, deflated: Load, deaf: Load, slow: Load) -> None:
        self.session = session
        self.plan = plan
        self.departed = 0
        self._deflated = deflated
        self._deaf = deaf
        self._slow = slow
        self._waits: list[float] = []
        self._turns = 0

    async def turn(self) -> float:
        """Runs one cycle; returns the p99 of its deliveries in ms. Raises `MissedError` or `ContenderError`."""
        plan, session, port = self.plan, self.session, self.session.target.port
        self._waits = []
        session.run.step(f"cycle {self._turns + 1}: joining")
        half, first = plan.churn // 2, session.next
        await session.load.open(half, first=first)
        await self._deflated.open(half, first=first)
        await self._slow.open(plan.slow, first=first)
        deaf = 0 if self._turns % plan.deaf_every else plan.deaf
        if deaf:
            await (self._deaf.resume() if self._turns else self._deaf.open(deaf))
        events = [await EventReader.join(port) for _ in range(plan.readers)]
        changing = [await ChangingReader.join(port) for _ in range(plan.readers)]
        followers = [await Follower.join(port) for _ in range(plan.readers)]
        await self._deaf.mute(deaf)
        await self._slow.mute(plan.slow)

        session.run.step(f"cycle {self._turns + 1}: bursts")
        until = time.monotonic() + plan.pause
        for _ in range(plan.flood // BURST):
            await self.deliver(BURST)
            # Slow clients must read again before `slow_seconds` pass, even on a slow machine.
            if time.monotonic() > until:
                until = math.inf
                await self._slow.unmute(plan.slow)
        if until < math.inf:
            await self._slow.unmute(plan.slow)

        session.run.step(f"cycle {self._turns + 1}: items")
        for number in range(plan.items):
            await self.deliver(1)
            if number % 5 == 0:
                for index, client in enumerate(changing):
                    await client.ask(self._turns + number // 5 + index)
            if number % 10 == 0:
                await send_bad_requests(port, 7)
        session.run.step(f"cycle {self._turns + 1}: cut and back")
        await session.load.cut((plan.base + half) // 3)
        await self._deflated.cut(half // 3)
        cursors = [reader.cursor for reader in events]
        await asyncio.gather(*(reader.leave() for reader in events))
        await session.contender.publish(self._next(BURST))
        await asyncio.gather(session.load.resume(), self._deflated.resume())
        events = [await EventReader.join(port, cursor) for cursor in cursors]
        readers: list[Reader] = [*events, *changing]
        await self.deliver(1)
        await all_at(readers, session.next)
        for follower in followers:
            await follower.reach(session.next)

        session.run.step(f"cycle {self._turns + 1}: leaving")
        await asyncio.gather(
            session.load.leave(half),
            self._deflated.leave(half),
            self._slow.leave(plan.slow),
            *(reader.leave() for reader in readers),
            *(follower.close() for follower in followers),
        )
        self._turns += 1
        self.departed += 2 * half + plan.slow + deaf + 4 * plan.readers + (plan.base + plan.churn) // 3
        await self.empty(plan.base)
        return quantile(self._waits, 0.99)

    async def deliver(self, count: int) -> None:
        """Publishes `count` items at once and waits until every client that reads has them."""
        session = self.session
        first, last = session.next, session.next + count - 1
        waiting = [await load.expect(first, last) for load in (session.load, self._deflated, self._slow)]
        items = self._next(count)
        published = time.monotonic_ns()
        await session.contender.publish(items)
        for client in waiting:
            self._waits += [(item.late - published) / 1e6 for item in await client if item.count]

    def _next(self, count: int) -> list[bytes]:
        """Returns the next `count` items, and tells all load clients which items these replace."""
        first = self.session.next
        self.session.next += count
        for load in (self.session.load, self._deflated, self._slow, self._deaf):
            load.replace(replaced(first, first + count - 1))
        return [act_json(number) for number in range(first, first + count)]

    async def empty(self, base: int) -> None:
        """Waits until the node has only the base connections, and no buffers of the others."""
        want = {
            "flashwire_connections": float(base),
            "flashwire_slow_connections": 0.0,
            "flashwire_pending_connections": 0.0,
            "flashwire_held_bytes": 0.0,
        }
        deadline = time.monotonic() + EMPTY_SECONDS
        while True:
            values = await self._metrics(tuple(want))
            # The connection of this metrics request is not counted as pending.
            if values == want and not (await self._deaf.stats()).open:
                return
            if time.monotonic() > deadline:
                wrong = ", ".join(f"{name} {value:g}" for name, value in values.items() if value != want[name])
                raise ContenderError(f"only {base} connections should remain, but: {wrong or 'deaf clients are open'}")
            await asyncio.sleep(_TICK_SECONDS)

    async def _metrics(self, names: Sequence[str]) -> dict[str, float]:
        async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
            text = (await client.get(f"http://127.0.0.1:{self.session.target.port}/metrics")).text
        sums = dict.fromkeys(names, 0.0)
        for line in text.splitlines():
            name, _, value = line.rpartition(" ")
            name = name.partition("{")[0]
            if name in sums:
                sums[name] += float(value)
        return sums
