"""The pulse in the workers' shared state: a busy loop updates `last_seen`, a blocked loop does not."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.serving import LIMIT_SECONDS
from tests.support.waiting import until_async as until
from ticker.contract.site import load_site
from ticker.node.node import Node
from ticker.node.pulse import TICK_SECONDS, pulse, show
from ticker.node.work_queue import STEP_SECONDS
from ticker.settings import TickerSettings
from ticker.workers.shared_state import READY, SharedState, WorkerSlot

pytestmark = pytest.mark.anyio


def busy(seconds: float) -> None:
    """Blocks the loop for `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


@pytest.fixture
def slot() -> WorkerSlot:
    return SharedState.create(1).acquire()


@pytest.fixture
def rare_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first pulse falls into the test, however long that takes; to be requested before `node`."""
    monkeypatch.setattr("ticker.node.pulse.TICK_SECONDS", 3600.0)


@pytest.fixture
async def node(slot: WorkerSlot) -> AsyncIterator[Node]:
    """A ready node just after its pulse; the next pulse is due in a quarter of a second."""
    running = Node(TickerSettings.model_construct(), load_site(None))
    running.filled, running.lost = True, None
    task = asyncio.create_task(pulse(running, slot))
    await until(lambda: slot.state == READY, "the pulse runs")
    yield running
    task.cancel()
    await asyncio.wait([task])


async def test_work_for_clients_shows_each_step(rare_pulse: None, node: Node, slot: WorkerSlot) -> None:
    # The bug: on a busy machine the four steps took longer than the half of a pulse that the test gave them.
    times: list[float] = []
    finished = asyncio.Event()

    def step() -> bool:
        busy(STEP_SECONDS)
        times.append(slot.last_seen)
        if len(times) == 4:
            finished.set()
        return finished.is_set()

    node.work_queue.submit_own(step)
    async with asyncio.timeout(LIMIT_SECONDS):
        await finished.wait()
    assert len(set(times)) == 4


async def test_a_round_marks_each_step_without_the_loop(node: Node, slot: WorkerSlot) -> None:
    previous = slot.last_seen

    def no_deliveries() -> Iterator[object]:
        return iter(())

    for _ in range(3):
        busy(0.001)
        node.rounds.begin(no_deliveries)  # type: ignore[arg-type]  # a round without deliveries
        assert slot.last_seen > previous
        previous = slot.last_seen


async def test_a_blocked_loop_marks_nothing(node: Node, slot: WorkerSlot) -> None:
    previous = slot.last_seen
    busy(TICK_SECONDS * 2)
    assert slot.last_seen == previous


async def test_pending_connections_are_also_counted_under_the_old_metric_name(node: Node) -> None:
    # Only the number of pending connections is counted, so any keys will do.
    node.pending = dict.fromkeys(range(3), 0.0)  # type: ignore[arg-type]  # only their number counts
    show(node, None)
    for name in ("flashwire_pending_connections", "flashwire_knocking"):
        assert node.metrics.registry.get_sample_value(name) == 3
