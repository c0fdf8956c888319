"""Measures the time from the start of `flashwire run` until it is ready, with an empty and with a full stream."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.editors import post_all
from bench.installed import service, tokens
from bench.plot import Panel, bars
from bench.scenario import Picture, Row, Run, Scenario, Section
from bench.stats import figure, table

EMPTY, FULL, PYTHON = "empty", "full", "python"
LIMIT_SECONDS: Final = 1.5
_TITLES: Final = {EMPTY: "an empty directory", PYTHON: "the imports of the command alone"}
_IMPORTS: Final = "import flashwire.cli.main, publisher.server, ticker.server, flashwire.service.supervisor"


async def measure(run: Run) -> Section:
    entries = 200 if run.quick else 10_000
    with tempfile.TemporaryDirectory(prefix="fwr") as name:
        folder = Path(name)
        run.step(f"publishing {entries:,} items")
        # This first start also compiles the bytecode, so that later starts do not.
        async with service(folder) as (_, _, desk_port):
            await post_all(desk_port, await tokens(folder, 1), entries, at_once=32)

        async def one_round(name: str) -> float:
            if name == PYTHON:
                return await asyncio.to_thread(_imports)
            if name == FULL:
                async with service(folder) as (seconds, _, _):
                    return seconds
            with tempfile.TemporaryDirectory(prefix="fwr") as fresh:
                async with service(Path(fresh)) as (seconds, _, _):
                    return seconds

        rounds = await run.in_turn((EMPTY, FULL, PYTHON), one_round)
    titles = {**_TITLES, FULL: f"a stream of {entries:,} entries"}
    rows = [(titles[kind], figure(seconds).text(2)) for kind, seconds in rounds.items()]
    text = f"""{table(("from", "start to ready, s"), rows)}

From the start of the process until it prints that it is live: the embedded Valkey responds, the node has read the
stream, and node and desk report ready. One worker, compiled bytecode, both cores available. The imports are measured in
a separate process; in a real start they overlap with Valkey's start.
"""
    empty, full = figure(rounds[EMPTY]), figure(rounds[FULL])
    reached = empty.median <= LIMIT_SECONDS and full.median <= LIMIT_SECONDS
    row = Row(
        "ready",
        f"{empty.text(2)} s; with {entries:,} entries {full.text(2)} s",
        f"its imports alone {figure(rounds[PYTHON]).text(2)} s",
        reached,
        "" if reached else "imports and reading the stream take the processor; the row above says how much",
    )
    panel = Panel("Start to ready, s", [(titles[kind], figure(seconds)) for kind, seconds in rounds.items()], digits=2)
    return Section(text, rounds, (row,), (Picture(bars([panel]), says="Start to ready as bars"),))


def _imports() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", _IMPORTS], check=True)
    return time.monotonic() - began


SCENARIO: Final = Scenario(
    "ready", "Start to ready, embedded Valkey included", measure, seconds=60, quick_seconds=10, repeats=5, pinned=False
)
