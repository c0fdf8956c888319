"""The interface of a scenario: a measurement that returns a table, data, pictures and rows of "Targets and results".

A scenario is a module `bench/scenarios/<name>.py` with a `SCENARIO`, named in `bench.scenarios.NAMES`:

    async def measure(run: Run) -> Section:
        subscribers = 200 if run.quick else 10_000

        async def one_round(name: str) -> float:
            async with audience(run, run.contenders[name]()) as session:   # bench.session
                await session.join(subscribers)
                await session.deliver(5)                                    # warm-up
                return (await session.deliver(1)).last_ms

        rounds = await run.in_turn(("flashwire", "nchan", "limit"), one_round)    # A B C A B C …
        ours = figure(rounds["flashwire"])
        return Section(
            text=table(("contender", "last, ms"), [(name, figure(times).text()) for name, times in rounds.items()]),
            data=rounds,
            rows=(Row("last", f"{ours.text()} ms", yardsticks="…", reached=…),),
            pictures=(Picture(bars(…)),),                                   # bench.plot
        )

    SCENARIO = Scenario("last", "How long 10,000 wait", measure, seconds=120, quick_seconds=5)

A scenario calls `run.step(...)` before each step that takes a second or more. It ends after about `seconds`: `in_turn`
starts no further turn after that. Rows have the keys of `bench.targets.TARGETS`.
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
    """A key of `bench.targets.TARGETS`."""
    ours: str
    """Our figure with its unit and spread."""
    yardsticks: str = msgspec.field(default="", name="beside")  # "beside" in existing JSON files
    """Figures of the contenders that ours is compared with, from the same run."""
    reached: bool | None = None
    """Whether the target is reached; `None` if unknown, for example because a yardstick is not installed."""
    why: str = ""
    """The measured reason if the target is missed, or why `reached` is unknown."""


class Picture(msgspec.Struct, frozen=True):
    """One SVG, written as `<scenario>.svg` or `<scenario>-<name>.svg`."""

    svg: str
    name: str = ""
    says: str = ""
    """The alternative text."""


class Section(msgspec.Struct, frozen=True):
    """The result of a scenario."""

    text: str
    """Markdown below the title: the table, and how it was measured."""
    data: Any  # any JSON: each scenario has its own
    """All repeats, as stored in `<scenario>.json`."""
    rows: tuple[Row, ...] = ()
    pictures: tuple[Picture, ...] = ()


class Effort(msgspec.Struct):
    """CPU of the servers and of the load client for all deliveries of a run."""

    deliveries: int = 0
    server_cpu: float = 0.0
    client_cpu: float = 0.0
    seconds: float = 0.0

    def text(self) -> str:
        """Returns one line that shows whether the load client was the bottleneck."""
        if not self.deliveries:
            return "not used"
        client, server = (cpu * 1e6 / self.deliveries for cpu in (self.client_cpu, self.server_cpu))
        busy = self.client_cpu / self.seconds
        return f"{client:.2f} µs of CPU per delivery, the servers {server:.2f}; busy for {busy:.0%} of the time"


class Run:
    """The parameters of a scenario: how much to measure, on which cores, with which contenders; reports progress."""

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
        readers: int = 0,
        minutes: float = 0.0,
    ) -> None:
        self.quick = quick
        """Whether this is a trial of a few seconds, whose figures mean nothing."""
        self.readers = readers
        """How many readers a scenario of a given size has; 0: as many as its target says."""
        self.minutes = minutes
        """How long it holds them; 0: as long as its target says."""
        self.repeats = repeats
        self.server_core = server_core
        """Equal to `client_core` if the machine has only one core."""
        self.client_core = client_core
        self.contenders = contenders
        """Factories of the contenders that can run here, by name, ours first."""
        self.notes: list[str] = []
        """Sentences for the page: which contender failed, or what was cut short."""
        self.effort = Effort()
        """The sum over all calls of `Session.deliver`."""
        self._say = say
        self._share = 0.0
        self._step = ""
        self._part = (0, 1)
        self._deadline = time.monotonic() + seconds

    def step(self, what: str, share: float | None = None) -> None:
        """Reports that step `what` starts, and the share of the scenario that is done (0 to 1; `None`: unchanged)."""
        self._share = self._share if share is None else share
        done_parts, parts = self._part
        self._say(f"{self._step}{what}", (done_parts + self._share) / parts)

    def part(self, done_parts: int, parts: int) -> None:
        """Starts the next of `parts` equal parts, of which `done_parts` are done; progress in each is 0 to 1."""
        self._part = (done_parts, parts)
        self._share = 0.0

    def late(self) -> bool:
        """Returns whether the time of the scenario has passed, so that no optional step should start."""
        return time.monotonic() >= self._deadline

    async def in_turn(
        self, names: Iterable[str], measure_one: Callable[[str], Awaitable[T]], *, repeats: int | None = None
    ) -> dict[str, list[T]]:
        """Calls `measure_one` for each of `names` in turn: A B A B. Makes whole turns, and at least one.

        Contenders that cannot run here are left out. A contender that fails is left out from then on, with a note.
        If ours or a variant of ours fails, its error is raised.
        """
        repeats = repeats or self.repeats
        chosen = [name for name in names if name in self.contenders or name not in self._contender_names()]
        rounds: dict[str, list[T]] = {name: [] for name in chosen}
        for turn in range(repeats):
            if turn and self.late():
                self.notes.append(f"The time limit passed after {turn} of {repeats} turns.")
                break
            for index, name in enumerate(tuple(chosen)):
                self._step = f"{name}, {turn + 1} of {repeats}: "
                self.step("starting", (turn * len(chosen) + index) / (repeats * len(chosen)))
                try:
                    rounds[name].append(await measure_one(name))
                except (ContenderError, MissedError, OSError) as error:
                    if name == OURS or name not in self.contenders:
                        raise
                    self.notes.append(f"{name} was left out after a failure: {error}")
                    chosen.remove(name)
        self._step = ""
        return {name: results for name, results in rounds.items() if results}

    @staticmethod
    def _contender_names() -> Iterable[str]:
        from bench.contenders import CONTENDERS

        return CONTENDERS


class Scenario(msgspec.Struct, frozen=True):
    """The name, the title and the function of a scenario, and how to run it."""

    name: str
    title: str
    measure: Callable[[Run], Awaitable[Section]]
    seconds: float
    """Expected duration on two cores; no further turn starts after 1.5 times this."""
    quick_seconds: float
    repeats: int = 3
    default: bool = True
    """Whether it runs if the command line names no scenario."""
    pinned: bool = True
    """Whether the benchmark process and its children without an own core stay on the client's core."""
