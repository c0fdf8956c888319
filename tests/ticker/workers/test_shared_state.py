"""The shared memory of the workers: sums never go down, whichever process ends and whenever."""

import hashlib
import logging
import os
import signal
import time
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ticker.node.metrics import NodeMetrics
from ticker.workers.shared_state import DRAINING, LAYOUT, READY, LayoutError, SharedState
from ticker.workers.totals import Family, Snapshot


@pytest.fixture
def shared() -> Iterator[SharedState]:
    state = SharedState.create(2)
    yield state
    os.close(state.descriptor)


def counter(value: float, name: str = "entries") -> Snapshot:
    return {name: Family("counter", [(f"{name}_total", (), value)])}


def sample_value(shared: SharedState, name: str, labels: dict[str, str] | None = None) -> float | None:
    """A sample of the metrics that any worker answers with."""
    for family in text_string_to_metric_families(NodeMetrics().render(shared).decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == (labels or {}):
                return float(sample.value)
    return None


def add_worker(shared: SharedState, entries: int, connections: int, backlog: int) -> None:
    """Assigns a slot and writes a worker's metrics to it."""
    metrics = NodeMetrics()
    metrics.entries.inc(entries)
    metrics.connections.counts["websocket",] += connections
    metrics.backlog.set(backlog)
    metrics.latency.observe(0.003)
    shared.acquire().write(metrics.snapshot())


def test_counters_are_added_and_gauges_by_their_meaning(shared: SharedState) -> None:
    add_worker(shared, 3, 10, 100)
    add_worker(shared, 4, 5, 90)
    assert sample_value(shared, "flashwire_entries_total") == 7
    assert sample_value(shared, "flashwire_connections", {"transport": "websocket"}) == 15
    assert sample_value(shared, "flashwire_backlog_entries") == 100
    assert sample_value(shared, "flashwire_publish_to_write_seconds_count") == 2
    assert sample_value(shared, "flashwire_publish_to_write_seconds_bucket", {"le": "0.005"}) == 2
    assert sample_value(shared, "flashwire_publish_to_write_seconds_bucket", {"le": "0.0025"}) == 0


def test_counters_of_an_ended_worker_stay_and_its_gauges_go(shared: SharedState) -> None:
    add_worker(shared, 3, 10, 100)
    add_worker(shared, 4, 5, 90)
    shared.release(shared.slots[1])
    assert sample_value(shared, "flashwire_entries_total") == 7
    assert sample_value(shared, "flashwire_connections", {"transport": "websocket"}) == 5
    add_worker(shared, 1, 1, 1)
    shared.release(shared.slots[1])
    assert sample_value(shared, "flashwire_entries_total") == 8


def test_every_process_sees_the_counters_of_the_parent(shared: SharedState) -> None:
    for reason in ("ended", "ended", "hung"):
        shared.count("flashwire_worker_restarts", reason=reason)
    assert sample_value(shared, "flashwire_worker_restarts_total", {"reason": "ended"}) == 2
    assert sample_value(shared, "flashwire_worker_restarts_total", {"reason": "hung"}) == 1


def test_slots_are_reused_and_there_are_twice_the_workers_and_one(shared: SharedState) -> None:
    slots = [shared.acquire() for _ in range(5)]
    with pytest.raises(LookupError):
        shared.acquire()
    slots[2].state = DRAINING
    slots[2].touch()
    slots[2].mark_retiring()
    shared.release(slots[2])
    reused = shared.acquire(has_predecessor=True)
    assert reused.number == slots[2].number and reused.has_predecessor
    assert (reused.state, reused.last_seen, reused.is_retiring, reused.read()) == (0, 0.0, False, {})


def test_ready_workers_are_counted(shared: SharedState) -> None:
    first, second = shared.acquire(), shared.acquire()
    first.state = READY
    assert (shared.ready_count, shared.worker_count, shared.has_started) == (1, 2, False)
    second.state = READY
    shared.release(first)
    shared.mark_started()
    assert (shared.ready_count, shared.has_started) == (1, True)


def test_a_process_that_attaches_to_the_descriptor_writes_the_same_memory(shared: SharedState) -> None:
    slot = shared.acquire()
    SharedState.attach(os.dup(shared.descriptor)).slots[slot.number].write(counter(5))
    assert slot.read() == counter(5)


def test_memory_with_another_layout_is_refused(shared: SharedState) -> None:
    shared.words[3] = LAYOUT + 1  # the word in which every release has it
    with pytest.raises(LayoutError, match=f"layout {LAYOUT + 1} instead of {LAYOUT}"):
        SharedState.attach(shared.descriptor)


def test_a_change_of_the_memory_needs_another_layout_number(
    shared: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Change `LAYOUT` together with the digest below: older workers share the memory with new ones."""
    monkeypatch.setattr(time, "monotonic_ns", lambda: 12_345_678_900)
    shared.mark_started()
    shared.count("flashwire_worker_restarts", reason="hung")
    for state in (READY, DRAINING):
        slot = shared.acquire(has_predecessor=True)
        slot.state = state
        slot.touch()
        slot.write(counter(1))
        slot.write(counter(2))
    slot.mark_retiring()
    # The number of the service differs each time, and a worker of a release without it reads no such word.
    assert shared.words[4] and slot.place == f"{shared.words[4]:x}.{slot.number}"
    shared.words[4] = 0
    assert slot.place == ""
    assert (LAYOUT, hashlib.sha256(shared.memory).hexdigest()[:16]) == (1, "c8434731c1dd4a36")


def test_metrics_that_do_not_fit_leave_the_previous_ones(shared: SharedState) -> None:
    slot = shared.acquire()
    assert slot.write(counter(1))
    assert not slot.write(counter(2, "long" * 20_000))
    assert slot.read() == counter(1)


def test_one_line_is_logged_when_counters_of_ended_workers_do_not_fit(
    shared: SharedState, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        slot = shared.acquire()
        assert slot.write(counter(1, f"{number}" * 20_000))
        shared.release(slot)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "does not fit" in caplog.text


def test_a_worker_that_is_killed_while_it_writes_leaves_a_complete_snapshot(shared: SharedState) -> None:
    slot = shared.acquire()
    for _ in range(20):
        slot.write(counter(0))
        child = os.fork()
        if child == 0:
            number = 0
            while True:
                number += 1
                slot.write(counter(number))
        limit = time.monotonic() + 10
        while slot.read() == counter(0):
            assert time.monotonic() < limit
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert slot.read()["entries"].samples[0][2] > 0


def test_a_sum_never_falls_while_workers_start_count_and_end(shared: SharedState) -> None:
    """A child reads as fast as it can while this process moves counters from slot to slot."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        highest = 0.0
        while True:
            value = sum(s[2] for snap in shared.snapshots() for f in snap.values() for s in f.samples)
            if value < highest:
                os.write(write, f"{highest} then {value}".encode())
                os._exit(1)
            highest = value
    os.close(write)
    try:
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            slot = shared.acquire()
            for number in range(1, 4):
                slot.write(counter(number))
            shared.release(slot)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert os.read(read, 100) == b""
    os.close(read)
