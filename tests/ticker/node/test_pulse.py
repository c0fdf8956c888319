"""The pulse in the workers' shared state: a loop that is busy shows it, and only one that stands still does not."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from ticker.contract.site import load_site
from ticker.node.node import Node
from ticker.node.pulse import TICK_SECONDS, pulse, show
from ticker.node.work_queue import STEP_SECONDS
from ticker.settings import TickerSettings
from ticker.workers.shared_state import READY, SharedState, WorkerSlot

pytestmark = pytest.mark.anyio


def busy(seconds: float) -> None:
    """Keeps the loop from everything else."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


@pytest.fixture
def slot() -> WorkerSlot:
    return SharedState.create(1).acquire()


@pytest.fixture
async def node(slot: WorkerSlot) -> AsyncIterator[Node]:
    """A node that is ready, just after its pulse; the next one comes in a quarter of a second."""
    running = Node(TickerSettings.model_construct(), load_site(None))
    running.filled, running.lost = True, None
    task = asyncio.create_task(pulse(running, slot))
    await asyncio.sleep(TICK_SECONDS / 10)
    assert slot.state == READY
    yield running
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.alone
async def test_work_for_clients_shows_each_step(node: Node, slot: WorkerSlot) -> None:
    beats: list[float] = []
    finished = asyncio.Event()

    def step() -> bool:
        busy(STEP_SECONDS)
        beats.append(slot.last_seen)
        if len(beats) == 4:
            finished.set()
        return finished.is_set()

    node.work_queue.submit_own(step)
    async with asyncio.timeout(TICK_SECONDS / 2):
        await finished.wait()
    assert len(set(beats)) == 4


async def test_a_round_shows_each_stretch_without_the_loop(node: Node, slot: WorkerSlot) -> None:
    previous = slot.last_seen

    def nobody() -> Iterator[object]:
        return iter(())

    for _ in range(3):
        busy(0.001)
        node.rounds.begin(nobody)  # type: ignore[arg-type]  # a round of nothing
        assert slot.last_seen > previous
        previous = slot.last_seen


async def test_a_loop_that_stands_still_shows_nothing(node: Node, slot: WorkerSlot) -> None:
    previous = slot.last_seen
    busy(TICK_SECONDS * 2)
    assert slot.last_seen == previous


async def test_pending_connections_are_also_counted_under_the_old_metric_name(node: Node) -> None:
    # Python lets the test put anything there: only their number is counted.
    node.pending = dict.fromkeys(range(3), 0.0)  # type: ignore[arg-type]
    show(node, None)
    for name in ("flashwire_pending_connections", "flashwire_knocking"):
        assert node.metrics.registry.get_sample_value(name) == 3
