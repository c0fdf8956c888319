"""A scenario: one question, measured, and answered with a table, data, pictures and rows of "Targets and results".

A scenario is a module `bench/scenarios/<name>.py` with a `SCENARIO`, named in `bench.scenarios.NAMES`:

    async def measure(run: Run) -> Section:
        subscribers = 200 if run.quick else 10_000

        async def one(name: str) -> float:
            async with audience(run, run.contenders[name]()) as session:   # bench.session
                await session.join(subscribers)
                await session.deliver(5)                                    # warm
                return (await session.deliver(1)).last_ms

        found = await run.in_turn(("flashwire", "nchan", "limit"), one)     # A B C A B C …; absent ones are left out
        ours = figure(found["flashwire"])
        return Section(
            text=table(("way", "to the last, ms"), [(name, figure(all_).text()) for name, all_ in found.items()]),
            data=found,
            rows=(Row("last", f"{ours.text()} ms", beside="…", reached=…),),
            pictures=(Picture(bars(…)),),                                   # bench.plot
        )

    SCENARIO = Scenario("last", "How long 10,000 wait", measure, seconds=120, quick_seconds=5)

A scenario says `run.step(...)` before each thing that takes a second or more, and ends after about its `seconds`:
`in_turn` begins no further turn when they are over. Rows have the keys of `bench.targets.TARGETS`.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from bench.contender import Contender, ContenderError
from bench.load_reports import MissedError

OURS: Final = "flashwire"
T = TypeVar("T")


class Row(msgspec.Struct, frozen=True):
    """One row of "Targets and results"."""

    key: str
    """Which: a key of `bench.targets.TARGETS`."""
    ours: str
    """Our figure with its unit and spread."""
    beside: str = ""
    """The yardsticks, measured in the same run."""
    reached: bool | None = None
    """`None`: it cannot be said, as where the yardstick is absent; `why` says so."""
    why: str = ""
    """The measured reason where it is not reached."""


class Picture(msgspec.Struct, frozen=True):
    """One SVG, written as `<scenario>.svg` or `<scenario>-<name>.svg`."""

    svg: str
    name: str = ""
    says: str = ""
    """What is seen on it, for who does not see it."""


class Section(msgspec.Struct, frozen=True):
    """What a scenario found."""

    text: str
    """Markdown below the title: the table, and how it was measured."""
    data: Any  # any JSON: each scenario has its own
    """All repeats; `<scenario>.json` holds it."""
    rows: tuple[Row, ...] = ()
    pictures: tuple[Picture, ...] = ()


class Effort(msgspec.Struct):
    """What all deliveries of a run took together, of the servers and of the load client."""

    deliveries: int = 0
    server_cpu: float = 0.0
    client_cpu: float = 0.0
    seconds: float = 0.0

    def text(self) -> str:
        """Whether the load client was what was measured, in one line."""
        if not self.deliveries:
            return "not used"
        client, server = (cpu * 1e6 / self.deliveries for cpu in (self.client_cpu, self.server_cpu))
        busy = self.client_cpu / self.seconds
        return f"{client:.2f} µs of CPU per delivery, the servers {server:.2f}; busy for {busy:.0%} of the time"


class Run:
    """What a scenario gets: how much to measure, on which cores, which contenders, and where to report progress."""

    def __init__(
        self,
        *,
        quick: bool,
        repeats: int,
        server_core: int,
        client_core: int,
        contenders: Mapping[str, Callable[[], Contender]],
        say: Callable[[str, float], None] = lambda what, share: None,
        seconds: float = 3600,
    ) -> None:
        self.quick = quick
        """A form of a few seconds that proves that it works, and whose figures mean nothing."""
        self.repeats = repeats
        self.server_core = server_core
        """One core where there is only one: `client_core` is the same then."""
        self.client_core = client_core
        self.contenders = contenders
        """Those that can run here, by name, ours first; called, a fresh one."""
        self.notes: list[str] = []
        """Sentences that a reader of the page must know: who failed, what was cut short."""
        self.effort = Effort()
        """Of all `Session.deliver`."""
        self._say = say
        self._share = 0.0
        self._step = ""
        self._part = (0, 1)
        self._deadline = time.monotonic() + seconds

    def step(self, what: str, share: float | None = None) -> None:
        """Says what begins now, and how much of the scenario is done (0 to 1; `None`: as before)."""
        self._share = self._share if share is None else share
        done_parts, parts = self._part
        self._say(f"{self._step}{what}", (done_parts + self._share) / parts)

    def part(self, done_parts: int, parts: int) -> None:
        """Begins one of `parts` of about the same length, after `before` others; progress in each goes from 0 to 1."""
        self._part = (done_parts, parts)
        self._share = 0.0

    def late(self) -> bool:
        """Whether the scenario has used up its time: nothing begins that can be left."""
        return time.monotonic() >= self._deadline

    async def in_turn(
        self, names: Iterable[str], measure_one: Callable[[str], Awaitable[T]], *, repeats: int | None = None
    ) -> dict[str, list[T]]:
        """`one` of each of `names` in turn, again and again: A B A B. Whole turns only, and at least one.

        Names that are contenders but cannot run here are left out. If another than ours fails it is left out from
        then on, with a note; if ours fails there is no measurement.
        """
        repeats = repeats or self.repeats
        chosen = [name for name in names if name in self.contenders or name not in self._contender_names()]
        rounds: dict[str, list[T]] = {name: [] for name in chosen}
        for turn in range(repeats):
            if turn and self.late():
                self.notes.append(f"After {turn} of {repeats} turns the time was up.")
                break
            for index, name in enumerate(tuple(chosen)):
                self._step = f"{name}, {turn + 1} of {repeats}: "
                self.step("starting", (turn * len(chosen) + index) / (repeats * len(chosen)))
                try:
                    rounds[name].append(await measure_one(name))
                except (ContenderError, MissedError, OSError) as error:
                    if name == OURS or name not in self.contenders:
                        raise
                    self.notes.append(f"{name} was left out after it had failed: {error}")
                    chosen.remove(name)
        self._step = ""
        return {name: results for name, results in rounds.items() if results}

    @staticmethod
    def _contender_names() -> Iterable[str]:
        from bench.contenders import CONTENDERS

        return CONTENDERS


class Scenario(msgspec.Struct, frozen=True):
    """How a scenario is found and run."""

    name: str
    title: str
    measure: Callable[[Run], Awaitable[Section]]
    seconds: float
    """About how long it takes on two cores; after this no further turn begins."""
    quick_seconds: float
    repeats: int = 3
    default: bool = True
    """Whether it is part of a run that names no scenario."""
    pinned: bool = True
    """Whether the benchmark itself, and what it starts without saying where, stays on the client's core."""
