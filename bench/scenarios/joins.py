"""Joins: what a connect, a handshake and a snapshot of 10 items cost the server, and what they ask of Redis."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from bench.contenders.flashwire import Flashwire
from bench.figures import figure, ratio, table
from bench.plot import Panel, bars
from bench.scenario import OURS, Picture, Row, Run, Scenario, Section
from bench.session import Session, audience

ITEMS: Final = 10
AIM_US: Final = 60.0
RESUME: Final = "resume"
PEERS: Final = ("limit", "bare", "nchan", "nats", "naive")
# What the node's reader asks of Redis anyway, a few times a second, and INFO, with which it is counted.
READER: Final = frozenset(
    ("xread", "xrange", "xrevrange", "hmget", "info", "ping", "client", "client|setinfo", "hello")
)


class Counted(Flashwire):
    """Our contender, whose store says what it was asked; its audience gets a snapshot."""

    def __init__(self, path: str = f"/v1/live?backlog={ITEMS}", **settings: object) -> None:
        super().__init__(path, **settings)

    async def commands(self) -> dict[str, int]:
        """How often each command was called since the store began."""
        stats = await self._client.info("commandstats")
        return {name.removeprefix("cmdstat_"): int(entry["calls"]) for name, entry in stats.items()}


class Round(msgspec.Struct, frozen=True):
    """One round of one contender."""

    cpu_us: float
    """Server CPU per join, its store's included."""
    per_second: float
    p99_ms: float
    """From connect() to the first message, or to the answer of the handshake where there is none."""
    client_us: float
    bytes: float
    """Received per join."""
    commands: dict[str, int] = {}
    """What the store was asked while all joined."""


async def measure(run: Run) -> Section:
    count = 300 if run.quick else 6000

    async def one_round(name: str) -> Round:
        ours = name in (OURS, RESUME)
        contender = Counted() if ours else run.contenders[name]()
        async with audience(run, contender) as session:
            # Also what the snapshot is made of.
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
        return [getattr(round_, field) for round_ in rounds.get(name, ())]

    def line(name: str) -> tuple[str, ...]:
        cpu = figure(of(name, "cpu_us")).text(0)
        times = "" if name == OURS else f" · ×{ratio(of(name, 'cpu_us'), of(OURS, 'cpu_us')).median:.2f}"
        rest = [figure(of(name, field)).text(0) for field in ("per_second", "p99_ms", "bytes")]
        return titles[name], cpu + times, *rest, f"{figure(of(name, 'client_us')).text(0)} µs"

    head = ("way", "server CPU per join, µs", "joins/s", "p99, ms", "bytes received", "the load client's CPU")
    panels = [
        Panel("Server CPU per join, µs", [(titles[name], figure(of(name, "cpu_us"))) for name in rounds], digits=0)
    ]
    commands = _commands_per_round(rounds[OURS] + rounds.get(RESUME, []))
    rows = [line(name) for name in rounds]
    text = f"""{table(head, rows)}

{count:,} subscribers join, 200 at a time, to a server that holds 50; median of {len(rounds[OURS])} rounds, in brackets
the least and the most; × is the ratio to ours, turn by turn. Server CPU is everything from the kernel's accepting to
its sending, the store's included. Ours sends the handshake's answer and the {ITEMS} newest items in one write; the
others have no snapshot to send.

While {count:,} joined, the store was asked: {_listed(commands)}. That is the node's reader, which asks the same when
no client
joins; INFO is the counting itself.
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
    names = sorted({name for round_ in rounds for name in round_.commands})
    return {name: max(round_.commands.get(name, 0) for round_ in rounds) for name in names}


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
