"""What workers tell each other: sums that never go down, whoever ends and whenever."""

import hashlib
import logging
import os
import signal
import time
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ticker.node.metrics import NodeMetrics
from ticker.workers.shared_state import DRAINING, LAYOUT, READY, Board, LayoutError
from ticker.workers.totals import Family, Snapshot


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board.make(2)
    yield made
    os.close(made.descriptor)


def counted(value: float, name: str = "entries") -> Snapshot:
    return {name: Family("counter", [(f"{name}_total", (), value)])}


def value_of(board: Board, name: str, labels: dict[str, str] | None = None) -> float | None:
    """A sample in what any worker of `board` answers."""
    for family in text_string_to_metric_families(NodeMetrics().render(board).decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == (labels or {}):
                return float(sample.value)
    return None


def worker(board: Board, entries: int, connections: int, backlog: int) -> NodeMetrics:
    """A worker that has counted."""
    metrics = NodeMetrics()
    metrics.entries.inc(entries)
    metrics.connections.counts["websocket",] += connections
    metrics.backlog.set(backlog)
    metrics.latency.observe(0.003)
    board.take().write(metrics.snapshot())
    return metrics


def test_counters_add_up_and_gauges_by_what_they_mean(board: Board) -> None:
    worker(board, 3, 10, 100)
    worker(board, 4, 5, 90)
    assert value_of(board, "flashwire_entries_total") == 7
    assert value_of(board, "flashwire_connections", {"transport": "websocket"}) == 15
    assert value_of(board, "flashwire_backlog_entries") == 100
    assert value_of(board, "flashwire_publish_to_write_seconds_count") == 2
    assert value_of(board, "flashwire_publish_to_write_seconds_bucket", {"le": "0.005"}) == 2
    assert value_of(board, "flashwire_publish_to_write_seconds_bucket", {"le": "0.0025"}) == 0


def test_what_one_counted_stays_when_it_ends_and_its_gauges_go(board: Board) -> None:
    worker(board, 3, 10, 100)
    worker(board, 4, 5, 90)
    board.give_back(board.seats[1])
    assert value_of(board, "flashwire_entries_total") == 7
    assert value_of(board, "flashwire_connections", {"transport": "websocket"}) == 5
    worker(board, 1, 1, 1)
    board.give_back(board.seats[1])
    assert value_of(board, "flashwire_entries_total") == 8


def test_the_parents_own_counts_are_there_for_all(board: Board) -> None:
    for reason in ("ended", "ended", "hung"):
        board.count("flashwire_worker_restarts", reason=reason)
    assert value_of(board, "flashwire_worker_restarts_total", {"reason": "ended"}) == 2
    assert value_of(board, "flashwire_worker_restarts_total", {"reason": "hung"}) == 1


def test_seats_are_given_again_and_run_out_at_twice_the_workers_and_one(board: Board) -> None:
    seats = [board.take() for _ in range(5)]
    with pytest.raises(LookupError):
        board.take()
    seats[2].state = DRAINING
    seats[2].beat()
    seats[2].retire()
    board.give_back(seats[2])
    again = board.take(succeeds=True)
    assert again.number == seats[2].number and again.succeeds
    assert (again.state, again.beaten, again.retiring, again.read()) == (0, 0.0, False, {})


def test_it_says_how_many_are_ready(board: Board) -> None:
    first, second = board.take(), board.take()
    first.state = READY
    assert (board.ready, board.wanted, board.opened) == (1, 2, False)
    second.state = READY
    board.give_back(first)
    board.open()
    assert (board.ready, board.opened) == (1, True)


def test_whoever_opens_its_descriptor_sees_the_same(board: Board) -> None:
    seat = board.take()
    Board.join(os.dup(board.descriptor)).seats[seat.number].write(counted(5))
    assert seat.read() == counted(5)


def test_a_board_of_another_layout_is_not_joined(board: Board) -> None:
    board.words[3] = LAYOUT + 1  # where every release looks for it
    with pytest.raises(LayoutError, match=f"layout {LAYOUT + 1} instead of {LAYOUT}"):
        Board.join(board.descriptor)


def test_what_lies_elsewhere_than_before_has_another_layout(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changes the digest below changes `LAYOUT` with it: older workers share the board with the new."""
    monkeypatch.setattr(time, "monotonic_ns", lambda: 12_345_678_900)
    board.open()
    board.count("flashwire_worker_restarts", reason="hung")
    for state in (READY, DRAINING):
        seat = board.take(succeeds=True)
        seat.state = state
        seat.beat()
        seat.write(counted(1))
        seat.write(counted(2))
    seat.retire()
    assert (LAYOUT, hashlib.sha256(board.memory).hexdigest()[:16]) == (1, "c8434731c1dd4a36")


def test_what_is_too_long_for_a_seat_is_refused_and_the_last_stays(board: Board) -> None:
    seat = board.take()
    assert seat.write(counted(1))
    assert not seat.write(counted(2, "long" * 20_000))
    assert seat.read() == counted(1)


def test_when_what_the_ended_counted_does_not_fit_one_line_says_so(
    board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        seat = board.take()
        assert seat.write(counted(1, f"{number}" * 20_000))
        board.give_back(seat)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "does not fit" in caplog.text


def test_a_writer_that_is_killed_at_any_moment_leaves_a_whole_snapshot(board: Board) -> None:
    seat = board.take()
    for _ in range(20):
        seat.write(counted(0))
        child = os.fork()
        if child == 0:
            number = 0
            while True:
                number += 1
                seat.write(counted(number))
        limit = time.monotonic() + 10
        while seat.read() == counted(0):
            assert time.monotonic() < limit
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert seat.read()["entries"].samples[0][2] > 0


def test_a_sum_never_falls_while_workers_count_end_and_begin(board: Board) -> None:
    """A process reads as fast as it can while this one moves counts from seat to seat."""
    read, write = os.pipe()
    reader = os.fork()
    if reader == 0:
        last = 0.0
        while True:
            found = sum(s[2] for snap in board.snapshots() for f in snap.values() for s in f.samples)
            if found < last:
                os.write(write, f"{last} then {found}".encode())
                os._exit(1)
            last = found
    os.close(write)
    try:
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            seat = board.take()
            for number in range(1, 4):
                seat.write(counted(number))
            board.give_back(seat)
    finally:
        os.kill(reader, signal.SIGKILL)
        os.waitpid(reader, 0)
    assert os.read(read, 100) == b""
    os.close(read)
