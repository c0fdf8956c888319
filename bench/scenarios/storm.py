"""Kills a node with 20,000 connections, which all resume on another node within a second."""

import asyncio
import contextlib
import math
import os
import signal
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from bench.contender import Target
from bench.contenders.centrifugo import CentrifugoPair
from bench.contenders.service import Service, start_service
from bench.limits import measure_limit
from bench.load_reports import MissedError
from bench.plot import Panel, bars
from bench.process import cpu_seconds
from bench.scenario import OURS, Picture, Row, Run, Scenario, Section
from bench.scenarios.hold import NAP_MS, PER_CLIENT, PER_WORKER
from bench.scenarios.joins import READER, Counted
from bench.session import Session, audience
from bench.stats import figure, quantile, table

SUBSCRIBERS: Final = 20_000
SPREAD_SECONDS: Final = 1.0
AIM_SECONDS: Final = 3.0
# Items published to all subscribers, then while none is connected, while they return, and afterwards.
BEFORE, AWAY, RETURNING, AFTER = 5, 3, 10, 3
# Its clients can recover from the history in Redis; that of the memory engine is lost with the process.
PEER: Final = "centrifugo-redis"
# A report of receipts, at most one a second and worker; no client causes it.
RECEIPTS: Final = frozenset({"xadd"})


class Plan(msgspec.Struct, frozen=True):
    """How large a storm is."""

    key: str
    """The key of its row."""
    readers: int
    aim_seconds: float
    """From the kill until all have resumed."""
    spread_seconds: float
    """Over which they return."""
    returning: int
    """How many items are published meanwhile."""
    inflight: int = 0
    """How many may be connecting at a time, fewer than the accept queues of the workers hold; 0: all."""


PLAN: Final = Plan("storm", SUBSCRIBERS, AIM_SECONDS, SPREAD_SECONDS, RETURNING)


class Pair(Counted):
    """Two services of several workers each on one Valkey, on any core; the scenario kills the first."""

    def __init__(self, workers: int) -> None:
        super().__init__("/v1/live?backlog=10")
        self._workers = workers
        self.services: list[Service] = []

    async def start(self, core: int) -> Target:
        folder, url, store = self._open(core)
        os.sched_setaffinity(store, os.sched_getaffinity(0))
        for _ in range(2):
            self.services.append(await start_service(self._stack, folder, url, self._workers, self._settings))
        second = self.services[1].nodes
        return Target(
            ports=(self.services[0].port,),
            path=self._path,
            processes=(*second, store),
            servers=len(second),
            joined=b'"cursor":"',
        )


class Round(msgspec.Struct, frozen=True):
    """One storm."""

    resumed_s: float
    """From the kill to the last one's first message on the other service."""
    noticed_s: float
    """From the kill until every connection had ended."""
    return_s: float
    """From the first one's connect() to the last one's first message."""
    p99_ms: float
    """The p99 of the time from a client's connect() to its first message."""
    cpu_us: float
    """CPU of the surviving workers and the store for each resume, items included."""
    client_us: float
    """CPU of the load client for each resume, items included."""
    refused: int
    items: int
    commands: dict[str, int]
    """How often each command of Redis was called during the storm."""
    publishing: dict[str, float]
    """The expected part of them that publishes items, from the commands per item before the storm."""


async def measure(run: Run) -> Section:
    return await storm(run, PLAN)


async def storm(run: Run, plan: Plan) -> Section:
    """Measures the storm of `plan`."""
    key, due = plan.key, plan.readers
    count = run.readers or (400 if run.quick else due)
    how: dict[str, Any] = {} if key == "storm" else {"pinned": False, "nap_ms": NAP_MS}  # Any: keywords
    workers, processes = (max(2, math.ceil(count / share)) for share in (PER_WORKER, PER_CLIENT))

    async def one_round(name: str) -> Round:
        pair = Pair(workers) if name == OURS else CentrifugoPair()
        async with audience(run, pair, processes=processes, **how) as session:
            return await _storm(session, pair, count, plan)

    by_name = await run.in_turn([OURS, PEER] if key == "storm" else [OURS], one_round)
    rounds, others = by_name[OURS], by_name.get(PEER, [])
    fields = (
        ("all had resumed after the kill, s", "resumed_s", 2),
        ("the last connection had ended, s", "noticed_s", 2),
        ("from the first connect to the last replay, s", "return_s", 2),
        ("one resume, p99, ms", "p99_ms", 0),
        ("CPU of the surviving service per resume, µs", "cpu_us", 0),
        ("the load client's own per resume, µs", "client_us", 0),
        ("connects that were refused and repeated", "refused", 0),
    )
    columns = [rounds, others] if others else [rounds]
    rows = [
        (title, *(figure([getattr(result, field) for result in results]).text(digits) for results in columns))
        for title, field, digits in fields
    ]
    head = ("what", "Flashwire", "Centrifugo, Redis engine") if others else ("what", "figure")
    text = f"""{table(head, rows)}

{count:,} subscribers of `flashwire ticker --workers {workers}`, which is killed with SIGKILL. When every connection has
ended, they return to a second service like it, at an even rate within {plan.spread_seconds:.0f} s, each with its newest
cursor{f", at most {plan.inflight:,} at a time" if plan.inflight else ""}. {BEFORE} items were published before, {AWAY}
while no client was connected, {plan.returning} while they returned and {AFTER} after. **Every subscriber got each of
the {rounds[0].items} items once and in order over both connections**: the load client counts them. There would be no
figure otherwise. Services, Valkey and the load client shared the machine's cores.

During the storm the store received: {_listed(rounds)}. EVALSHA and the
commands in its script publish {AWAY + plan.returning + AFTER} items, the measurement uses INFO, workers add their
reports of receipts with XADD, and the readers of {2 * workers} workers send the rest.
{_about_peer(others)}{_about_limit(key)}"""
    seconds = figure([result.resumed_s for result in rounds])
    reads = {
        name: extra
        for result in rounds
        for name, calls in result.commands.items()
        if name not in READER | RECEIPTS and (extra := round(calls - result.publishing.get(name, 0))) > 0
    }
    reached = seconds.highest <= plan.aim_seconds and not reads and count >= due
    service_us, client_us = (figure([getattr(result, field) for result in rounds]) for field in ("cpu_us", "client_us"))
    cores = len(os.sched_getaffinity(0))
    why = (
        f"a resume took {service_us.text(0)} µs of the service's CPU and {client_us.text(0)} µs of the load client's, "
        f"{(service_us.median + client_us.median) * count / 1e6 / cores:.1f} s of all {cores} cores for all of them; "
        f"it began {figure([result.noticed_s for result in rounds]).text(1)} s after the kill"
    )
    beside = f"Centrifugo with Redis {figure([result.resumed_s for result in others]).text(2)} s" if others else ""
    if key != "storm":
        limit = await measure_limit(
            run, count, servers=workers, processes=processes, nap_ms=NAP_MS, inflight=plan.inflight, items=1
        )
        beside = f"{count:,} handshakes with C loops that do nothing else {limit.joined_seconds:.2f} s"
    row = Row(
        key,
        f"{count:,} in {seconds.text(2)} s from the kill, all items once and in order; "
        f"{sum(reads.values())} Redis reads for it",
        beside,
        reached,
        "" if reached else why,
    )
    bar_figures = [("Flashwire", seconds)]
    if others:
        bar_figures.append(("Centrifugo, Redis", figure([result.resumed_s for result in others])))
    panel = Panel("Seconds from the kill until all had resumed", bar_figures, digits=2)
    return Section(text, by_name, (row,), (Picture(bars([panel]), says="Seconds until all had resumed"),))


def _listed(rounds: Sequence[Round]) -> str:
    """The most calls of each command of Redis in a storm."""
    names = sorted({name for result in rounds for name in result.commands})
    return ", ".join(f"{name.upper()} {max(result.commands.get(name, 0) for result in rounds)}" for name in names)


def _about_peer(rounds: Sequence[Round]) -> str:
    if not rounds:
        return ""
    return f"""
Centrifugo has one process for each service, which may use all cores. Its clients do what its library does: they
subscribe again with `recover`, the epoch and the offset of their newest item, over the JSON protocol. The load client
checks them by the same rules. Its store received: {_listed(rounds)}.
With its memory engine no client can recover: the history ends with the process.
"""


def _about_limit(key: str) -> str:
    if key == "storm":
        return ""
    return """
The row of the targets has the limit in the same run: as many C loops, which accept, answer the handshake and do
nothing else, with the same load clients and none of the old connections to close.
"""


async def _storm(session: Session, pair: Pair | CentrifugoPair, count: int, plan: Plan) -> Round:
    load = session.load
    await session.join(count, inflight=400, seconds=180)
    commands_at_first = await pair.commands()
    for _ in range(BEFORE):
        await session.deliver()
    load.tolerate(True)
    stats_before, commands_before, spent = await load.stats(), await pair.commands(), session.cpu_seconds()
    items = AWAY + plan.returning + AFTER
    publishing = {name: calls * items / BEFORE for name, calls in _increase(commands_at_first, commands_before).items()}
    session.run.step("the node dies")
    parent, workers = pair.services[0].parent, pair.services[0].nodes
    killed = time.monotonic_ns()
    for process in (parent, *workers):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    while (await load.stats()).cut < count:
        if time.monotonic_ns() - killed > 20e9:
            raise MissedError("not every connection of the killed node ended")
        await asyncio.sleep(0.01)
    noticed = time.monotonic_ns()
    load.aim((pair.services[1].port,))
    first = session.next
    waiting = await load.expect(first, first + AWAY + plan.returning + AFTER - 1)
    if waiting.due != count:
        raise MissedError(f"only {waiting.due} of {count} have a cursor")
    await session.publish(AWAY)
    session.run.step(f"{count:,} return")
    stats_returning = await load.stats()
    returning = asyncio.ensure_future(load.resume(inflight=plan.inflight, rate=count / plan.spread_seconds))
    for _ in range(plan.returning):
        await session.publish(1)
        await asyncio.sleep(plan.spread_seconds / plan.returning)
    joined = await returning
    await session.publish(AFTER)
    await waiting
    stats_after = await load.stats()
    commands_after = await pair.commands()
    if stats_after.incomplete > stats_before.incomplete or stats_after.open != count:
        raise MissedError(
            f"{stats_after.incomplete - stats_before.incomplete} replays incomplete, {count - stats_after.open} lost"
        )
    times = sorted(joined.took_ms)
    return Round(
        resumed_s=(joined.last - killed) / 1e9,
        noticed_s=(noticed - killed) / 1e9,
        return_s=(joined.last - joined.began) / 1e9,
        p99_ms=quantile(times, 0.99),
        cpu_us=(cpu_seconds(session.target.processes) - spent) * 1e6 / count,
        client_us=(stats_after.cpu - stats_returning.cpu) / 1e3 / count,
        refused=joined.refused,
        items=BEFORE + AWAY + plan.returning + AFTER,
        commands=_increase(commands_before, commands_after),
        publishing=publishing,
    )


SCENARIO: Final = Scenario(
    "storm", "20,000 come back when a node dies", measure, seconds=120, quick_seconds=15, pinned=False
)


def _increase(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    return {name: calls - before.get(name, 0) for name, calls in after.items() if calls > before.get(name, 0)}
