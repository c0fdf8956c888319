"""One item at a time to 10,000 subscribers on one core: what a delivery costs, how long the last one waits, and what a
quiet connection holds."""

from collections.abc import Callable
from typing import Final

import msgspec

from ticker.bench.figures import Figure, figure, median, ratio, table
from ticker.bench.plot import Panel, bars
from ticker.bench.scenario import OURS, Picture, Row, Run, Scenario, Section
from ticker.bench.session import audience

WARM: Final = 50
LIMIT: Final = "limit"
PEER: Final = "nchan"


class Round(msgspec.Struct, frozen=True):
    """One round of one contender."""

    cpu_us: float
    """Server CPU per delivery, all its processes."""
    last_ms: float
    """From publishing to the last of the subscribers, median over the items."""
    first_ms: float
    memory_kib: float
    """What the servers' PSS grew by, per quiet connection."""
    client_us: float
    busy: float
    """Share of the elapsed time that the load client worked."""


async def measure(run: Run) -> Section:
    subscribers, items = (300, 3) if run.quick else (10_000, 12)

    async def one(name: str) -> Round:
        async with audience(run, run.contenders[name]()) as session:
            await session.warm(WARM, 2 if run.quick else 10)
            await session.settle()
            before = session.memory_kib()
            await session.join(subscribers - WARM)
            await session.settle()
            memory = (session.memory_kib() - before) / (subscribers - WARM)
            await session.deliver()
            run.step(f"{items} items")
            made = [await session.deliver() for _ in range(items)]
            deliveries = sum(each.deliveries for each in made)
            return Round(
                cpu_us=sum(each.server_cpu for each in made) * 1e6 / deliveries,
                last_ms=median([each.last_ms for each in made]),
                first_ms=median([(each.items[0].first - each.published) / 1e6 for each in made]),
                memory_kib=memory,
                client_us=sum(each.client_cpu for each in made) * 1e6 / deliveries,
                busy=median([each.busy for each in made]),
            )

    found = await run.in_turn(run.contenders, one)
    titles = {name: run.contenders[name]().title for name in found}

    def of(name: str, field: str) -> list[float]:
        return [getattr(each, field) for each in found.get(name, ())]

    def line(name: str) -> tuple[str, ...]:
        def cell(field: str, digits: int = 1) -> str:
            own, theirs = of(name, field), of(OURS, field)
            said = figure(own).said(digits)
            return said if name == OURS or median(theirs) <= 0 else f"{said} · ×{ratio(own, theirs).median:.2f}"

        client = f"{median(of(name, 'client_us')):.1f} µs, {median(of(name, 'busy')):.0%}"
        return titles[name], cell("cpu_us"), cell("last_ms", 0), cell("memory_kib"), client

    head = ("way", "CPU per delivery, µs", "to the last, ms", "memory per connection, KiB", "the load client's own")
    panels = [
        Panel(title, [(titles[name], figure(of(name, field))) for name in found])
        for title, field in (
            ("Server CPU per delivery, µs", "cpu_us"),
            (f"From publishing to the last of {subscribers:,}, ms", "last_ms"),
            ("Server memory per quiet connection, KiB", "memory_kib"),
        )
    ]
    text = f"""{table(head, [line(name) for name in found])}

Median of {len(found[OURS])} rounds, in brackets the least and the most; × is the ratio to ours, turn by turn. Each
round starts its server anew; {subscribers:,} subscribers, {items} items of 560 bytes, each item published when the one
before had reached everybody. Every subscriber counted every item: all arrived, in order, once.

- **CPU per delivery**: user and system time of all the contender's processes (for ours Valkey too) ÷ deliveries.
- **To the last**: from before the item is published until the last subscriber has it. Ours includes Valkey and an
  fsync; the others are handed the item.
- **Memory**: growth of the server's proportional set size while they joined. The kernel's socket buffers are in no
  process and not counted.
- **The load client's own**: its CPU per delivery, and the share of the elapsed time that its core worked for it. Where
  its CPU is below the server's, it waited for the server and not the server for it.
"""
    rows = (_last(of), _cpu(of), _memory(of)) if not run.quick or LIMIT in found else ()
    return Section(text, found, rows, (Picture(bars(panels), says="The three figures as bars, ours first"),))


def _last(of: Callable[[str, str], list[float]]) -> Row:
    ours = of(OURS, "last_ms")
    beside, reached, known = [], True, True
    for name, most in ((PEER, 1.0), (LIMIT, 1.3)):
        theirs = of(name, "last_ms")
        known = known and bool(theirs)
        if theirs:
            times = ratio(ours, theirs)
            beside.append(f"{name} {figure(theirs).said(0)} ms (×{times.said(2)})")
            reached = reached and times.median <= most
    return _row("last", f"{figure(ours).said(0)} ms", beside, reached if known or not reached else None)


def _cpu(of: Callable[[str, str], list[float]]) -> Row:
    ours, limit = of(OURS, "cpu_us"), of(LIMIT, "cpu_us")
    beside = [f"{name} {figure(of(name, 'cpu_us')).said()} µs" for name in (LIMIT, PEER) if of(name, "cpu_us")]
    if not limit:
        return _row("cpu", f"{figure(ours).said()} µs", beside, None)
    times = ratio(ours, limit)
    return _row("cpu", f"{figure(ours).said()} µs, ×{times.said(2)} the limit", beside, times.median <= 1.25)


def _memory(of: Callable[[str, str], list[float]]) -> Row:
    ours: Figure = figure(of(OURS, "memory_kib"))
    beside = [f"{name} {figure(of(name, 'memory_kib')).said()} KiB" for name in (PEER,) if of(name, "memory_kib")]
    return _row("memory", f"{ours.said()} KiB plain", beside, ours.median <= 3000 / 1024)


def _row(key: str, ours: str, beside: list[str], reached: bool | None) -> Row:
    return Row(key, ours, ", ".join(beside), reached, "a yardstick is not installed here" if reached is None else "")


SCENARIO: Final = Scenario(
    "steady", "Steady state: 10,000 subscribers on one core", measure, seconds=300, quick_seconds=12
)
