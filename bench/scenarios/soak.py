"""A soak of 30 minutes with all client behaviour; it fails if the node's memory grows."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.contender import ContenderError
from bench.contenders.flashwire import Flashwire
from bench.load import Load
from bench.plot import Lines, lines
from bench.process import memory_kib
from bench.scenario import Picture, Run, Scenario, Section
from bench.session import audience
from bench.soak.cycle import Cycle, Plan
from bench.soak.judge import GROWTH_KIB, Look, Verdict, judge
from bench.stats import figure, table

FULL: Final = Plan(base=1000, churn=3000, deaf=200, deaf_every=1, slow=100, pause=2, readers=20, flood=200, items=100)
QUICK: Final = Plan(base=200, churn=1600, deaf=30, deaf_every=4, slow=20, pause=1, readers=5, flood=140, items=10)
# Environment variable for the duration in minutes, which may be a fraction; ignored by a trial.
MINUTES_VARIABLE: Final = "SOAK_MINUTES"
MINUTES: Final = 30.0
QUICK_CYCLES: Final = 3
# Cycles before memory counts, so that caches are full and all code has run.
WARM_CYCLES: Final = 1
# A quick cycle has 171 items: the stream is full after the first.
QUICK_SETTINGS: Final[dict[str, float]] = {"stream_length": 170, "slow_seconds": 3}
# Small, so that one cycle fills the buffers and exceeds the timeouts.
SETTINGS: Final[dict[str, float]] = {"write_limit_bytes": 16_384, "slow_seconds": 6, "stream_length": 400}
LEAST_LOOKS: Final = 4
# Our own reading of the metrics keeps a connection for some seconds, and the node's first report opens one to Redis.
SETTLE_SECONDS: Final = 6.0
# Above the 20 s for which a node keeps an HTTP connection open.
CLOSED_SECONDS: Final = 25.0


async def measure(run: Run) -> Section:
    plan = QUICK if run.quick else FULL
    minutes = float(os.environ.get(MINUTES_VARIABLE) or MINUTES)
    looks: list[Look] = []
    async with audience(run, Flashwire(**_texts({**SETTINGS, **(QUICK_SETTINGS if run.quick else {})}))) as session:
        target, core = session.target, run.client_core
        server = target.processes[0]
        async with (
            Load(target, core=core, deflate=True) as deflated,
            Load(target, core=core, lenient=True, receive_buffer=4096) as deaf,
            Load(target, core=core, receive_buffer=4096) as slow,
        ):
            cycle = Cycle(session, plan, deflated, deaf, slow)
            await asyncio.sleep(SETTLE_SECONDS)
            idle = _descriptors(server)
            await session.join(plan.base)
            began, turns = time.monotonic(), 0
            while (
                turns < WARM_CYCLES + QUICK_CYCLES
                if run.quick
                else len(looks) < LEAST_LOOKS or time.monotonic() - began < minutes * 60
            ):
                p99 = await cycle.turn()
                turns += 1
                await session.settle()
                at = time.monotonic() - began
                look = Look(at, memory_kib(server), _descriptors(server), _threads(server), cycle.departed, p99)
                if turns > WARM_CYCLES:
                    looks.append(look)
                share = turns / (WARM_CYCLES + QUICK_CYCLES) if run.quick else at / (minutes * 60)
                run.step(f"{look.pss_kib:,.0f} KiB after {turns} cycles", min(share, 1.0))
            left_out = sum([(await load.stats()).left_out for load in (session.load, deflated, slow)])
            if not left_out:
                raise ContenderError("No version was left out: no replay had corrections to fold.")
            await session.load.leave(plan.base)
            await cycle.empty(0)
            idle_after = await _closed(server, idle)
    verdict = judge(looks, settled=0.0 if run.quick else 0.5)
    wrong = list(verdict.wrong)
    if idle_after > idle:
        wrong.append(f"After all clients had left, {idle_after} files were open instead of {idle}.")
    if wrong:
        raise ContenderError(" ".join(wrong))
    return _section(plan, looks, verdict, (idle, idle_after), left_out)


def _section(plan: Plan, looks: list[Look], verdict: Verdict, files: tuple[int, int], left_out: int) -> Section:
    pss = figure([look.pss_kib / 1024 for look in looks])
    rows = [
        ("cycles that count", f"{len(looks)}, over {(looks[-1].at - looks[0].at) / 60:.1f} minutes"),
        ("came and went", f"{looks[-1].departed:,}"),
        ("memory at each cycle's end, MiB", pss.text(2)),
        ("slope of the second half", f"{verdict.slope_kib:+,.0f} KiB an hour"),
        ("its growth", f"{verdict.growth_kib:+,.0f} KiB, {GROWTH_KIB:,} allowed"),
        ("for each who came and went in it", f"{verdict.growth_kib * 1024 / max(1, verdict.departed):+.1f} bytes"),
        ("open files, at each cycle's end", f"{figure([look.descriptors for look in looks]).text(0)}"),
        ("open files, nobody there, before and after", f"{files[0]}, {files[1]}"),
        ("versions left out where a newer one replaced them", f"{left_out:,}"),
        ("p99 of a cycle's deliveries, ms", figure([look.p99_ms for look in looks]).text()),
    ]
    text = f"""{table(("what", "seen"), rows)}

A node with a private Valkey. {plan.base:,} connections stay all the time. In each cycle {plan.churn:,} more join, half
of them with deflate; {plan.slow} stop reading and continue later; {plan.deaf} never read and are closed with 4001;
{plan.readers} use SSE, {plan.readers} change their filter and {plan.readers} use the Python client. {plan.flood} items
come in bursts of 20 and {plan.items} one by one, with corrections, holds, releases and withdrawals among them. Some
requests are malformed. A third of the connections is cut and resumes with its cursor; then all but the base leave.
Every reading client counted every entry: all arrived, in order, once, also at the cut ones, except for versions that a
newer one replaced. At the end of a cycle the node's metrics report the base connections and no buffered bytes.

Memory is the node's PSS with only the base connected. The verdict is the median of all slopes between two observations
of the second half. So that a leaving client leaves more traces than a staying one, a connection's buffers are small
here ({SETTINGS["write_limit_bytes"]:,.0f} bytes), slow clients are closed after {SETTINGS["slow_seconds"]:.0f} s, and
the stream holds {SETTINGS["stream_length"]:,.0f} entries.
"""
    minutes = [look.at / 60 for look in looks]
    charts = [
        Lines(title, "minutes", {name: list(zip(minutes, values, strict=True))}, logarithmic=False)
        for title, name, values in (
            ("Memory with the base alone, MiB", "PSS", [look.pss_kib / 1024 for look in looks]),
            ("Connections that have come and gone, thousands", "gone", [look.departed / 1000 for look in looks]),
            ("Open files with the base alone", "files", [float(look.descriptors) for look in looks]),
            ("p99 of a cycle's deliveries, ms", "p99", [look.p99_ms for look in looks]),
        )
    ]
    data = {"plan": plan, "settings": SETTINGS, "looks": looks, "verdict": verdict}
    return Section(text, msgspec.to_builtins(data), (), (Picture(lines(charts), says="Memory, over time"),))


def _descriptors(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


async def _closed(process: int, idle: int) -> int:
    """Returns the number of open files once it is at most `idle`, or after `CLOSED_SECONDS`."""
    deadline = time.monotonic() + CLOSED_SECONDS
    while True:
        count = _descriptors(process)
        if count <= idle or time.monotonic() > deadline:
            return count
        await asyncio.sleep(0.05)


def _threads(process: int) -> int:
    return len(list(Path(f"/proc/{process}/task").iterdir()))


def _texts(settings: dict[str, float]) -> dict[str, Any]:  # Any: whatever a setting is
    return {name: f"{value:g}" for name, value in settings.items()}


SCENARIO: Final = Scenario(
    "soak", "Half an hour of coming and going", measure, seconds=1830, quick_seconds=30, repeats=1, default=False
)
