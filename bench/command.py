"""The command line of the benchmark: runs the scenarios one after another and writes their pages."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from bench.contender import Contender
    from bench.machine import Machine
    from bench.report import Report
    from bench.scenario import Run, Scenario, Section

FULL = Path("docs/performance")
TRIAL = Path("build/performance")
# A scenario may take this many times its expected seconds, because a contender may be slower than expected.
_PATIENCE = 1.5


def command(
    scenario: Annotated[
        list[str] | None, typer.Argument(help="Scenarios to measure. [default: all but the longest]")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Include the longest: 10 minutes of hold, 30 of soak.")] = False,
    quick: Annotated[bool, typer.Option(help="A few seconds each: a trial whose figures mean nothing.")] = False,
    repeats: Annotated[int, typer.Option(min=0, max=50, help="Turns per contender; 0: the scenario's default.")] = 0,
    seconds: Annotated[float, typer.Option(min=1, help="Start no further scenario after this many seconds.")] = 7200,
    readers: Annotated[
        int, typer.Option(min=0, help="How many readers hold, crowd, million and storms have; 0: the scenario's own.")
    ] = 0,
    minutes: Annotated[
        float, typer.Option(min=0, help="How long hold, crowd and million hold them; 0: the scenario's own.")
    ] = 0,
    contender: Annotated[list[str] | None, typer.Option(help="Compare only with this one; repeatable.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help=f"Directory for pages, data and pictures. [default: {FULL}; with --quick {TRIAL}]"),
    ] = None,
    beside: Annotated[
        Path | None,
        typer.Option(
            help="Compare with another checkout that has its own .venv: run both in turn and print the ratios."
        ),
    ] = None,
) -> None:
    """Measure what delivery to many subscribers costs on this machine, next to other servers in the same run.

    Servers run on one core and the load client on another, over loopback; every subscriber counts every item. Needs
    Linux and a C compiler. For each contender that is not installed, the command that installs it is printed.

    [dim]$ python -m bench steady --contender nchan --out /tmp/bench[/dim]
    """
    from rich.console import Console

    from bench.checkouts import PAGE, TURNS, compare
    from bench.contender import ContenderError
    from bench.scenarios import load_scenario, scenario_names

    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    names = scenario_names()
    if unknown := [name for name in scenario or () if name not in names]:
        _refuse(errors, f"There is no scenario {unknown[0]}; known: {', '.join(names)}.")
    candidates = [load_scenario(name) for name in names if not scenario or name in scenario]
    chosen = candidates if scenario or all_ else [candidate for candidate in candidates if candidate.default]
    folder = out or (TRIAL if quick else FULL)
    try:
        available, left_out = _contenders(contender)
        _prepare()
        folder.mkdir(parents=True, exist_ok=True)
        if beside is not None:
            page = compare(
                [candidate.name for candidate in chosen],
                beside.resolve(),
                quick=quick,
                turns=repeats or (1 if quick else TURNS),
                contenders=contender or (),
                say=lambda line: errors.print(line, markup=False),
            )
            (folder / PAGE).write_text(page, "utf-8")
            sys.stdout.write(page)
            return
        expected = sum(candidate.quick_seconds if quick else candidate.seconds for candidate in chosen)
        errors.print(f"{', '.join(candidate.name for candidate in chosen)}: about {_minutes(expected)}.")
        for reason in left_out.values():
            errors.print(f"Left out: {reason}", markup=False)
        failed = _run(
            chosen,
            folder,
            errors,
            available,
            left_out,
            quick=quick,
            repeats=repeats,
            seconds=seconds,
            size=(readers, minutes),
        )
    except (ContenderError, OSError) as error:
        _refuse(errors, f"No measurement: {error}")
    errors.print(f"Written to {folder}: README.md and a page for each scenario")
    if failed:
        raise typer.Exit(1)


def _contenders(chosen: Sequence[str] | None) -> tuple[dict[str, "Callable[[], Contender]"], dict[str, str]]:
    from bench.contender import ContenderError
    from bench.contenders import CONTENDERS
    from bench.scenario import OURS

    if unknown := [name for name in chosen or () if name not in CONTENDERS]:
        raise ContenderError(f"there is no contender {unknown[0]}; known: {', '.join(CONTENDERS)}.")
    available, left_out = {}, {}
    for name, make in CONTENDERS.items():
        if chosen and name != OURS and name not in chosen:
            continue
        if (reason := make().absent()) is None:
            available[name] = make
        else:
            left_out[name] = reason
    return available, left_out


def _prepare() -> None:
    """Compiles the load client and raises the limit of open files; raises `ContenderError` if this is not Linux."""
    import resource

    from bench.compiled import compiled
    from bench.contender import ContenderError
    from bench.load import HEADERS, SOURCES

    if not hasattr(os, "sched_setaffinity") or not Path("/proc/self/smaps_rollup").exists():
        raise ContenderError("the benchmark pins processes and reads /proc, which only Linux has.")
    # Servers inherit the limit, and a server may hold 19,000 connections.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    compiled("load", SOURCES, HEADERS)


def _run(
    chosen: "Sequence[Scenario]",
    folder: Path,
    errors: "Console",
    available: "Mapping[str, Callable[[], Contender]]",
    left_out: dict[str, str],
    *,
    quick: bool,
    repeats: int,
    seconds: float,
    size: tuple[int, float],
) -> int:
    """Runs the scenarios in `chosen`, writes their pages and returns how many failed."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from bench.contender import ContenderError
    from bench.load_reports import MissedError
    from bench.machine import this_machine
    from bench.report import write_overview, write_report
    from bench.scenario import Run
    from bench.scenarios import NAMES
    from ticker.contract.item import moment

    began, started_at, failed = time.monotonic(), moment(time.time()), 0
    cores, machine = sorted(os.sched_getaffinity(0)), this_machine()
    versions = {name: make().version() for name, make in available.items()}
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    # Redrawn only between steps: a refresh thread would compete with the load client for its core.
    with Progress(*columns, console=errors, auto_refresh=False) as progress:
        for scenario in chosen:
            if time.monotonic() - began >= seconds:
                errors.print(f"{scenario.name}: not started, the time limit has passed.")
                failed += 1
                continue
            bar = progress.add_task(scenario.name, total=1.0)
            if not errors.is_terminal:
                errors.print(
                    f"{scenario.name}: about {_minutes(scenario.quick_seconds if quick else scenario.seconds)} from now"
                )

            def say(what: str, share: float, name: str = scenario.name, bar: "TaskID" = bar) -> None:
                progress.update(bar, description=f"{name}: {what}", completed=share, refresh=True)

            run = Run(
                quick=quick,
                repeats=repeats or (1 if quick else scenario.repeats),
                server_core=cores[0],
                client_core=cores[1 % len(cores)],
                contenders=available,
                say=say,
                seconds=_PATIENCE * scenario.seconds,
                readers=size[0],
                minutes=size[1],
            )
            if len(cores) == 1:
                run.notes.append("Server and load client shared the only core; elapsed times include both.")
            try:
                section, report = _measure(scenario, run, machine, versions, left_out)
            except (ContenderError, MissedError, OSError) as error:
                failed += 1
                progress.remove_task(bar)
                errors.print(f"{scenario.name}: no measurement: {error}", style="red", markup=False)
                continue
            write_report(folder, report, section)
            write_overview(folder, NAMES, started_at)
            say(f"done in {_minutes(report.seconds)}", 1.0)
            sys.stdout.write(f"{scenario.title}\n\n{section.text.strip()}\n\n")
            sys.stdout.flush()
    return failed


def _measure(
    scenario: "Scenario", run: "Run", machine: "Machine", versions: dict[str, str], left_out: dict[str, str]
) -> "tuple[Section, Report]":
    import asyncio

    import uvloop

    from bench.machine import Others
    from bench.report import Report
    from ticker.contract.item import moment

    others = Others()
    own = os.sched_getaffinity(0)
    began = time.monotonic()
    try:
        if scenario.pinned:
            os.sched_setaffinity(0, {run.client_core})
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            section = runner.run(_measure_scenario(scenario, run))
    finally:
        os.sched_setaffinity(0, own)
    pictures = tuple(
        f"{scenario.name}-{picture.name}.svg" if picture.name else f"{scenario.name}.svg"
        for picture in section.pictures
    )
    return section, Report(
        name=scenario.name,
        title=scenario.title,
        measured_at=moment(time.time()),
        seconds=round(time.monotonic() - began, 1),
        quick=run.quick,
        machine=machine,
        others=others.share(),
        effort=run.effort,
        contenders=versions,
        left_out=left_out,
        notes=tuple(run.notes),
        rows=section.rows,
        pictures=pictures,
        data=section.data,
    )


async def _measure_scenario(scenario: "Scenario", run: "Run") -> "Section":
    return await scenario.measure(run)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _refuse(errors: "Console", line: str) -> NoReturn:
    errors.print(line, style="red", markup=False)
    raise typer.Exit(1)
