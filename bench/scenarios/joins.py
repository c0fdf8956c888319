"""Measures joins with a snapshot of 10 items: server CPU, and the Redis commands that they cause."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from bench.contenders.flashwire import Flashwire
from bench.contenders.store import command_counts
from bench.plot import Panel, bars
from bench.scenario import OURS, Picture, Row, Run, Scenario, Section
from bench.session import Session, audience
from bench.stats import figure, ratio, table

ITEMS: Final = 10
AIM_US: Final = 60.0
RESUME: Final = "resume"
PEERS: Final = ("limit", "bare", "nchan", "centrifugo", "centrifugo-redis", "nats", "naive")
# Commands that the node's reader sends without joins, and INFO, which the measurement uses.
READER: Final = frozenset(
    ("xread", "xrange", "xrevrange", "hmget", "info", "ping", "client", "client|setinfo", "hello")
)


class Counted(Flashwire):
    """Our contender with snapshots, which counts the commands of its store."""

    def __init__(self, path: str = f"/v1/live?backlog={ITEMS}", **settings: object) -> None:
        super().__init__(path, **settings)

    async def commands(self) -> dict[str, int]:
        """Returns how often each command was called since the store started."""
        return await command_counts(self._client)


class Round(msgspec.Struct, frozen=True):
    """One round of one contender."""

    cpu_us: float
    """CPU of server and store per join."""
    per_second: float
    p99_ms: float
    """From connect() to the first message, or to the 101 if the contender sends none."""
    client_us: float
    bytes: float
    """Received per join."""
    commands: dict[str, int] = {}
    """Commands that the store received during the joins."""


async def measure(run: Run) -> Section:
    count = 300 if run.quick else 6000

    async def one_round(name: str) -> Round:
        ours = name in (OURS, RESUME)
        contender = Counted() if ours else run.contenders[name]()
        async with audience(run, contender) as session:
            # These items also fill the snapshot.
            await session.warm(50, ITEMS + 1)
            if name == RESUME:
                await session.join(count)
                await session.load.cut(count)
            await session.settle()
            return await _joins(session, contender if isinstance(contender, Counted) else None, count, name == RESUME)

    names = [OURS, RESUME, *(name for name in PEERS if name in run.contenders)]
    rounds = await run.in_turn(names, one_round)
    titles = {OURS: f"Flashwire: a join with {ITEMS} items", RESUME: "Flashwire: a resume with a cursor"}
    titles |= {name: f"{run.contenders[name]().title}: no snapshot" for name in rounds if name not in titles}

    def of(name: str, field: str) -> list[float]:
        return [getattr(result, field) for result in rounds.get(name, ())]

    def line(name: str) -> tuple[str, ...]:
        cpu = figure(of(name, "cpu_us")).text(0)
        times = "" if name == OURS else f" · ×{ratio(of(name, 'cpu_us'), of(OURS, 'cpu_us')).median:.2f}"
        rest = [figure(of(name, field)).text(0) for field in ("per_second", "p99_ms", "bytes")]
        return titles[name], cpu + times, *rest, f"{figure(of(name, 'client_us')).text(0)} µs"

    head = ("contender", "server CPU per join, µs", "joins/s", "p99, ms", "bytes received", "the load client's CPU")
    panels = [
        Panel("Server CPU per join, µs", [(titles[name], figure(of(name, "cpu_us"))) for name in rounds], digits=0)
    ]
    commands = _commands_per_round(rounds[OURS] + rounds.get(RESUME, []))
    rows = [line(name) for name in rounds]
    text = f"""{table(head, rows)}

{count:,} subscribers join, 200 at a time, a server with 50 connections; median of {len(rounds[OURS])} rounds, with
lowest and highest in brackets; × is the ratio to ours, turn by turn. Server CPU includes the kernel's accept and send,
and the store. Ours sends the handshake response and the {ITEMS} newest items in one write; the others send no snapshot.

While {count:,} subscribers joined, the store received: {_listed(commands)}. These are commands of the node's reader,
which sends the same without joins, and INFO, which the measurement uses.
"""
    return Section(
        text, rounds, (_row(of, commands),), (Picture(bars(panels), says="CPU per join as bars, ours first"),)
    )


async def _joins(session: Session, store: Counted | None, count: int, again: bool) -> Round:
    load = session.load
    commands_before = await store.commands() if store else {}
    stats_before, spent = await load.stats(), session.cpu_seconds()
    joined = await (load.resume(inflight=200) if again else session.join(count))
    spent, stats_after = session.cpu_seconds() - spent, await load.stats()
    commands_after = await store.commands() if store else {}
    times = sorted(joined.took_ms)
    return Round(
        cpu_us=spent * 1e6 / joined.count,
        per_second=joined.count / (joined.last - joined.began) * 1e9,
        p99_ms=times[int(len(times) * 0.99)],
        client_us=(stats_after.cpu - stats_before.cpu) / 1e3 / joined.count,
        bytes=(stats_after.bytes - stats_before.bytes) / joined.count,
        commands={
            name: calls - commands_before.get(name, 0)
            for name, calls in commands_after.items()
            if calls > commands_before.get(name, 0)
        },
    )


def _commands_per_round(rounds: list[Round]) -> Mapping[str, int]:
    names = sorted({name for result in rounds for name in result.commands})
    return {name: max(result.commands.get(name, 0) for result in rounds) for name in names}


def _listed(commands: Mapping[str, int]) -> str:
    return ", ".join(f"{name.upper()} {calls}" for name, calls in commands.items()) or "nothing"


def _row(of: Callable[[str, str], list[float]], commands: Mapping[str, int]) -> Row:
    cpu = figure(of(OURS, "cpu_us"))
    beside = [f"{name} {figure(of(name, 'cpu_us')).text(0)} µs" for name in PEERS if of(name, "cpu_us")]
    others = {name: calls for name, calls in commands.items() if name not in READER}
    reached = cpu.median <= AIM_US and not others
    why = "" if reached else "see the table"
    if not reached and of("limit", "cpu_us"):
        why = f"C with epoll takes {figure(of('limit', 'cpu_us')).text(0)} µs for a connection without snapshot"
    text = f"{cpu.text(0)} µs; {_listed(others)} asked of Redis for joins"
    return Row("join", text, ", ".join(beside), reached, why)


SCENARIO: Final = Scenario("joins", "Joins with a snapshot of 10 items", measure, seconds=200, quick_seconds=20)
