"""Loops and transports under our class, in each of `bench.loops`: what a delivery costs, how long the last
one waits, what a burst reaches and what a connection holds."""

import msgspec

from bench.contenders.flashwire import Flashwire
from bench.contenders.served import WRITES
from bench.loops import LOOPS, absent
from bench.plot import Panel, bars
from bench.scenario import Picture, Run, Scenario, Section
from bench.session import audience
from bench.stats import figure, median, table

WARM = 50
BURST = 20
SHIPPED = "epoll"


class Round(msgspec.Struct, frozen=True):
    """One round of one variant."""

    cpu_us: float
    """CPU of the node alone per delivery, without Valkey."""
    last_ms: float
    burst_per_second: float
    """Deliveries that a core makes in a second of its own time, in bursts."""
    memory_kib: float


class NodeOnLoop(Flashwire):
    """Our node on one of `bench.loops.LOOPS`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = f"{WRITES}{name}"


async def measure(run: Run) -> Section:
    subscribers, items = (200, 3) if run.quick else (5_000, 10)
    missing = {name: how for name in LOOPS if (how := absent(name))}
    if missing:
        run.notes.append(f"{', '.join(missing)} left out; to measure them: {next(iter(missing.values()))}")

    async def one_round(name: str) -> Round:
        async with audience(run, NodeOnLoop(name)) as session:
            await session.warm(WARM, 2 if run.quick else 10)
            memory = (await session.grow(subscribers - WARM)).own_kib
            await session.deliver()
            run.step(f"{items} items")
            singles = await session.series(items)
            run.step(f"bursts of {BURST}")
            bursts = await session.series(max(2, items // 2), BURST)
            return Round(
                cpu_us=sum(delivery.holders_cpu for delivery in singles)
                * 1e6
                / sum(delivery.deliveries for delivery in singles),
                last_ms=median([delivery.last_ms for delivery in singles]),
                burst_per_second=sum(delivery.deliveries for delivery in bursts)
                / sum(delivery.holders_cpu for delivery in bursts),
                memory_kib=memory,
            )

    rounds = await run.in_turn([name for name in LOOPS if name not in missing], one_round)

    def of(name: str, field: str) -> list[float]:
        return [getattr(result, field) for result in rounds[name]]

    def cell(name: str, field: str, digits: int = 1) -> str:
        times = median([mine / theirs for mine, theirs in zip(of(name, field), of(SHIPPED, field), strict=False)])
        text = figure(of(name, field)).text(digits)
        return text if name == SHIPPED else f"{text} · ×{times:.2f}"

    lines = [
        (
            LOOPS[name][0],
            cell(name, "cpu_us"),
            cell(name, "last_ms", 0),
            cell(name, "burst_per_second", 0),
            cell(name, "memory_kib"),
        )
        for name in rounds
    ]
    head = (
        "variant",
        "CPU per delivery, µs",
        "to the last, ms",
        f"in bursts of {BURST}, deliveries/s a core",
        "KiB each",
    )
    text = f"""{table(head, lines)}

Our node alone, without Valkey; {subscribers:,} subscribers, items of 560 bytes. × is the ratio to what is shipped,
turn by turn. *Straight to its descriptor* is the same node on the loop's own transports; *through it* has the short way
to the descriptor closed, too. Handshake, hub and backlog are the same for all; KiB each is the growth of the process
while they joined.
"""
    panel = Panel("Node CPU per delivery, µs", [(LOOPS[name][0], figure(of(name, "cpu_us"))) for name in rounds])
    return Section(text, rounds, (), (Picture(bars([panel]), says="CPU per delivery of each way, as bars"),))


SCENARIO = Scenario("transports", "Loops and transports under our class", measure, seconds=220, quick_seconds=18)
