"""Histories: what happens to one world, chosen by a seed, and the run of one history with all its checks."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from structlog.testing import capture_logs

from tests.simulation.oracle import Violation
from tests.simulation.reader import FILTERS, KINDS, SimulatedReader
from tests.simulation.virtual_loop import VirtualLoop
from tests.simulation.world import WRITE_LIMIT, World
from ticker.contract.item import Act
from ticker.net.connection import Connection

ACTS: tuple[Act, ...] = ("update", "correction", "hold", "release", "withdraw", "refile")
EDITIONS = ("en", "ar", "es")
SECTIONS = (("world",), ("politics",), ("politics", "world"), ())
URGENCIES = (1, 2, 4)
LENGTHS = (8, 30, 200)
WORK_SECONDS = (0.0, 0.0002, 0.002, 0.005)
STEPS = (12, 24, 48)
# In the end all faults are over, and the readers have this long to see the truth: a reader that has just come back
# after a cut without a sign needs a timeout of the client, two back-offs and one heartbeat.
HEALING_SECONDS = 16.0

# The weight of each event; the second number is that in a world where the stream itself suffers.
_WEIGHTS = {
    "wait": (30, 30),
    "publish": (16, 14),
    "act": (16, 14),
    "join": (8, 8),
    "leave": (2, 2),
    "cut": (6, 5),
    "vanish": (2, 2),
    "freeze": (5, 4),
    "thaw": (5, 4),
    "change": (5, 4),
    "ping": (2, 2),
    "trim": (2, 2),
    "redis_cut": (2, 4),
    "redis_slow": (2, 2),
    "restart": (1, 2),
    "drain": (1, 1),
    "fail_over": (0, 6),
    "unreadable": (0, 2),
    "hole": (0, 2),
    "wipe": (0, 1),
}
_WAITS = (0.0, 0.001, 0.004, 0.03, 0.3, 1.0, 2.5)


class Event(NamedTuple):
    """One event of a history; each name has a method of `Run`, and takes three numbers as it needs them."""

    name: str
    numbers: tuple[int, int, int]


class Outcome(NamedTuple):
    """How a history ended; `failure` is None if it held."""

    failure: str | None
    events_done: int
    messages: int
    """Messages that readers got."""
    digest: int
    """Of all bytes that readers got, and when; equal for two runs of the same history."""


def events_of(seed: int) -> list[Event]:
    """The events of a seed."""
    chance = random.Random(f"events {seed}")
    suffers = chance.random() < 0.6
    names, weights = list(_WEIGHTS), [pair[suffers] for pair in _WEIGHTS.values()]
    count = chance.choice(STEPS)
    first = [Event("join", _numbers(chance)) for _ in range(chance.randint(1, 4))]
    return first + [Event(name, _numbers(chance)) for name in chance.choices(names, weights, k=count)]


def _numbers(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(1000), chance.randrange(1000), chance.randrange(1000)


class Run:
    """One history while it runs."""

    def __init__(self, seed: int, loop: VirtualLoop) -> None:
        setup = random.Random(f"setup {seed}")
        self.published_before = setup.randrange(4)
        self.world = World(
            loop,
            random.Random(f"run {seed}"),
            setup.randint(1, 3),
            setup.choice(LENGTHS),
            setup.choice(WORK_SECONDS),
        )

    async def run(self, events: Sequence[Event]) -> Outcome:
        world = self.world
        for number in range(self.published_before):
            await self.publish(number, number, number)
        for index in range(len(world.nodes)):
            world.start_node(index)
        await asyncio.sleep(0.5)
        done = 0
        try:
            for event in events:
                await getattr(self, event.name)(*event.numbers)
                await asyncio.sleep(0)
                if world.failure is not None:
                    break
                done += 1
            else:
                await self._heal()
                if world.failure is None:
                    self._check_end()
        except Violation as error:
            world.fail(error)
        for node in world.nodes:
            if node is not None:
                await node.kill()
        await asyncio.sleep(0)
        failure = None if world.failure is None else f"{type(world.failure).__name__}: {world.failure}"
        return Outcome(failure, done, sum(reader.view.messages for reader in world.readers), world.kernel.digest)

    def _pick(self, number: int) -> SimulatedReader | None:
        readers = self.world.readers
        return readers[number % len(readers)] if readers else None

    # Events

    async def wait(self, a: int, b: int, c: int) -> None:
        await asyncio.sleep(_WAITS[a % len(_WAITS)])

    async def publish(self, a: int, b: int, c: int) -> None:
        for number in range(1 + (a % 4 if a % 3 == 0 else 0)):
            self.world.store.published(self.world.store.model.publish(_facets(a + number, b, c)))

    async def act(self, a: int, b: int, c: int) -> None:
        moved = _facets(a, b, c) if a % 2 else {}
        self.world.store.published(self.world.store.model.act(b, ACTS[c % len(ACTS)], moved))

    async def trim(self, a: int, b: int, c: int) -> None:
        self.world.store.trim(1 + a % 6)

    async def fail_over(self, a: int, b: int, c: int) -> None:
        self.world.store.fail_over(a % 5, lingers=b % 2 == 0)

    async def unreadable(self, a: int, b: int, c: int) -> None:
        self.world.store.is_calm = False
        self.world.store.model.poison(counted=a % 2 == 0)
        self.world.store.primary.wake()

    async def hole(self, a: int, b: int, c: int) -> None:
        self.world.store.is_calm = False
        self.world.store.model.hole()

    async def wipe(self, a: int, b: int, c: int) -> None:
        self.world.store.wipe()

    async def redis_cut(self, a: int, b: int, c: int) -> None:
        if (node := self.world.node_at(a)) is not None:
            node.client.cut_until = self.world.loop.now + (0.1, 1.0, 5.0)[b % 3]
            node.client.hangs = c % 2 == 0

    async def redis_slow(self, a: int, b: int, c: int) -> None:
        if (node := self.world.node_at(a)) is not None:
            node.client.delay = (0.0005, 0.02, 0.4)[b % 3]

    async def join(self, a: int, b: int, c: int) -> None:
        kinds = [kind for kind in KINDS if kind != "gzip"]
        if a % 3 == 0 and len(self.world.readers) > 3:
            if (reader := self._pick(a)) is not None:
                reader.join(b)
            return
        if len(self.world.readers) < 8:
            number, capacity = len(self.world.readers), (300, 1500, 6000)[(a + b) % 3]
            kind = "shared" if b % 2 else kinds[b // 2 % len(kinds)]
            if kind == "sse" and c % 2:
                kind = "gzip"
            reader = SimulatedReader(self.world, number, kind, a % len(FILTERS) if b % 3 else 0, capacity)
            self.world.readers.append(reader)
            reader.join(c)

    async def leave(self, a: int, b: int, c: int) -> None:
        if (reader := self._pick(a)) is not None:
            reader.leave()

    async def cut(self, a: int, b: int, c: int) -> None:
        if (reader := self._pick(a)) is not None:
            reader.cut()

    async def vanish(self, a: int, b: int, c: int) -> None:
        if (reader := self._pick(a)) is not None:
            reader.vanish()

    async def freeze(self, a: int, b: int, c: int) -> None:
        if (reader := self._pick(a)) is not None:
            reader.freeze()

    async def thaw(self, a: int, b: int, c: int) -> None:
        if (reader := self._pick(a)) is not None:
            reader.thaw()

    async def ping(self, a: int, b: int, c: int) -> None:
        if (reader := self._pick(a)) is not None:
            reader.ping()

    async def change(self, a: int, b: int, c: int) -> None:
        if (reader := self._pick(a)) is not None:
            # With the same filter a cursor makes sense; with another the list must be new.
            resumes = c % 3 == 0 and not reader.view.is_changing
            reader.change(reader.filter_index if resumes else b % len(FILTERS), resumes=resumes)

    async def restart(self, a: int, b: int, c: int) -> None:
        index = a % len(self.world.nodes)
        if (node := self.world.nodes[index]) is not None:
            self.world.nodes[index] = None
            await node.kill()
            await asyncio.sleep((0.0, 0.2)[b % 2])
            self.world.start_node(index)

    async def drain(self, a: int, b: int, c: int) -> None:
        index = a % len(self.world.nodes)
        if (node := self.world.nodes[index]) is not None:
            node.start_drain((0.0, 1.0)[b % 2])
            await asyncio.sleep(1.2)
            await self.restart(a, b, c)

    # The end

    async def _heal(self) -> None:
        world = self.world
        for node in world.nodes:
            if node is not None:
                node.client.cut_until, node.client.delay = 0.0, 0.0005
        for reader in world.readers:
            reader.thaw()
        # A readable entry ends the doubt that an unreadable one left.
        await self.publish(1, 0, 0)
        for number, reader in enumerate(world.readers):
            if not reader.is_connected and not reader.is_present:
                reader.join(number)
        await asyncio.sleep(HEALING_SECONDS)

    def _check_end(self) -> None:
        store = self.world.store
        tip = store.model.state.tip
        assert tip is not None
        fold = store.fold(tip)
        recent = set(store.lineage(tip)[-self.world.length :])
        for reader in self.world.readers:
            view, name = reader.view, f"reader {reader.number} ({reader.kind})"
            if not reader.is_connected or not view.has_first:
                raise Violation(f"{name} is not connected in the end")
            if view.reached is not tip:
                raise Violation(f"{name} stands still at {view.cursor} instead of {tip.cursor}")
            if view.is_stale:
                raise Violation(f"{name} is told of old news in the end")
            if view.is_changing:
                raise Violation(f"{name} has no answer to a change of its filter")
            visible = view.visible()
            for uri, item in visible.items():
                # Nodes that have read a version which a failover lost do not send the ones before it.
                if uri in fold and store.lost_versions.get(uri, 0) > fold[uri].version:
                    continue
                if uri not in fold or fold[uri].item != item:
                    raise Violation(f"{name} shows {uri[-3:]} v{item.version}, which is not the newest version")
            for uri, entry in fold.items():
                newest = entry.item
                assert newest is not None
                is_due = entry in recent and entry not in store.forgotten and newest.pub_status == "usable"
                is_due = is_due and store.lost_versions.get(uri, 0) <= newest.version and view.filter.matches(newest)
                taken_off = uri in view.known and view.known[uri].pub_status == "canceled"
                if is_due and not taken_off and uri not in visible:
                    raise Violation(f"{name} does not show {uri[-3:]} v{newest.version}")


def _facets(a: int, b: int, c: int) -> dict[str, object]:
    return {"edition": EDITIONS[a % 3], "sections": SECTIONS[b % 4], "urgency": URGENCIES[c % 3]}


def run_history(seed: int, events: Sequence[Event]) -> Outcome:
    """Runs the events of one history; the same arguments always give the same result."""
    with _sealed(seed) as (loop, logged):
        run = Run(seed, loop)
        loop.set_exception_handler(lambda _, context: run.world.fail(_error_of(context)))
        with run.world.kernel.installed():
            outcome = loop.run_until_complete(run.run(events))
        broken = [event for event in logged if event.get("exc_info")]
        if outcome.failure is None and broken:
            outcome = outcome._replace(failure=f"the ticker logged an error: {broken[0]}")
        return outcome


@contextmanager
def _sealed(seed: int) -> Iterator[tuple[VirtualLoop, Any]]:
    """A loop, and the ticker's log; without anything that would differ between two runs."""
    state = random.getstate()
    random.seed(seed)
    tokens = random.Random(f"tokens {seed}")
    loop = VirtualLoop()
    with ExitStack() as stack:
        # Sets of connections in an order that does not depend on addresses in memory.
        stack.enter_context(patch.object(Connection, "__hash__", _hash_of))
        stack.enter_context(patch("ticker.reader.sink.secrets.token_bytes", lambda size: tokens.randbytes(size)))
        # Replays of a few entries go in pieces, as those of a megabyte do.
        stack.enter_context(patch("ticker.contract.message.LONG_BYTES", WRITE_LIMIT))
        for module in ("ticker.core.long", "ticker.net.joining"):
            stack.enter_context(patch(f"{module}.PIECE_BYTES", WRITE_LIMIT // 2))
        logged = stack.enter_context(capture_logs())
        try:
            yield loop, logged
        finally:
            loop.close()
            random.setstate(state)


def _hash_of(connection: Any) -> int:  # Any: a connection
    return int(connection.address.rpartition(".")[2])


def _error_of(context: dict[str, Any]) -> BaseException:  # Any: asyncio's context
    error = context.get("exception")
    return error if isinstance(error, BaseException) else RuntimeError(context.get("message"))
