"""Publishes single items to 10,000 subscribers: CPU per delivery, time to the last, memory per connection."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from bench.contenders.flashwire import Flashwire, FlashwireEvents
from bench.kernel_memory import readers_per_gb
from bench.plot import Panel, bars
from bench.scenario import OURS, Picture, Row, Run, Scenario, Section
from bench.scenarios.curves import filter_paths
from bench.session import audience
from bench.stats import figure, median, ratio, table

WARM: Final = 50
Of = Callable[[str, str], list[float]]
LIMIT: Final = "limit"
PEER: Final = "nchan"
DEFLATED: Final = "flashwire, deflated"
EVENTS: Final = "flashwire, SSE"
FULL: Final = "flashwire, deflated, 200 filters"
# Variants of ours: the title, the contender, and keywords of `audience`.
WAYS: Final[dict[str, tuple[str, type[Flashwire], dict[str, Any]]]] = {  # Any: keywords
    DEFLATED: ("Flashwire, permessage-deflate negotiated", Flashwire, {"deflate": True}),
    FULL: (
        "Flashwire, permessage-deflate negotiated, subscribers in 200 filters, receipts",
        Flashwire,
        {"deflate": True, "paths": filter_paths(200)},
    ),
    EVENTS: (FlashwireEvents.title, FlashwireEvents, {}),
}
AIM_ALL: Final = 1.15
AIM_READERS: Final = 230_000

# The contenders that the last subscriber's wait is compared with, and the highest allowed ratio.
YARDSTICKS: Final = ((PEER, 1.0), (LIMIT, 1.3))


class Round(msgspec.Struct, frozen=True):
    """One round of one contender."""

    cpu_us: float
    """Server CPU per delivery, all its processes."""
    last_ms: float
    """From publishing to the last of the subscribers, median over the items."""
    holders_us: float
    """The part of `cpu_us` that the processes with connections used."""
    first_ms: float
    """From publishing to the first of the subscribers."""
    memory_kib: float
    """Growth of the servers' PSS per quiet connection."""
    kernel_kib: float
    """The kernel's structures of the server's end of it."""
    readers_per_gb: float
    client_us: float
    busy: float
    """Share of the elapsed time that the load client worked."""


async def measure(run: Run) -> Section:
    subscribers, items = (300, 3) if run.quick else (10_000, 12)

    async def one_round(name: str) -> Round:
        _, make, how = WAYS.get(name) or ("", run.contenders[name], {})
        async with audience(run, make(), **how) as session:
            await session.warm(WARM, 2 if run.quick else 10)
            grown = await session.grow(subscribers - WARM)
            await session.deliver()
            run.step(f"{items} items")
            delivered = await session.series(items)
            deliveries = sum(delivery.deliveries for delivery in delivered)
            return Round(
                cpu_us=sum(delivery.server_cpu for delivery in delivered) * 1e6 / deliveries,
                last_ms=median([delivery.last_ms for delivery in delivered]),
                holders_us=sum(delivery.holders_cpu for delivery in delivered) * 1e6 / deliveries,
                first_ms=median([(delivery.items[0].first - delivery.published) / 1e6 for delivery in delivered]),
                memory_kib=grown.own_kib,
                kernel_kib=grown.kernel_kib,
                readers_per_gb=readers_per_gb(grown.own_kib, grown.kernel_kib),
                client_us=sum(delivery.client_cpu for delivery in delivered) * 1e6 / deliveries,
                busy=median([delivery.busy for delivery in delivered]),
            )

    rounds = await run.in_turn([*run.contenders, *WAYS], one_round)
    titles = {name: run.contenders[name]().title for name in rounds if name in run.contenders}
    titles |= {name: title for name, (title, _, _) in WAYS.items()}

    def of(name: str, field: str) -> list[float]:
        return [getattr(result, field) for result in rounds.get(name, ())]

    def line(name: str) -> tuple[str, ...]:
        def cell(field: str, digits: int = 1) -> str:
            own, theirs = of(name, field), of(OURS, field)
            text = figure(own).text(digits)
            return text if name == OURS or median(theirs) <= 0 else f"{text} · ×{ratio(own, theirs).median:.2f}"

        client = f"{median(of(name, 'client_us')):.1f} µs, {median(of(name, 'busy')):.0%}"
        return titles[name], cell("cpu_us"), cell("last_ms", 0), cell("memory_kib"), cell("readers_per_gb", 0), client

    head = (
        "contender",
        "CPU per delivery, µs",
        "to the last, ms",
        "memory per connection, KiB",
        "readers per GB, kernel included",
        "the load client's own",
    )
    panels = [
        Panel(title, [(titles[name], figure(of(name, field))) for name in rounds])
        for title, field in (
            ("Server CPU per delivery, µs", "cpu_us"),
            (f"From publishing to the last of {subscribers:,}, ms", "last_ms"),
            ("Server memory per quiet connection, KiB", "memory_kib"),
            ("Readers per GB, the kernel's memory included", "readers_per_gb"),
        )
    ]
    kernel = figure(of(OURS, "kernel_kib")).text(2)
    text = f"""{table(head, [line(name) for name in rounds])}

Median of {len(rounds[OURS])} rounds, with lowest and highest in brackets; × is the ratio to ours, turn by turn. Each
round starts a new server; {subscribers:,} subscribers, up to {items} items of 560 bytes, each published when the
previous one had reached all subscribers. Every subscriber received every item in order and once.

- **CPU per delivery**: user and system time of all the contender's processes (for ours Valkey too) ÷ deliveries.
- **To the last**: from before the item is published until the last subscriber has it. Ours includes Valkey and an
  fsync; the others are handed the item.
- **permessage-deflate**: ours with a load client that offers compression; items are compressed once for all.
- **200 filters**: connections use the filters in turn, and each filter matches every item. Receipts are always on.
- **Memory**: growth of the server's proportional set size while they joined.
- **Readers per GB**: 10⁹ bytes ÷ (that memory + the kernel's for the server's end of a connection). The kernel's caches
  (/proc/slabinfo) grew by {kernel} KiB per connection of ours; both ends are on this machine, so half of it
  counts, without the client's local port. The buffers of a quiet connection are empty.
- **The load client's own**: its CPU per delivery, and the share of the elapsed time that its core worked for it. Where
  its CPU is below the server's, it waited for the server and not the server for it.
"""
    rows = (_last(of), _cpu(of), _all_on(of), _memory(of), _all_in(of))
    return Section(text, rounds, rows, (Picture(bars(panels), says="The four figures as bars, ours first"),))


def _last(of: Of) -> Row:
    ours = of(OURS, "last_ms")
    text = f"{figure(ours).text(0)} ms"
    beside, missed = [], False
    for name, limit in YARDSTICKS:
        if theirs := of(name, "last_ms"):
            times = ratio(ours, theirs)
            beside.append(f"{name} {figure(theirs).text(0)} ms, ours ×{times.text(2)}")
            missed = missed or times.median > limit
    first = median(of(OURS, "first_ms"))
    why = f"with Valkey, fsync and reader the first had it after {first:.1f} ms; {_split(of)}"
    return _row("last", text, beside, missed, why, all(of(name, "last_ms") for name, _ in YARDSTICKS))


def _cpu(of: Of) -> Row:
    ours, limit = of(OURS, "cpu_us"), of(LIMIT, "cpu_us")
    beside = [f"{name} {figure(of(name, 'cpu_us')).text()} µs" for name in (LIMIT, PEER) if of(name, "cpu_us")]
    text = f"{figure(ours).text()} µs"
    if not limit:
        return _row("cpu", text, beside, False, "", False)
    times = ratio(ours, limit)
    return _row("cpu", f"{text}, ×{times.text(2)} the limit", beside, times.median > 1.25, _split(of), True)


def _all_on(of: Of) -> Row:
    ours, limit = of(FULL, "cpu_us"), of(LIMIT, "cpu_us")
    text = f"{figure(ours).text()} µs"
    if not limit:
        return _row("cpu-all", text, [], False, "", False)
    times = ratio(ours, limit)
    beside = [f"{LIMIT}, plain {figure(limit).text()} µs"]
    plain = f"plain and in one filter it takes {figure(of(OURS, 'cpu_us')).text()} µs"
    return _row("cpu-all", f"{text}, ×{times.text(2)} the limit", beside, times.median > AIM_ALL, plain, True)


def _all_in(of: Of) -> Row:
    ours = figure(of(OURS, "readers_per_gb"))
    beside = [
        f"{name} {figure(found).text(0)}"
        for name in (PEER, "centrifugo", "nats")
        if (found := of(name, "readers_per_gb"))
    ]
    why = (
        f"of {1e9 / ours.median:,.0f} B the kernel takes {figure(of(OURS, 'kernel_kib')).median * 1024:,.0f}, "
        f"ours are {figure(of(OURS, 'memory_kib')).median * 1024:,.0f}"
    )
    return _row("per-gb", f"{ours.text(0)} readers", beside, ours.median < AIM_READERS, why, True)


def _split(of: Of) -> str:
    node, whole = median(of(OURS, "holders_us")), median(of(OURS, "cpu_us"))
    return f"of {whole:.1f} µs a delivery the node takes {node:.1f} and Valkey {whole - node:.1f}"


def _memory(of: Of) -> Row:
    plain, deflated = figure(of(OURS, "memory_kib")), figure(of(DEFLATED, "memory_kib"))
    beside = [f"{name} {figure(of(name, 'memory_kib')).text()} KiB" for name in (PEER,) if of(name, "memory_kib")]
    missed = plain.median > 3000 / 1024 or deflated.median > 4000 / 1024
    text = f"{plain.text()} KiB plain, {deflated.text()} KiB with deflate negotiated"
    return Row("memory", text, ", ".join(beside), not missed)


def _row(key: str, ours: str, beside: list[str], missed: bool, why: str, is_known: bool) -> Row:
    """The target is missed if one comparison misses it, and reached only if all of them were measured."""
    if missed or is_known:
        return Row(key, ours, "; ".join(beside), not missed, why if missed else "")
    return Row(key, ours, "; ".join(beside), None, "a yardstick is not installed here")


SCENARIO: Final = Scenario(
    "steady", "Steady state: 10,000 subscribers on one core", measure, seconds=240, quick_seconds=12
)
