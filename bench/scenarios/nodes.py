"""Measures what up to 200 nodes without clients, each with the real reader, cost one Valkey."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final

import msgspec

from bench.contender import ContenderError, Target
from bench.contenders.flashwire import Flashwire
from bench.items import numbered
from bench.plot import Lines, lines
from bench.process import cpu_seconds
from bench.scenario import Picture, Run, Scenario, Section
from bench.stats import figure, table

PROCESSES: Final = 4
COUNTS: Final = (20, 100, 200)
_START_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.2


class Figures(msgspec.Struct, frozen=True):
    """What one number of nodes cost."""

    nodes: int
    idle_us: float
    """CPU of Valkey per node and second, without items, in µs."""
    item_us: float
    """CPU of Valkey per node and item, in µs, with the checks in between: an upper bound."""
    last_ms: tuple[float, ...]
    """From the publication of each item until the last node had it."""


class Store(Flashwire):
    """Valkey with the stream, without a node."""

    async def start(self, core: int) -> Target:
        _, self.url, process = self._open(core)
        self.signing = str(self._settings["signing_keys"])
        return Target(ports=(), path="", processes=(process,), joined=b"")


async def measure(run: Run) -> Section:
    counts = (4, 8) if run.quick else COUNTS
    quiet, items = (1.0, 3) if run.quick else (6.0, 30)

    store = Store()
    try:
        target = await store.start(run.server_core)
        await store.publish([numbered(0)])
        results = []
        for part, count in enumerate(counts):
            run.step(f"{count} nodes", part / len(counts))
            results.append(await _measure_nodes(store, target.processes, run.client_core, count, quiet, items))
    finally:
        await store.stop()
    rows = [
        (f"{result.nodes}", f"{result.idle_us:,.0f}", f"{result.item_us:,.0f}", figure(result.last_ms).text())
        for result in results
    ]
    head = ("nodes", "Valkey's CPU per node and second, µs", "per node and item, µs", "publish → last node, ms")
    text = f"""{table(head, rows)}

Each node has its own connections and the reader as shipped: one blocking read, and every 1.5 s a check of the primary
and of its position. The nodes have no clients, and are in {PROCESSES} processes on one core: the last column is the
time of these processes, whose nodes share a core, and not of Valkey alone. {items} items, {_PAUSE_SECONDS} s after the
last node had the one before. The CPU per item includes the checks in that time, so it is an upper bound.
"""
    curves = {
        "per second, idle": [(float(result.nodes), result.idle_us) for result in results],
        "per item": [(float(result.nodes), result.item_us) for result in results],
    }
    chart = Lines("Valkey's CPU per node, µs", "nodes", curves, logarithmic=False)
    return Section(text, results, pictures=(Picture(lines([chart]), says="Valkey's CPU per node by number of nodes"),))


async def _measure_nodes(
    store: Store, valkey: tuple[int, ...], core: int, count: int, quiet: float, items: int
) -> Figures:
    processes = [await _start(store, core, count // PROCESSES) for _ in range(PROCESSES)]
    try:
        async with asyncio.timeout(_START_SECONDS):
            for process in processes:
                if await _line(process) != ["ready"]:
                    raise ContenderError("The nodes did not start.")
        idle = await _idle_cpu(valkey, quiet)
        last: list[float] = []
        spent = cpu_seconds(valkey)
        for number in range(items):
            published = time.monotonic()
            await store.publish([numbered(count * 1000 + number)])
            async with asyncio.timeout(_START_SECONDS):
                arrivals = [float((await _line(process))[1]) for process in processes]
            last.append((max(arrivals) - published) * 1000)
            await asyncio.sleep(_PAUSE_SECONDS)
        spent = cpu_seconds(valkey) - spent
        nodes = count // PROCESSES * PROCESSES
        return Figures(nodes, idle * 1e6 / nodes, spent * 1e6 / items / nodes, tuple(last))
    finally:
        for process in processes:
            process.kill()
            await process.wait()


async def _idle_cpu(valkey: tuple[int, ...], seconds: float) -> float:
    """CPU seconds of Valkey per second, without items."""
    spent = cpu_seconds(valkey)
    await asyncio.sleep(seconds)
    return (cpu_seconds(valkey) - spent) / seconds


async def _start(store: Store, core: int, nodes: int) -> Process:
    command = (sys.executable, "-m", "bench.node_readers", str(nodes), str(os.getpid()))
    environment = {**os.environ, "REDIS_URL": store.url, "FLASHWIRE_SIGNING_KEYS": store.signing}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=Path(__file__).parents[2], env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE
    )
    os.sched_setaffinity(process.pid, {core})
    return process


async def _line(process: Process) -> list[str]:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().split()


SCENARIO: Final = Scenario(
    "nodes", "Up to 200 nodes on one Redis", measure, seconds=60, quick_seconds=12, repeats=1, pinned=False
)
