"""How long the garbage collector stops a node while thousands join, hear items, leave and come back."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bench.contenders.flashwire import Flashwire
from bench.figures import figure, table
from bench.pauses import Pause, pauses_of
from bench.plot import Lines, lines
from bench.scenario import Picture, Run, Scenario, Section
from bench.session import audience

WAYS: Final = {
    "shipped": "as shipped: what lives is set aside twice a second",
    "frozen": "frozen at the start alone",
    "python": "Python's own way",
}
COUNTS: Final = (1_000, 10_000, 18_000)
# Who leaves and comes back in each of the turns of a round, while an item goes to all.
CHURN: Final = 500


class Round(msgspec.Struct, frozen=True):
    """One round: the longest pause, and all together, in milliseconds of CPU."""

    joining_longest: float
    joining_sum: float
    after_longest: float
    """While items went to all and some left and came back."""
    after_sum: float
    elapsed_longest: float
    """The longest of all by the clock, which others on the machine are in."""
    pauses: int


async def measure(run: Run) -> Section:
    counts = (200, 400) if run.quick else COUNTS
    turns = 2 if run.quick else 8
    names = [f"{way} {count}" for count in counts for way in WAYS]
    found = await run.in_turn(names, lambda name: _round(run, name.split()[0], int(name.split()[1]), turns))

    def line(name: str) -> tuple[str, ...]:
        way, count = name.split()
        rounds = found[name]
        cells = [
            figure([getattr(each, field) for each in rounds]).said()
            for field in ("joining_longest", "joining_sum", "after_longest", "after_sum")
        ]
        return f"{int(count):,}", WAYS[way], *cells, f"{max(each.pauses for each in rounds)}"

    head = ("connections", "the collector", "longest, joining", "sum", "longest, after", "sum", "pauses")
    text = f"""{table(head, [line(name) for name in names])}

Milliseconds of CPU, the median of {len(found[names[0]])} rounds and in brackets the least and the most. Joining: all
join as fast as they can. After: {turns} times {CHURN if not run.quick else 50} leave, as many join, and an item goes to
all. Collections of every generation are in it. No connection, item or message makes a cycle: these pauses find nothing
but what requests over HTTP leave.
"""
    series = {
        way: [(count, figure([_longest(each) for each in found[f"{way} {count}"]]).median) for count in counts]
        for way in WAYS
    }
    chart = Lines("Longest pause for garbage, ms of CPU", "connections", series)
    return Section(text, found, (), (Picture(lines([chart]), says="The longest pause, by connections"),))


async def _round(run: Run, way: str, count: int, turns: int) -> Round:
    contender = Flashwire()
    contender.name = f"collector-{way}"
    async with audience(run, contender) as session:
        server = session.target.processes[0]
        await session.warm(10, 2)
        start = len(pauses_of(server))
        await session.join(count)
        await session.deliver()
        joined = len(pauses_of(server))
        for turn in range(turns):
            run.step(f"{count:,}: coming and going, {turn + 1} of {turns}")
            some = min(CHURN, count // 4)
            await session.load.leave(some)
            await session.load.open(some, first=session.next)
            await session.deliver()
        await session.settle()
        every = pauses_of(server)
    joining, after = every[start:joined], every[joined:]
    return Round(
        *_of(joining),
        *_of(after),
        max((each.elapsed_ms for each in every[start:]), default=0.0),
        len(every) - start,
    )


def _of(pauses: Sequence[Pause]) -> tuple[float, float]:
    return max((each.cpu_ms for each in pauses), default=0.0), sum(each.cpu_ms for each in pauses)


def _longest(one: Round) -> float:
    return max(one.joining_longest, one.after_longest)


SCENARIO: Final = Scenario("gc", "Pauses for garbage", measure, seconds=200, quick_seconds=20, repeats=2)
