"""Publishes 20 items at once to 2,000 subscribers: deliveries per second of one server core."""

from collections.abc import Callable
from typing import Final

import msgspec

from bench.contenders.flashwire import FlashwireEvents
from bench.plot import Panel, bars
from bench.scenario import OURS, Picture, Row, Run, Scenario, Section
from bench.session import audience
from bench.stats import figure, median, ratio, table

ITEMS: Final = 20
AIM: Final = 1_000_000
EVENTS: Final = "flashwire, SSE"
PEERS: Final = ("nats", "centrifugo", "limit")


class Round(msgspec.Struct, frozen=True):
    """One round of one contender, median over its bursts."""

    per_second: float
    """Deliveries ÷ time from before the first item is published until the last has reached the last subscriber."""
    per_cpu_second: float
    """Deliveries ÷ server CPU."""
    last_ms: float
    client_us: float
    busy: float


async def measure(run: Run) -> Section:
    subscribers, bursts = (200, 2) if run.quick else (2000, 8)

    async def one_round(name: str) -> Round:
        contender = FlashwireEvents() if name == EVENTS else run.contenders[name]()
        async with audience(run, contender) as session:
            await session.warm(50, 2 if run.quick else 10)
            await session.join(subscribers - 50)
            await session.deliver(ITEMS)
            run.step(f"{bursts} bursts")
            deliveries = await session.series(bursts, ITEMS)
            return Round(
                per_second=median([delivery.deliveries / delivery.last_ms * 1e3 for delivery in deliveries]),
                per_cpu_second=sum(delivery.deliveries for delivery in deliveries)
                / sum(delivery.server_cpu for delivery in deliveries),
                last_ms=median([delivery.last_ms for delivery in deliveries]),
                client_us=median([delivery.client_us for delivery in deliveries]),
                busy=median([delivery.busy for delivery in deliveries]),
            )

    rounds = await run.in_turn([*run.contenders, EVENTS], one_round)
    titles = {name: run.contenders[name]().title for name in rounds if name != EVENTS}
    titles[EVENTS] = FlashwireEvents.title

    def of(name: str, field: str) -> list[float]:
        return [getattr(result, field) for result in rounds.get(name, ())]

    def line(name: str) -> tuple[str, ...]:
        def cell(field: str) -> str:
            text = figure(of(name, field)).text(0)
            return text if name == OURS else f"{text} · ×{ratio(of(name, field), of(OURS, field)).median:.2f}"

        client = f"{median(of(name, 'client_us')):.2f} µs, {median(of(name, 'busy')):.0%}"
        return titles[name], cell("per_second"), cell("per_cpu_second"), figure(of(name, "last_ms")).text(0), client

    head = (
        "contender",
        "deliveries/s",
        "deliveries per second of server CPU",
        "to the last, ms",
        "the load client's own",
    )
    panels = [
        Panel(title, [(titles[name], figure(of(name, field))) for name in rounds], digits=0)
        for title, field in (
            ("Deliveries a second, one server core", "per_second"),
            ("Deliveries for a second of server CPU", "per_cpu_second"),
        )
    ]
    text = f"""{table(head, [line(name) for name in rounds])}

{ITEMS} items of 560 bytes published together to {subscribers:,} subscribers, up to {bursts} bursts a round, median of
{len(rounds[OURS])} rounds, in brackets the least and the most; × is the ratio to ours, turn by turn; more is better.
The clock runs from before the first item is published until the last subscriber has the last one: ours includes Valkey
and an fsync. A server that writes several items to a connection at once needs fewer `send()` calls.
"""
    rows = (_row(of),)
    return Section(text, rounds, rows, (Picture(bars(panels), says="Deliveries a second as bars, ours first"),))


def _row(of: Callable[[str, str], list[float]]) -> Row:
    ours, cpu = figure(of(OURS, "per_second")), figure(of(OURS, "per_cpu_second"))
    beside = [f"{name} {figure(of(name, 'per_second')).text(0)}/s" for name in PEERS if of(name, "per_second")]
    reached = ours.median >= AIM
    # The elapsed time without server CPU is waiting.
    why = "" if reached else f"server CPU was used for {ours.median / cpu.median:.0%} of the elapsed time"
    text = f"{ours.text(0)}/s; {cpu.text(0)} for a second of server CPU"
    return Row("burst", text, ", ".join(beside), reached, why)


SCENARIO: Final = Scenario("burst", "A burst of 20 items to 2,000 subscribers", measure, seconds=90, quick_seconds=12)
