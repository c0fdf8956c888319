"""Measures what clients that never read cost other clients and the server: none, one and hundreds of them."""

import asyncio
import time
from typing import Final

import msgspec

from bench.contenders.flashwire import Flashwire
from bench.load import Load
from bench.plot import Panel, bars
from bench.scenario import Picture, Row, Run, Scenario, Section
from bench.session import Session, audience
from bench.sockets import kernel_bytes
from bench.stats import figure, quantile, ratio, table

# The number of clients that never read, by the name of the round.
ROUNDS: Final = {"nobody": 0, "one": 1, "many": 500}
# Limits for each of them, as documented in docs/protocol.md and the runbook.
KERNEL_BYTES: Final = 64 << 10
PROCESS_BYTES: Final = 256 << 10
GONE_SECONDS: Final = 30.0
BURST: Final = 20
PATH: Final = "/v1/live?backlog=0"
# The receive buffer of a client that never reads; it is not the server's memory.
WINDOW_BYTES: Final = 4096
_LOOK_SECONDS: Final = 0.25


class Round(msgspec.Struct, frozen=True):
    """The result of one round."""

    p99_ms: float
    """The p99, over items, of the time until 99 % of the readers had the item."""
    median_ms: float
    cpu_us: float
    process_bytes: float
    """Growth of the server's PSS per client that never reads, with full buffers."""
    kernel_bytes: int
    """The highest kernel memory of one of their connections."""
    gone_seconds: float
    """From when they stopped reading until all of them were closed; 0 if not measured."""


class Plan(msgspec.Struct, frozen=True):
    """The size of a round."""

    readers: int
    flood: int
    items: int
    deaf: dict[str, int]
    settings: dict[str, float]


FULL: Final = Plan(1000, 900, 200, ROUNDS, {})
QUICK: Final = Plan(100, 200, 20, {**ROUNDS, "many": 20}, {"write_limit_bytes": 16_384, "slow_seconds": 1})


async def measure(run: Run) -> Section:
    plan = QUICK if run.quick else FULL
    rounds_of = await run.in_turn(ROUNDS, lambda name: _round(run, plan, plan.deaf[name]))
    alone, with_one, with_many = rounds_of["nobody"], rounds_of["one"], rounds_of["many"]

    def line(name: str) -> tuple[str, ...]:
        rounds, deaf = rounds_of[name], plan.deaf[name]
        own, kernel = figure([result.process_bytes for result in rounds]), max(result.kernel_bytes for result in rounds)
        buffered = f"{own.text(0)} + {kernel:,}"
        closed_after = figure([result.gone_seconds for result in rounds]).text() if name == "many" else "–"
        return (
            f"{deaf:,}",
            figure([result.p99_ms for result in rounds]).text(),
            figure([result.median_ms for result in rounds]).text(),
            figure([result.cpu_us for result in rounds]).text(),
            buffered
            if name == "many"
            else f"{max(result.kernel_bytes for result in rounds):,} kernel"
            if deaf
            else "–",
            closed_after,
        )

    head = (
        "never read",
        "others' p99, ms",
        "others' median, ms",
        "CPU per delivery, µs",
        "bytes held by each",
        "gone, s",
    )
    text = f"""{table(head, [line(name) for name in ROUNDS])}

{plan.readers:,} subscribers read, and each received every item in order and once. In each round {plan.flood:,} items
were published in bursts of {BURST}, to fill the buffers of the clients that never read; then {plan.items} were
published one by one, and the figures are of these. p99: 99 of 100 items had reached 99 of 100 readers within this time.
Bytes: growth of the server's PSS per client that never reads, and the highest kernel memory of such a connection
(sock_diag); their own receive buffers do not count. Gone: from when they stopped reading until the last was closed with
4001.
"""
    row = _row([result.p99_ms for result in alone], [result.p99_ms for result in with_one], with_many)
    panels = [
        Panel(
            title,
            [
                (f"{plan.deaf[name]:,} never read", figure([getattr(result, of) for result in rounds_of[name]]))
                for name in rounds_of
            ],
        )
        for title, of in (("The readers' p99, ms", "p99_ms"), ("Server CPU per delivery, µs", "cpu_us"))
    ]
    picture = Picture(bars(panels), says="What readers wait, with and without some who never read")
    return Section(text, rounds_of, () if run.quick else (row,), (picture,))


async def _round(run: Run, plan: Plan, deaf: int) -> Round:
    contender = Flashwire(PATH, **plan.settings)
    async with audience(run, contender) as session:
        await session.warm(plan.readers, 5)
        port = session.target.port
        silent = Load(session.target, core=run.client_core, lenient=True, receive_buffer=WINDOW_BYTES)
        async with silent:
            if deaf:
                run.step(f"{deaf} stop reading")
                await silent.open(deaf)
                await silent.mute(deaf)
            began = time.monotonic()
            await session.settle()
            memory_before = session.memory_kib()
            run.step(f"{plan.flood:,} items in bursts")
            for _ in range(plan.flood // BURST):
                await session.deliver(BURST)
            kernel = sorted(kernel_bytes(port))[-deaf:] if deaf else [0]
            grown = (session.memory_kib() - memory_before) * 1024
            run.step(f"{plan.items} items")
            deliveries = []
            for _ in range(plan.items):
                deliveries.append(await session.deliver())
                await asyncio.sleep(0.005)
            closed_after = 0.0
            if deaf == plan.deaf["many"]:
                closed_after = await _seconds_until_closed(session, silent, deaf, began)
    waits = [(delivery.items[0].late - delivery.published) / 1e6 for delivery in deliveries]
    middle = [(delivery.items[0].middle - delivery.published) / 1e6 for delivery in deliveries]
    cpu = (
        sum(delivery.server_cpu for delivery in deliveries) * 1e6 / sum(delivery.deliveries for delivery in deliveries)
    )
    return Round(
        quantile(waits, 0.99), quantile(middle, 0.5), cpu, grown / deaf if deaf else 0.0, max(kernel), closed_after
    )


async def _seconds_until_closed(session: Session, silent: Load, deaf: int, began: float) -> float:
    session.run.step("waiting until they are gone")
    while (await silent.stats()).closed_muted < deaf:
        if time.monotonic() - began > 3 * GONE_SECONDS:
            break
        # Readers go on receiving: closing a slow client must not delay them.
        await session.deliver()
        await asyncio.sleep(_LOOK_SECONDS)
    return time.monotonic() - began


def _row(alone: list[float], with_one: list[float], with_many: list[Round]) -> Row:
    times = ratio(with_one, alone)
    # The noise is how much rounds without slow clients differ from each other.
    noise = max(alone) / min(alone)
    process = max(result.process_bytes for result in with_many)
    kernel = max(result.kernel_bytes for result in with_many)
    closed_after = max(result.gone_seconds for result in with_many)
    bounded = process <= PROCESS_BYTES * 1.1 and kernel <= KERNEL_BYTES and closed_after <= GONE_SECONDS
    return Row(
        "slow",
        f"p99 {figure(with_one).text()} ms with one, {figure(alone).text()} ms without (×{times.text(2)}); "
        f"each of 500 held {process / 1024:,.0f} KiB in the process and {kernel / 1024:,.0f} KiB in the kernel, "
        f"gone after {closed_after:.0f} s",
        f"rounds without one differ by ×{noise:.2f} among themselves",
        bounded and times.median <= noise,
        "" if bounded and times.median <= noise else "see the table",
    )


SCENARIO: Final = Scenario(
    "slow", "One that never reads, and hundreds", measure, seconds=320, quick_seconds=12, repeats=5
)
