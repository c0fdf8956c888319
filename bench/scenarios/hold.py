"""Holds 100,000 connections on one machine, and measures memory, CPU and delivery time."""

import asyncio
import contextlib
import math
import os
import time
from typing import Final

import msgspec

from bench.contender import ContenderError, Target
from bench.contenders.flashwire import Flashwire
from bench.contenders.service import start_service
from bench.kernel_memory import readers_per_gb, server_end_kib, slab_kib
from bench.limits import LimitResult, measure_limit
from bench.plot import Lines, lines
from bench.scenario import Picture, Row, Run, Scenario, Section
from bench.session import Delivery, Session, audience
from bench.stats import Figure, figure, quantile, table
from bench.watching import Sample, sockets_of, watch

SUBSCRIBERS: Final = 100_000
SECONDS: Final = 600.0
# Below a common limit of open files (20,000), because the kernel spreads connections unevenly.
PER_WORKER: Final = 15_000
PER_CLIENT: Final = 17_000
ITEM_SECONDS: Final = 5.0
LAST_SECONDS: Final = 2.0
LAST_MS: Final = 600.0
# How long a load client waits after it has read, so that it is not woken for each message.
NAP_MS: Final = 2.0
# Growth of the workers' memory, from a tenth of the time to the last tenth of it, that still counts as flat.
FLAT: Final = 0.02
# By then each worker's first full garbage collection has copied the pages that it shared with its parent.
SETTLED_SECONDS: Final = 75.0


class Held(msgspec.Struct, frozen=True):
    """The result of the scenario."""

    subscribers: int
    seconds: float
    joined_seconds: float
    joins_cpu_us: float
    base_mib: float
    """The workers' memory before anybody joined."""
    kernel_kib: float
    """The kernel's structures of the server's end of a connection."""
    spread: list[int]
    """Connections of each worker."""
    samples: list[Sample]
    last_ms: list[float]
    """Of each item."""
    item_at: list[float]
    delivery_us: list[float]
    heartbeats: int
    quiet_cpu: float
    """Share of one core between items: heartbeats, their answers, and nothing else."""
    client_cpu: float
    """Share of one core that the load clients used, items included."""
    limit: LimitResult

    @property
    def own_kib(self) -> float:
        """Memory of the workers for each connection, without what they took before anybody joined."""
        return (self.samples[-1].pss_mib - self.base_mib) * 1024 / self.subscribers

    @property
    def growth(self) -> float:
        """Of memory, from the first tenth of the samples, once it has settled, to the last."""
        settled = [sample for sample in self.samples if sample.at > SETTLED_SECONDS] or self.samples
        tenth = max(1, len(settled) // 10)
        first, last = (
            sum(sample.pss_mib for sample in part) / len(part) for part in (settled[:tenth], settled[-tenth:])
        )
        return last / first - 1


class Workers(Flashwire):
    """`flashwire ticker` with several workers and an embedded Valkey, on any core."""

    def __init__(self, workers: int, heartbeat_seconds: float, max_connections: int = 19_000) -> None:
        super().__init__(heartbeat_seconds=heartbeat_seconds, max_connections=max_connections)
        self._workers = workers

    async def start(self, core: int) -> Target:
        folder, url, store = self._open(core)
        # The service may use all cores, as in production.
        os.sched_setaffinity(store, os.sched_getaffinity(0))
        service = await start_service(self._stack, folder, url, self._workers, self._settings)
        return Target(
            ports=(service.port,),
            path=self._path,
            processes=(*service.nodes, service.parent, store),
            servers=len(service.nodes),
            joined=b'"cursor":"',
        )


async def measure(run: Run) -> Section:
    if run.quick:
        result = await hold(run, subscribers=1000, workers=2, seconds=3.0, item_seconds=0.5)
    else:
        count, seconds = run.readers or SUBSCRIBERS, run.minutes * 60 or SECONDS
        result = await hold(run, subscribers=count, workers=math.ceil(count / PER_WORKER), seconds=seconds)
    return Section(_text(result), result, (_row(result), _last_row(result)), (_picture(result),))


async def hold(run: Run, *, subscribers: int, workers: int, seconds: float, item_seconds: float = ITEM_SECONDS) -> Held:
    """Holds `subscribers` for `seconds`, with an item every `item_seconds`; raises `MissedError`."""
    processes = max(2, math.ceil(subscribers / PER_CLIENT))
    heartbeat = 1.0 if run.quick else 15.0
    contender = Workers(workers, heartbeat)
    limit = await measure_limit(run, subscribers, servers=workers, processes=processes, nap_ms=NAP_MS)
    # Compressed, as browsers ask for it.
    async with audience(run, contender, processes=processes, pinned=False, nap_ms=NAP_MS, deflate=True) as session:
        servers = session.target.processes[:workers]
        base, slabs, spent = session.memory_kib() / 1024, slab_kib(), session.cpu_seconds()
        began = time.monotonic()
        await session.join(subscribers, seconds=180.0)
        joined, spent = time.monotonic() - began, session.cpu_seconds() - spent
        await session.deliver()
        kernel = server_end_kib(slab_kib() - slabs, subscribers)
        spread = [sockets_of(worker) for worker in servers]
        stats_before = await session.load.stats()
        samples: list[Sample] = []
        looking = asyncio.create_task(watch(servers, samples))
        try:
            news = await _publish(run, session, seconds, item_seconds)
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
        stats_after = await session.load.stats()
        if stats_after.open != subscribers:
            raise ContenderError(f"{subscribers - stats_after.open} connections were lost")
        items = sum(delivery.deliveries for delivery in news.delivered)
        return Held(
            subscribers=subscribers,
            seconds=news.seconds,
            joined_seconds=joined,
            joins_cpu_us=spent / subscribers * 1e6,
            base_mib=base,
            kernel_kib=kernel,
            spread=spread,
            samples=samples,
            last_ms=[delivery.last_ms for delivery in news.delivered],
            item_at=news.at,
            delivery_us=[delivery.cpu_us for delivery in news.delivered],
            # All messages that were not items; no client joined during this time.
            heartbeats=stats_after.messages - stats_before.messages - items,
            quiet_cpu=news.quiet_cpu / news.quiet,
            client_cpu=(stats_after.cpu - stats_before.cpu) / 1e9 / news.seconds,
            limit=limit,
        )


class _News:
    """Items that were published, and the time between them."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.delivered: list[Delivery] = []
        self.quiet = 0.0
        self.quiet_cpu = 0.0
        self.seconds = 0.0


async def _publish(run: Run, session: Session, seconds: float, item_seconds: float) -> _News:
    news, began = _News(), time.monotonic()
    due = began + item_seconds
    while due < began + seconds:
        share = (due - began) / seconds
        run.step(f"held for {due - began - item_seconds:.0f} of {seconds:.0f} s", 0.15 + 0.85 * share)
        quiet, spent = time.monotonic(), session.cpu_seconds()
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        news.quiet_cpu += session.cpu_seconds() - spent
        news.quiet += time.monotonic() - quiet
        news.at.append(time.monotonic() - began)
        news.delivered.append(await session.deliver())
        due += item_seconds
    news.seconds = time.monotonic() - began
    return news


def _text(result: Held) -> str:
    news = figure(result.last_ms)
    samples = result.samples
    highest, first, last = max(sample.pss_mib for sample in samples), samples[0].pss_mib, samples[-1].pss_mib
    rows = [
        (
            "connections",
            f"{result.subscribers:,} on {len(result.spread)} workers"
            f" ({min(result.spread):,} to {max(result.spread):,})",
        ),
        ("all joined within", f"{result.joined_seconds:.1f} s, {result.joins_cpu_us:.0f} µs of server CPU each"),
        ("held for", f"{result.seconds:.0f} s; {len(result.last_ms)} items, {result.heartbeats:,} heartbeats received"),
        ("publish → last of all", f"{news.text(0)} ms; p99 {quantile(result.last_ms, 0.99):.0f} ms"),
        ("server CPU per delivery", f"{figure(result.delivery_us).text()} µs"),
        ("server CPU between items", f"{result.quiet_cpu:.1%} of one core"),
        ("memory of the workers (PSS)", f"{first:.0f} MiB at first, {last:.0f} at last, {highest:.0f} at most"),
        ("of it without connections", f"{result.base_mib:.0f} MiB"),
        ("memory per connection", f"{result.own_kib:.2f} KiB; the kernel's structures {result.kernel_kib:.2f} KiB"),
        ("readers per GB, kernel included", f"{readers_per_gb(result.own_kib, result.kernel_kib):,.0f}"),
        (
            "growth of memory",
            f"{result.growth:+.2%} from the first tenth of the time to the last, after {SETTLED_SECONDS:.0f} s",
        ),
        ("the load clients' CPU", f"{result.client_cpu:.1%} of one core"),
        ("publish → last of all, the limit", f"{result.limit.last_ms.text(0)} ms"),
        ("server CPU per delivery, the limit", f"{result.limit.server_us.text()} µs"),
    ]
    return f"""{table(("measure", "figure"), rows)}

`flashwire ticker --workers {len(result.spread)}`, a private Valkey that syncs each entry to disk, and the load clients
ran on the same machine, all on all cores. Clients negotiated permessage-deflate. A load client that has read waits
{NAP_MS:g} ms before it reads again, which the times contain. Every subscriber received every item in order and once,
and no connection was lost. The workers share one port, and the kernel spreads connections by a hash of their addresses.
Memory and CPU were read once a second. About a minute after its start, the first full garbage collection of each worker
copies the pages that it shared with its parent. The limit is as many C loops that do nothing but send, with the same
load clients, before the service started.
"""


def _picture(result: Held) -> Picture:
    pss = [(sample.at, sample.pss_mib) for sample in result.samples]
    kernel = [(sample.at, sample.kernel_mib) for sample in result.samples]
    charts = [
        Lines("Memory, MiB", "seconds", {"workers": pss, "kernel, TCP": kernel}, logarithmic=False),
        Lines(
            "Publish → last of all, ms",
            "seconds",
            {"items": list(zip(result.item_at, result.last_ms, strict=True))},
            logarithmic=False,
        ),
        Lines(
            "Server CPU, share of one core",
            "seconds",
            {"workers": [(sample.at, sample.cpu) for sample in result.samples]},
            logarithmic=False,
        ),
    ]
    says = "Over the time: memory of workers and kernel, the time until the last has an item, and the workers' CPU"
    return Picture(lines(charts), says=says)


def _row(result: Held) -> Row:
    news: Figure = figure(result.last_ms)
    missed = []
    if result.subscribers < SUBSCRIBERS or result.seconds < SECONDS * 0.9:
        missed.append(f"{result.subscribers:,} were held for {result.seconds:.0f} s only")
    if news.highest > LAST_SECONDS * 1e3:
        missed.append(
            f"the slowest item took {news.highest:.0f} ms, at {figure(result.delivery_us).text()} µs a delivery"
        )
    if result.growth > FLAT:
        missed.append(f"memory grew by {result.growth:.1%}")
    text = f"{result.subscribers:,} for {result.seconds:.0f} s; last {news.text(0)} ms; memory {result.growth:+.1%}"
    return Row("hold", text, "", not missed, "; ".join(missed))


def _last_row(result: Held) -> Row:
    news = figure(result.last_ms)
    reached = result.subscribers >= SUBSCRIBERS and news.median <= LAST_MS
    limit = result.limit
    why = (
        f"servers and load clients share {os.cpu_count()} cores; C loops that do nothing but send took "
        f"{limit.server_us.text()} µs a delivery, and the load clients {limit.client_us.text()} more"
    )
    others = f"limit {limit.last_ms.text(0)} ms, ours ×{news.median / limit.last_ms.median:.2f}"
    return Row("last-all", f"{news.text(0)} ms for {result.subscribers:,}", others, reached, "" if reached else why)


SCENARIO: Final = Scenario(
    "hold",
    "100,000 connections on one machine",
    measure,
    seconds=SECONDS + 90,
    quick_seconds=12,
    repeats=1,
    default=False,
    pinned=False,
)
