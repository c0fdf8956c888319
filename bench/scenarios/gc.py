"""Measures the pauses of the garbage collector in a node while thousands of clients join, leave and rejoin."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bench.contenders.flashwire import Flashwire
from bench.pauses import Pause, pauses_of
from bench.plot import Lines, lines
from bench.scenario import Picture, Run, Scenario, Section
from bench.session import audience
from bench.stats import figure, table

COLLECTORS: Final = {
    "shipped": "as shipped: live objects are frozen twice a second",
    "frozen": "frozen once at the start",
    "python": "Python's defaults",
}
COUNTS: Final = (1_000, 10_000, 18_000)
# The number of clients that leave and rejoin in each turn of a round.
CHURN: Final = 500


class Round(msgspec.Struct, frozen=True):
    """One round: the longest pause and the sum of all pauses, in milliseconds of CPU."""

    joining_longest: float
    joining_sum: float
    after_longest: float
    """During deliveries, while some clients left and rejoined."""
    after_sum: float
    elapsed_longest: float
    """The longest elapsed time of a pause, which includes other processes of the machine."""
    pauses: int


async def measure(run: Run) -> Section:
    counts = (200, 400) if run.quick else COUNTS
    turns = 2 if run.quick else 8
    names = [f"{mode} {count}" for count in counts for mode in COLLECTORS]
    rounds_of = await run.in_turn(names, lambda name: _round(run, name.split()[0], int(name.split()[1]), turns))

    def line(name: str) -> tuple[str, ...]:
        mode, count = name.split()
        rounds = rounds_of[name]
        cells = [
            figure([getattr(result, field) for result in rounds]).text()
            for field in ("joining_longest", "joining_sum", "after_longest", "after_sum")
        ]
        return f"{int(count):,}", COLLECTORS[mode], *cells, f"{max(result.pauses for result in rounds)}"

    head = ("connections", "the collector", "longest, joining", "sum", "longest, after", "sum", "pauses")
    text = f"""{table(head, [line(name) for name in names])}

Milliseconds of CPU, the median of {len(rounds_of[names[0]])} rounds, with lowest and highest in brackets. Joining:
all clients join as fast as possible. After: {turns} times {CHURN if not run.quick else 50} clients leave, as many join,
and all receive an item. Collections of every generation count. Connections, items and messages make no cycles;
these collections only find what HTTP requests leave.
"""
    series = {
        mode: [
            (count, figure([_longest(result) for result in rounds_of[f"{mode} {count}"]]).median) for count in counts
        ]
        for mode in COLLECTORS
    }
    chart = Lines("Longest pause for garbage, ms of CPU", "connections", series)
    return Section(text, rounds_of, (), (Picture(lines([chart]), says="The longest pause, by connections"),))


async def _round(run: Run, mode: str, count: int, turns: int) -> Round:
    contender = Flashwire()
    contender.name = f"collector-{mode}"
    async with audience(run, contender) as session:
        server = session.target.processes[0]
        await session.warm(10, 2)
        start = len(pauses_of(server))
        await session.join(count)
        await session.deliver()
        joined = len(pauses_of(server))
        for turn in range(turns):
            run.step(f"{count:,}: clients leave and rejoin, {turn + 1} of {turns}")
            churn = min(CHURN, count // 4)
            await session.load.leave(churn)
            await session.load.open(churn, first=session.next)
            await session.deliver()
        await session.settle()
        every = pauses_of(server)
    joining, later = every[start:joined], every[joined:]
    return Round(
        *_of(joining),
        *_of(later),
        max((pause.elapsed_ms for pause in every[start:]), default=0.0),
        len(every) - start,
    )


def _of(pauses: Sequence[Pause]) -> tuple[float, float]:
    return max((pause.cpu_ms for pause in pauses), default=0.0), sum(pause.cpu_ms for pause in pauses)


def _longest(result: Round) -> float:
    return max(result.joining_longest, result.after_longest)


SCENARIO: Final = Scenario("gc", "Pauses for garbage", measure, seconds=200, quick_seconds=20, repeats=2)
