"""Receipts of one node, with rounds that a test steps through: written, late, left, and what is still outstanding."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.support.entries import entry as stored_entry
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.receipt import EntryReport, bucket_of
from ticker.core import receipts as module
from ticker.core.frame import Encoded
from ticker.core.hub import Delivery
from ticker.core.receipts import REPORT_SECONDS, Receipts
from ticker.node.broadcast import encoded_item


def make_entry(seq: int, *, added: float = 999.0, epoch: str = "e1", version: int = 1) -> Entry:
    """Entry `seq`, which was added to the stream at `added`."""
    act = "publish" if version == 1 else "correction"
    return msgspec.structs.replace(stored_entry(seq, epoch=epoch, version=version, act=act), added=added)


class Member:
    """A member whose state the test sets."""

    def __init__(self, cursor: Cursor) -> None:
        self.is_open = True
        self.position = cursor


class Rounds:
    """The numbers that rounds show."""

    def __init__(self) -> None:
        self.reached = self.skipped = 0
        self.missed: list[Member] = []


class Bench:
    """Receipts with clocks that the test sets, and rounds that it writes by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.rounds = Rounds()
        self.receipts: Receipts[Member] = Receipts(self.rounds, lambda: self.now, lambda: self.now)

    def write(self, *members: int | list[Member], entries: list[Entry], took: float = 0.0, skipped: int = 0) -> None:
        """Writes one round of `entries`: a delivery for each of `members`, each of which takes `took` seconds."""
        news = [(entry, encoded(entry)) for entry in entries]
        self.rounds.missed = []
        total = (
            sum(round_members if isinstance(round_members, int) else len(round_members) for round_members in members)
            + skipped
        )
        for delivery, round_members in zip(
            self.receipts.counted(news, self._deliveries(news, len(members)), total), members, strict=True
        ):
            assert delivery.data
            self.now += took
            if isinstance(round_members, int):
                self.rounds.reached += round_members
            else:
                self.rounds.missed += round_members
            self.receipts.note()
        self.rounds.skipped += skipped

    @staticmethod
    def _deliveries(news: list[tuple[Entry, Encoded]], count: int) -> Iterator[Delivery[Member]]:
        for _ in range(count):
            yield Delivery((), b"x", len(news), [round_members for _, round_members in news])

    def report(self) -> dict[tuple[str, int], EntryReport]:
        for _ in self.receipts.look():
            pass
        return {(entry.uri, entry.version): entry for entry in self.receipts.changes()}


def encoded(entry: Entry) -> Encoded:
    return encoded_item(entry, entry.item_json)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_round_counts_its_members_by_the_time_of_their_step(bench: Bench) -> None:
    entry = make_entry(1, added=999.9)
    bench.write(64, 36, entries=[entry], took=0.1)
    [report] = bench.report().values()
    assert sum(report.counts.values()) == 100 and sorted(report.counts.values()) == [36, 64]
    assert report.last == pytest.approx(0.3) and (report.outstanding, report.left) == (0, 0)


def test_what_has_not_changed_is_not_reported_again(bench: Bench) -> None:
    bench.write(3, entries=[make_entry(1)])
    assert len(bench.report()) == 1 and bench.report() == {}
    bench.now += REPORT_SECONDS + 1
    bench.report()
    assert not bench.receipts.is_active


def test_a_member_that_lags_is_outstanding_until_it_has_caught_up_or_left(bench: Bench) -> None:
    change = make_entry(5, version=2)
    slow, gone, read = (Member(Cursor(change.cursor.epoch, 4, "0")) for _ in range(3))
    bench.write(10, [slow, gone, read], entries=[change])
    [report] = bench.report().values()
    assert (sum(report.counts.values()), report.outstanding, report.left) == (10, 3, 0)
    bench.now += 2
    gone.is_open = False
    read.position = change.cursor
    [report] = bench.report().values()
    assert (sum(report.counts.values()), report.outstanding, report.left) == (11, 1, 1)
    assert report.last == pytest.approx(bench.now - change.added)
    slow.position = Cursor(change.cursor.epoch, 7, "0")
    [report] = bench.report().values()
    assert (sum(report.counts.values()), report.outstanding, report.left) == (12, 0, 1)


def test_a_member_that_lost_its_position_is_outstanding(bench: Bench) -> None:
    change = make_entry(5, version=2)
    bench.write([Member(Cursor("x", 99, "0"))], entries=[change])
    assert next(iter(bench.report().values())).outstanding == 1


def test_a_first_version_has_nobody_outstanding(bench: Bench) -> None:
    bench.write(1, [Member(Cursor("x", 0, "0"))], entries=[make_entry(1)])
    assert next(iter(bench.report().values())).outstanding == 0


def test_members_that_a_round_has_not_come_to_are_outstanding(bench: Bench) -> None:
    change = make_entry(1, version=2)
    news = [(change, encoded(change))]
    round_ = bench.receipts.counted(news, bench._deliveries(news, 2), 100)
    next(round_)
    bench.rounds.reached += 40
    bench.receipts.note()
    assert next(iter(bench.report().values())).outstanding == 60
    next(round_)
    bench.rounds.reached += 50
    bench.rounds.skipped += 10
    assert list(round_) == [] and next(iter(bench.report().values())).outstanding == 0


def test_each_entry_of_a_round_with_several_counts_its_own_deliveries(bench: Bench) -> None:
    first, second = make_entry(1, added=1000.0), make_entry(2, added=1000.0)
    news = [(first, encoded(first)), (second, encoded(second))]
    deliveries = [
        Delivery[Member]((), b"x", 2, [news[0][1], news[1][1]]),
        Delivery[Member]((), b"x", 1, [news[1][1]]),
        Delivery[Member]((), b"", 0),
    ]
    for delivery, reached in zip(bench.receipts.counted(news, iter(deliveries), 30), (20, 10, 0), strict=True):
        bench.rounds.reached += reached
        assert delivery in deliveries
    counts = {entry.uri: sum(entry.counts.values()) for entry in bench.report().values()}
    assert counts == {first.item.uri: 20, second.item.uri: 30}


def test_members_that_catch_up_one_by_one_after_a_loss_are_outstanding(bench: Bench) -> None:
    old, change = make_entry(1, version=2, added=900.0), make_entry(2, version=2, added=999.0)
    members = [Member(Cursor("-", 1, "0")) for _ in range(3)]
    bench.write(5, entries=[make_entry(9, epoch="another")])
    bench.receipts.recovered(change.cursor.epoch, [old, change], members)
    reports = bench.report()
    assert list(reports) == [(change.item.uri, 2)] and reports[change.item.uri, 2].outstanding == 3
    members[0].position = change.cursor
    assert bench.report()[change.item.uri, 2].outstanding == 2


def test_the_number_of_entries_and_of_looks_in_a_row_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENTRY_LIMIT", 3)
    monkeypatch.setattr(module, "LOOKS_PER_STEP", 10)
    for number in range(1, 6):
        bench.write([Member(Cursor("x", 0, "0")) for _ in range(20)], entries=[make_entry(number, version=2)])
    assert sum(1 for _ in bench.receipts.look()) == 6 and len(bench.report()) == 3


def test_a_change_is_reported_until_no_open_connection_is_without_it(bench: Bench) -> None:
    change = make_entry(5, version=2)
    slow = Member(Cursor(change.cursor.epoch, 4, "0"))
    bench.write(1, [slow], entries=[change])
    bench.report()
    bench.now += REPORT_SECONDS + 1
    assert bench.report() == {} and bench.receipts.is_active
    slow.is_open = False
    [report] = bench.report().values()
    assert (report.outstanding, report.left) == (0, 1)
    bench.report()
    assert not bench.receipts.is_active


def test_what_could_not_be_reported_is_reported_with_the_next_report(bench: Bench) -> None:
    bench.write(3, entries=[make_entry(1)])
    reported = bench.receipts.changes()
    bench.receipts.report_again(reported)
    assert bench.receipts.changes() == reported and bench.receipts.changes() == []


def test_a_painted_version_is_counted_while_it_is_reported_and_never_later_than_now(bench: Bench) -> None:
    bench.write(3, entries=[make_entry(1, added=999.0)])
    [report] = bench.report().values()
    assert report.painted == {} and bench.receipts.paint(report.uri, 2, 0.4) is None
    assert [bench.receipts.paint(report.uri, 1, seconds) for seconds in (0.4, -1.0, 300.0)] == [0.4, 0.0, 1.0]
    [report] = bench.report().values()
    assert report.painted == {bucket_of(0.4): 1, 0: 1, bucket_of(1.0): 1}
    bench.now += REPORT_SECONDS + 1
    bench.report()
    assert bench.receipts.paint(report.uri, 1, 0.4) is None
