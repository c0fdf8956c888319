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
    names = [f"{mode} {count}" for count in counts for mode in WAYS]
    rounds_of = await run.in_turn(names, lambda name: _round(run, name.split()[0], int(name.split()[1]), turns))

    def line(name: str) -> tuple[str, ...]:
        mode, count = name.split()
        rounds = rounds_of[name]
        cells = [
            figure([getattr(round_, field) for round_ in rounds]).text()
            for field in ("joining_longest", "joining_sum", "after_longest", "after_sum")
        ]
        return f"{int(count):,}", WAYS[mode], *cells, f"{max(round_.pauses for round_ in rounds)}"

    head = ("connections", "the collector", "longest, joining", "sum", "longest, after", "sum", "pauses")
    text = f"""{table(head, [line(name) for name in names])}

Milliseconds of CPU, the median of {len(rounds_of[names[0]])} rounds, with the least and the most in brackets. Joining:
all
join as fast as they can. After: {turns} times {CHURN if not run.quick else 50} leave, as many join, and an item goes to
all. Collections of every generation are in it. No connection, item or message makes a cycle: these pauses find nothing
but what requests over HTTP leave.
"""
    series = {
        mode: [
            (count, figure([_longest(round_) for round_ in rounds_of[f"{mode} {count}"]]).median) for count in counts
        ]
        for mode in WAYS
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
            run.step(f"{count:,}: coming and going, {turn + 1} of {turns}")
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


def _longest(round_: Round) -> float:
    return max(round_.joining_longest, round_.after_longest)


SCENARIO: Final = Scenario("gc", "Pauses for garbage", measure, seconds=200, quick_seconds=20, repeats=2)
