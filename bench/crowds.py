"""Gathers very many readers on this machine in stages, publishes to all of them, and says where it ended and why.

One process may have 20,000 descriptors here, so a crowd has many workers and as many load clients. They share all
cores.
"""

import asyncio
import contextlib
import math
import time
from typing import Final

import msgspec

from bench.contender import ContenderError
from bench.kernel_memory import available_gib, server_end_kib, slab_kib
from bench.kernel_settings import needed, raised
from bench.load_reports import MissedError
from bench.scenario import Run
from bench.scenarios.curves import filter_paths
from bench.scenarios.hold import Workers
from bench.session import Delivery, Session, audience
from bench.watching import Sample, scarce, sockets_of, watch

# Below a limit of 20,000 descriptors, by more than the kernel's uneven spread of connections.
PER_PROCESS: Final = 18_600
STAGE: Final = 20_000
# Some dozens for each load client: it answers them in one turn on a core that a hundred processes share.
INFLIGHT: Final = 4_000
# How long a load client waits after it has read. Dozens of them share the cores: each wake should find many messages.
NAP_MS: Final = 20.0
# A second: the readers that are there need the cores, too, to answer their pings.
JOINS: Final = 2_500
# The most connections of a worker. What is left of its descriptors must hold those that have sent no request yet.
PER_WORKER: Final = 19_000
FILTERS: Final = 20
_STAGE_SECONDS: Final = 300.0
_ITEM_SECONDS: Final = 120.0


class Plan(msgspec.Struct, frozen=True):
    """What a crowd is to reach."""

    key: str
    readers: int
    seconds: float
    item_seconds: float
    heartbeat_seconds: float
    last_seconds: float


class Crowd(msgspec.Struct, frozen=True):
    """What a crowd reached."""

    wanted: int
    readers: int
    stopped: str
    """Why no more joined; empty if all did."""
    seconds: float
    joined_seconds: float
    joins_cpu_us: float
    refused: int
    """Joins that the service refused under load; the load client repeated them."""
    base_mib: float
    """The workers' memory before anybody joined."""
    own_kib: float
    """Memory of the workers for each reader, without that."""
    kernel_kib: float
    """The kernel's structures of the server's end, for each reader."""
    left_gib: float
    """Available memory of the machine when all had joined."""
    spread: list[int]
    samples: list[Sample]
    last_ms: list[float]
    delivery_us: list[float]
    client_us: list[float]
    bytes: float
    """Received per delivery, median of the items."""
    heartbeats: int
    settings: list[str]
    """Settings of the kernel that were changed while it ran."""


async def gather_crowd(run: Run, plan: Plan) -> Crowd:
    """Holds the readers of `plan`, or fewer if memory becomes scarce; raises `MissedError` or `ContenderError`."""
    readers = run.readers or (1000 if run.quick else plan.readers)
    seconds = run.minutes * 60 or (3.0 if run.quick else plan.seconds)
    item_seconds = 0.5 if run.quick else min(plan.item_seconds, seconds / 3)
    processes = max(2, math.ceil(readers / PER_PROCESS))
    contender = Workers(processes, 1.0 if run.quick else plan.heartbeat_seconds, PER_WORKER)
    with raised(needed(readers), run.notes.append) as settings:
        kept = list(settings)
        async with audience(
            run, contender, processes=processes, pinned=False, nap_ms=NAP_MS, deflate=True, paths=filter_paths(FILTERS)
        ) as session:
            return await _hold(run, session, readers, seconds, item_seconds, kept)


async def _hold(
    run: Run, session: Session, wanted: int, seconds: float, item_seconds: float, settings: list[str]
) -> Crowd:
    servers = session.target.processes[: session.target.servers]
    base, slabs, spent, began = session.memory_kib(), slab_kib(), session.cpu_seconds(), time.monotonic()
    # The service closes some joins while the processes of both sides share the cores: they are repeated and counted.
    session.load.tolerate(True)
    readers, stopped = await _join(run, session, wanted)
    session.load.tolerate(False)
    joined, joins_cpu = time.monotonic() - began, session.cpu_seconds() - spent
    await session.deliver(seconds=_ITEM_SECONDS)
    await session.settle()
    own = (session.memory_kib() - base) / readers
    kernel, left = server_end_kib(slab_kib() - slabs, readers), available_gib()
    stats_before, samples = await session.load.stats(), list[Sample]()
    if stats_before.cut or stats_before.incomplete:
        raise MissedError(f"connections were lost while others joined: {stats_before}")
    watching = asyncio.create_task(watch(servers, samples, 1.0 if run.quick else 5.0))
    began = time.monotonic()
    try:
        delivered = await _publish(run, session, seconds, item_seconds, watching)
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError, ContenderError):
            await watching
    stats_after = await session.load.stats()
    if stats_after.open != readers:
        raise MissedError(f"{readers - stats_after.open:,} of {readers:,} connections were lost")
    return Crowd(
        wanted=wanted,
        readers=readers,
        stopped=stopped,
        seconds=time.monotonic() - began,
        joined_seconds=joined,
        joins_cpu_us=joins_cpu / readers * 1e6,
        refused=stats_before.refused,
        base_mib=base / 1024,
        own_kib=own,
        kernel_kib=kernel,
        left_gib=left,
        spread=[sockets_of(worker) for worker in servers],
        samples=samples,
        last_ms=[delivery.last_ms for delivery in delivered],
        delivery_us=[delivery.cpu_us for delivery in delivered],
        client_us=[delivery.client_us for delivery in delivered],
        bytes=sorted(delivery.bytes / delivery.deliveries for delivery in delivered)[len(delivered) // 2],
        heartbeats=stats_after.messages - stats_before.messages - sum(one.deliveries for one in delivered),
        settings=settings,
    )


async def _join(run: Run, session: Session, wanted: int) -> tuple[int, str]:
    """Joins `wanted` readers in stages; returns how many did, and why no more."""
    there = 0
    while there < wanted:
        if (reason := scarce()) is not None:
            if not there:
                raise ContenderError(reason)
            return there, reason
        stage = min(STAGE, wanted - there)
        run.step(f"{there:,} of {wanted:,} are there, {available_gib():.1f} GiB left", 0.3 * there / wanted)
        try:
            await session.load.open(stage, first=session.next, inflight=INFLIGHT, rate=JOINS, seconds=_STAGE_SECONDS)
        except MissedError as error:
            raise MissedError(f"at {there:,} of {wanted:,} readers: {error}") from None
        there += stage
    return there, ""


async def _publish(
    run: Run, session: Session, seconds: float, item_seconds: float, watching: "asyncio.Task[None]"
) -> list[Delivery]:
    delivered, began = list[Delivery](), time.monotonic()
    due = began + item_seconds
    while due < began + seconds or not delivered:
        last = f", the last item took {delivered[-1].last_ms / 1000:.2f} s" if delivered else ""
        run.step(
            f"held for {time.monotonic() - began:.0f} of {seconds:.0f} s{last}", 0.3 + 0.7 * (due - began) / seconds
        )
        await asyncio.wait((watching,), timeout=max(0.0, due - time.monotonic()))
        if watching.done():
            watching.result()
        delivered.append(await session.deliver(seconds=_ITEM_SECONDS))
        due = max(due + item_seconds, time.monotonic())
    return delivered
