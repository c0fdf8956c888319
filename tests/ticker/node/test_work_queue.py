"""The work queue and the HTTP request queue: a time budget, turns by address, bounds, and errors that stop neither."""

import asyncio
from collections.abc import Callable

import pytest

from ticker.core.joins import Subscription
from ticker.net.subscription_changes import SubscriptionChanges
from ticker.node import work_queue as work
from ticker.node.work_queue import PAUSE_SECONDS, STEP_SECONDS, BusyError, WorkQueue
from ticker.shared.http.request_queue import RequestQueue


class Clock:
    """A clock that advances with each piece of work, and the callbacks of the next iteration."""

    def __init__(self) -> None:
        self.now = 0.0
        self.soon: list[Callable[[], None]] = []
        self.rests: list[float] = []
        self.work_queue = WorkQueue(lambda: self.now, self.soon.append, self._later)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self.rests.append(seconds)
        self.soon.append(call)

    def iterate(self) -> None:
        """One iteration of the loop."""
        calls, self.soon[:] = list(self.soon), []
        for call in calls:
            call()


class Task:
    """A piece of work of `steps` steps that take `seconds` each."""

    def __init__(self, clock: Clock, address: str, seconds: float = 0.01, steps: int = 1) -> None:
        self.clock, self.address, self.seconds, self.steps = clock, address, seconds, steps
        self.finished_at: float | None = None
        self.refused = False

    def run(self) -> bool:
        self.clock.now += self.seconds
        self.steps -= 1
        if not self.steps:
            self.finished_at = self.clock.now
        return not self.steps

    def refuse(self) -> None:
        self.refused = True


def test_an_iteration_does_one_costly_piece_and_rests_as_long_as_it_took() -> None:
    clock = Clock()
    tasks = [Task(clock, "a") for _ in range(5)]
    for task in tasks:
        clock.work_queue.submit(task)
    for finished in range(1, 6):
        clock.iterate()
        assert sum(task.finished_at is not None for task in tasks) == finished
    assert clock.rests == pytest.approx([0.01] * 4) and not len(clock.work_queue)


def test_a_rest_is_longer_by_the_time_of_work_done_at_once() -> None:
    clock = Clock()
    for _ in range(5):
        clock.work_queue.submit(Task(clock, "a"))
    for at_once in (0.0, 0.005, 1.0):
        clock.iterate()
        # Work that follows for the same client, such as the first part of a long answer.
        started, clock.now = clock.now, clock.now + at_once
        clock.work_queue.charge(started)
    clock.iterate()
    assert clock.rests == pytest.approx([0.01, 0.01, 0.015, 0.04])


def test_a_step_waits_for_the_stream_reader_up_to_a_limit() -> None:
    clock = Clock()
    tasks = [Task(clock, "a") for _ in range(4)]
    for task in tasks:
        clock.work_queue.submit(task)
    clock.work_queue.pause(True)
    clock.iterate()
    assert sum(task.finished_at is not None for task in tasks) == 0 and clock.rests == pytest.approx([PAUSE_SECONDS])
    clock.soon.clear()
    clock.work_queue.pause(False)
    # Twice, because a step that is due runs only once.
    clock.work_queue.pause(False)
    clock.iterate()
    assert sum(task.finished_at is not None for task in tasks) == 1
    clock.work_queue.pause(True)
    clock.iterate()
    clock.now += PAUSE_SECONDS
    for _ in range(4):
        clock.iterate()
    assert all(task.finished_at is not None for task in tasks)


def test_cheap_pieces_share_an_iteration() -> None:
    clock = Clock()
    tasks = [Task(clock, "a", STEP_SECONDS / 10) for _ in range(15)]
    for task in tasks:
        clock.work_queue.submit(task)
    clock.iterate()
    assert 10 <= sum(task.finished_at is not None for task in tasks) <= 11


def test_addresses_alternate_and_work_that_started_is_finished_first() -> None:
    clock = Clock()
    flood = [Task(clock, "flood", steps=2) for _ in range(100)]
    reader_task = Task(clock, "reader", steps=2)
    for task in [*flood, reader_task]:
        clock.work_queue.submit(task)
    for _ in range(4):
        clock.iterate()
    assert [bool(task.finished_at) for task in (reader_task, *flood[:2])] == [True, True, False]


def test_work_done_at_once_exhausts_only_its_own_iteration() -> None:
    clock = Clock()
    started, clock.now = clock.now, STEP_SECONDS
    clock.work_queue.charge(started)
    exhausted = [clock.work_queue.exhausted]
    clock.iterate()
    assert [*exhausted, clock.work_queue.exhausted] == [True, False]
    for _ in range(20_000):
        # The cost of reconnects after an outage is never charged.
        started, clock.now = clock.now, clock.now + 0.000_01
        clock.work_queue.charge(started)
    assert not (clock.work_queue.exhausted or clock.soon)


def test_above_the_limit_the_busiest_address_is_refused_its_newest_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LIMIT", 10)
    clock = Clock()
    flood = [Task(clock, "flood") for _ in range(10)]
    reader_task, last_of_flood = Task(clock, "reader"), Task(clock, "flood")
    for task in [*flood, reader_task, last_of_flood]:
        clock.work_queue.submit(task)
    assert flood[-1].refused and last_of_flood.refused and not reader_task.refused and len(clock.work_queue) == 10


def test_the_nodes_own_work_and_its_clients_share_each_step() -> None:
    clock = Clock()
    own = Task(clock, "", steps=3)
    clock.work_queue.submit_own(own.run)
    client = Task(clock, "a")
    clock.work_queue.submit(client)
    clock.iterate()
    assert own.steps == 2 and client.finished_at is not None
    for _ in range(2):
        clock.iterate()
    assert own.finished_at is not None and not clock.soon


def test_work_that_raises_or_was_discarded_stops_nothing() -> None:
    clock = Clock()

    class Broken(Task):
        def run(self) -> bool:
            raise ValueError("a mistake")

    broken, cancelled, last = Broken(clock, "a"), Task(clock, "a"), Task(clock, "a")
    for task in (broken, cancelled, last):
        clock.work_queue.submit(task)
    clock.work_queue.discard(cancelled)
    clock.work_queue.discard(cancelled)
    for _ in range(3):
        clock.iterate()
    assert (
        broken.refused and cancelled.finished_at is None and last.finished_at is not None and not len(clock.work_queue)
    )


@pytest.mark.anyio
async def test_queued_calls_return_their_results(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()

    def costly() -> float:
        clock.now += 0.01
        return clock.now

    assert await clock.work_queue.do("a", costly) == 0.01
    waiting = [asyncio.ensure_future(clock.work_queue.do("a", costly)) for _ in range(3)]
    broken = asyncio.ensure_future(clock.work_queue.do("a", lambda: 1 / 0))
    await asyncio.sleep(0)
    monkeypatch.setattr(work, "LIMIT", 4)
    with pytest.raises(BusyError):
        await clock.work_queue.do("a", costly)
    waiting[1].cancel()
    await asyncio.sleep(0)
    assert len(clock.work_queue) == 3
    while len(clock.work_queue):
        clock.iterate()
    assert [await waiting[0], await waiting[2]] == pytest.approx([0.02, 0.03])
    with pytest.raises(ZeroDivisionError):
        await broken


@pytest.mark.anyio
async def test_a_few_requests_start_in_each_iteration_in_their_order() -> None:
    calls: list[Callable[[], None]] = []
    request_queue = RequestQueue(2, calls.append)
    passed: list[int] = []

    async def request(number: int) -> None:
        await request_queue.enter()
        passed.append(number)

    tasks = [asyncio.ensure_future(request(number)) for number in range(7)]
    await asyncio.sleep(0)
    assert passed == [0, 1]
    tasks[2].cancel()
    for expected in ([0, 1, 3, 4], [0, 1, 3, 4, 5, 6]):
        [call] = calls
        calls.clear()
        call()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert passed == expected
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.anyio
async def test_a_request_whose_client_has_disconnected_is_not_counted() -> None:
    calls: list[Callable[[], None]] = []
    request_queue = RequestQueue(1, calls.append)

    async def enter(is_disconnected: bool) -> None:
        await request_queue.enter(lambda: is_disconnected)

    tasks = [asyncio.ensure_future(enter(is_disconnected)) for is_disconnected in (False, True, True, False, False)]
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [True] + [False] * 4
    [call] = calls
    call()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [True] * 4 + [False]
    tasks[-1].cancel()


def test_subscriptions_are_limited_to_a_burst_and_one_per_second() -> None:
    changes = SubscriptionChanges(0.0)
    for _ in range(5):
        assert changes.allow(0.0) and changes.wait(0.0) <= 0
        changes.next = Subscription()
        assert changes.take(0.0) is not None
    assert changes.allow(0.1) and changes.wait(0.1) > 0
    assert sum(changes.allow(0.2) for _ in range(30)) == 14
    patient = SubscriptionChanges(0.0)
    assert all(patient.allow(float(second)) for second in range(1000))
