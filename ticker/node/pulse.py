"""The pulse: one task per node that notes in shared memory that the event loop runs, and measures its delay."""

import asyncio
import gc
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from ticker.node.metrics import NodeMetrics
from ticker.node.node import Node
from ticker.workers.shared_state import DRAINING, READY, STARTING, WorkerSlot

TICK_SECONDS: Final = 0.25
# The tick until the node is ready, since its parent waits for that.
_STARTING_SECONDS: Final = 0.01
_READY_SECONDS: Final = 2.0
# A snapshot costs 0.6 ms of CPU: once a second it is below a thousandth.
_SNAPSHOT_SECONDS: Final = 1.0

log = structlog.get_logger()


async def wait_until_ready(node: Node, slot: WorkerSlot) -> None:
    """Returns when the node can answer a join, or after `_READY_SECONDS`, so that it can say why it cannot.

    Until then clients wait in the queue of the socket. A node with a predecessor waits without a limit: that one
    answers them.
    """
    limit = math.inf if slot.has_predecessor else time.monotonic() + _READY_SECONDS
    while time.monotonic() < limit:
        if node.filled and not node.stale:
            return
        await asyncio.sleep(_STARTING_SECONDS)


async def pulse(node: Node, slot: WorkerSlot | None) -> None:
    """Runs until it is cancelled; begins when the node's server listens."""
    with _timed_collections(node.metrics):
        due = 0.0
        if slot is not None:
            # One iteration may take long with thousands of clients; each step of its work shows that the loop runs.
            node.work_queue.on_progress = node.rounds.on_progress = slot.touch
        while True:
            now = time.monotonic()
            ready = slot is None or slot.state != STARTING
            if slot is not None:
                slot.touch()
                if not ready and node.filled and not node.stale:
                    slot.state, ready = READY, True
                if node.draining:
                    slot.state = DRAINING
                if now >= due:
                    due = now + _SNAPSHOT_SECONDS
                    show(node, slot)
            tick = TICK_SECONDS if ready else _STARTING_SECONDS
            await asyncio.sleep(tick)
            if ready:
                node.metrics.loop_delay.observe(max(0.0, time.monotonic() - now - tick))


def show(node: Node, slot: WorkerSlot | None) -> None:
    """Updates the gauges of the node, and its metrics in the shared state."""
    metrics = node.metrics
    metrics.stale.set(node.stale)
    metrics.lag.set(node.lag)
    metrics.backlog.set(len(node.backlog))
    metrics.hidden.set(len(node.backlog.hidden))
    metrics.lagging.set(len(node.lagging))
    metrics.pending.set(len(node.pending))
    metrics.knocking.set(len(node.pending))
    metrics.unsent.set(node.unsent.bytes)
    metrics.http_connections.set(len(node.http_connections))
    metrics.queue.set(len(node.work_queue))
    metrics.lookups.set(len(node.lookups))
    metrics.deferred.inc(node.work_queue.take_deferred())
    metrics.workers.set(node.filled and not node.draining)
    metrics.count_dropped_lines()
    if slot is not None and not slot.write(metrics.snapshot()):
        log.error("metrics exceed the shared memory", formerly="the metrics do not fit on the board")


@contextmanager
def _timed_collections(metrics: NodeMetrics) -> Iterator[None]:
    start = 0.0

    def on_collection(phase: str, _info: dict[str, int]) -> None:
        nonlocal start
        if phase == "start":
            start = time.perf_counter()
        else:
            metrics.gc_pause.observe(time.perf_counter() - start)

    gc.callbacks.append(on_collection)
    try:
        yield
    finally:
        gc.callbacks.remove(on_collection)
