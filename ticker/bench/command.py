"""`flashwire bench`: runs the rounds in turn, shows how far it is, and writes what it found."""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ticker.bench.report import Report
    from ticker.bench.round import Plan, Round


def command(
    subscribers: Annotated[int, typer.Option(min=1, max=18_000, help="WebSocket connections of a round.")] = 2000,
    items: Annotated[int, typer.Option(min=1, max=10_000, help="Items of a round.")] = 40,
    repeats: Annotated[int, typer.Option(min=1, max=50, help="Rounds of each contender, in turn.")] = 3,
    seconds: Annotated[float, typer.Option(min=1, help="After this many seconds no further turn begins.")] = 240,
    contender: Annotated[
        list[str] | None, typer.Option(help="Measure only this one; repeatable. Known: flashwire, naive.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory for steady.md, steady.json and steady.svg.")] = Path(
        "docs/performance"
    ),
) -> None:
    """Measure this machine: what a delivery and a connection cost, beside a naive endpoint in the same run.

    Server on one core, clients on another, on loopback; every subscriber counts every item. Needs Linux.

    [dim]$ flashwire bench --subscribers 500 --repeats 2 --out /tmp/bench[/dim]
    """
    from rich.console import Console

    from ticker.bench.contender import ContenderError
    from ticker.bench.contenders import CONTENDERS
    from ticker.bench.plot import svg
    from ticker.bench.report import markdown, summarise, table, this_machine
    from ticker.bench.subscribers import MissedError

    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    chosen = list(dict.fromkeys(contender)) if contender else list(CONTENDERS)
    if unknown := [name for name in chosen if name not in CONTENDERS]:
        _refuse(errors, f"There is no contender {unknown[0]}; known: {', '.join(CONTENDERS)}.")
    try:
        plan = _plan(subscribers, items)
        out.mkdir(parents=True, exist_ok=True)
        machine = this_machine()
        rounds = _run(chosen, plan, repeats, seconds, errors)
    except (ContenderError, MissedError, OSError) as error:
        _refuse(errors, f"No measurement: {error}")
    titles = {name: CONTENDERS[name]().title for name in chosen}
    report = summarise(rounds, titles, plan, machine, time.time())
    _write(report, out, markdown(report, "steady.svg"), svg(report))
    sys.stdout.write(table(report) + "\n")
    errors.print(f"Written to {out}: steady.md, steady.json, steady.svg")


def _plan(subscribers: int, items: int) -> "Plan":
    import resource

    from ticker.bench.contender import ContenderError
    from ticker.bench.round import WARM_SUBSCRIBERS, Plan

    if not hasattr(os, "sched_setaffinity") or not Path("/proc/self/smaps_rollup").exists():
        raise ContenderError("the benchmark pins processes and reads /proc, which only Linux has.")
    cores = sorted(os.sched_getaffinity(0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = subscribers + WARM_SUBSCRIBERS + 200
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise ContenderError(f"{needed} open files are needed and {hard} allowed; take fewer --subscribers.")
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return Plan(subscribers, items, cores[0], cores[1 % len(cores)])


def _run(chosen: list[str], plan: "Plan", repeats: int, seconds: float, errors: "Console") -> "list[Round]":
    import uvloop
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from ticker.bench.contenders import CONTENDERS
    from ticker.bench.round import measure

    rounds: list[Round] = []
    deadline = time.monotonic() + seconds
    own = os.sched_getaffinity(0)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Drawn only between steps: a thread that draws would take turns with the clients.
    with (
        Progress(*columns, console=errors, auto_refresh=False) as progress,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        bar = progress.add_task("", total=len(chosen) * repeats)
        try:
            os.sched_setaffinity(0, {plan.client_core})
            for turn in range(repeats):
                # A whole turn or none: each contender must be measured equally often.
                if turn and time.monotonic() >= deadline:
                    break
                for name in chosen:

                    def step(what: str, name: str = name) -> None:
                        progress.update(bar, description=f"{name}: {what}", refresh=True)

                    rounds.append(runner.run(measure(CONTENDERS[name](), plan, step)))
                    progress.update(bar, advance=1, refresh=True)
        finally:
            os.sched_setaffinity(0, own)
    return rounds


def _write(report: "Report", out: Path, page: str, picture: str) -> None:
    import msgspec

    (out / "steady.md").write_text(page, "utf-8")
    (out / "steady.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    (out / "steady.svg").write_text(picture, "utf-8")


def _refuse(errors: "Console", line: str) -> NoReturn:
    errors.print(line, style="red", markup=False)
    raise typer.Exit(1)
