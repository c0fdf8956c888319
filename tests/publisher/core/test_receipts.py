"""What the desk makes of the reports: sums over nodes, silent nodes, and a recall that falls to zero."""

from publisher.core import receipts as module
from publisher.core.receipts import Audience, Painted, Receipt, ReceiptBook
from ticker.contract.receipt import EntryReport, Report


def entry(uri: str = "urn:a", version: int = 1, written: int = 0, **fields: float) -> EntryReport:
    last, outstanding, left = (fields.get(name, 0) for name in ("last", "outstanding", "left"))
    return EntryReport(uri, version, {20: written} if written else {}, last, int(outstanding), int(left))


def newest(book: ReceiptBook, uri: str = "urn:a") -> Receipt:
    return book.receipts(uri)[-1]


def test_reports_of_several_nodes_add_up_and_a_newer_one_replaces_the_one_before() -> None:
    book = ReceiptBook()
    book.add(Report("a", 10, [entry(written=4, last=0.1)]), 100.0)
    book.add(Report("b", 20, [entry(written=20, last=0.3)]), 100.1)
    book.add(Report("a", 10, [entry(written=10, last=0.2)]), 101.0)
    receipt = newest(book)
    assert (receipt.written, receipt.last, receipt.nodes, receipt.silent) == (30, 0.3, 2, 0)
    assert receipt.p50 == receipt.p99 and receipt.painted is None
    assert receipt.outstanding is None and receipt.left is None and book.connections() == (2, 30)


def test_no_quantile_is_above_the_last_write() -> None:
    book = ReceiptBook()
    book.add(Report("a", 10, [EntryReport("urn:a", 1, {19: 10}, 0.0251, 0, 0)]), 100.0)
    receipt = newest(book)
    assert receipt.p50 == receipt.p99 == receipt.last == 0.0251


def test_the_recall_falls_to_zero() -> None:
    book = ReceiptBook()
    for at, outstanding in ((100.0, 5), (101.0, 2), (102.0, 0)):
        book.add(Report("a", 10, [entry(version=2, written=10 - outstanding, outstanding=outstanding)]), at)
        assert newest(book).outstanding == outstanding == book.outstanding()


def test_a_known_node_that_says_nothing_counts_with_all_its_connections() -> None:
    book = ReceiptBook()
    for node in ("a", "b"):
        book.add(Report(node, 10, [entry(written=10)]), 100.0)
    book.add(Report("a", 10, [entry(version=2, written=10)]), 110.0)
    assert newest(book).outstanding == 0
    book.now = 113.0
    assert (newest(book).outstanding, newest(book).silent) == (10, 1)
    book.add(Report("b", 10, [entry(version=2, written=10)]), 114.0)
    assert (newest(book).outstanding, newest(book).silent, newest(book).nodes) == (0, 0, 2)


def test_a_node_that_began_later_or_is_long_gone_is_not_silent() -> None:
    book = ReceiptBook()
    book.add(Report("gone", 10, []), 100.0)
    book.add(Report("a", 10, [entry(version=2, written=10)]), 500.0)
    book.add(Report("late", 10, []), 505.0)
    assert (newest(book).outstanding, newest(book).silent) == (0, 0)


def test_only_the_newest_version_of_an_item_is_recalled() -> None:
    book = ReceiptBook()
    book.add(Report("a", 10, [entry(version=2, outstanding=7), entry(version=3)]), 100.0)
    book.add(Report("a", 10, [entry(uri="urn:b", outstanding=9)]), 100.0)
    assert book.outstanding() == 0


def test_items_reported_since_a_time() -> None:
    book = ReceiptBook()
    book.add(Report("a", 1, [entry(uri="urn:a")]), 100.0)
    book.add(Report("a", 1, [entry(uri="urn:b")]), 200.0)
    assert list(book.since(150.0)) == ["urn:b"] and set(book.since(0.0)) == {"urn:a", "urn:b"}


def test_the_book_is_bounded() -> None:
    limit = module.VERSION_LIMIT
    book = ReceiptBook()
    for number in range(limit + 5):
        book.add(Report(f"n{number}", 1, [entry(uri=f"urn:{number}")]), 100.0)
    assert book.receipts("urn:4") == [] and len(book.receipts("urn:5")) == 1
    assert book.connections()[0] == module.NODE_LIMIT
    for number in range(limit + 5):
        book.add(at_place(f"p{number}", f"1f.{number}", 1), 101.0)
    assert len(book._holders) == module.NODE_LIMIT


def test_a_node_that_said_goodbye_is_never_silent_and_its_connections_have_left() -> None:
    book = ReceiptBook()
    for node in ("old", "new", "killed"):
        book.add(Report(node, 10, []), 100.0)
    book.add(Report("old", 4, [entry(version=2, written=4, outstanding=3, left=1)]), 101.0)
    book.add(Report("old", 0, [], {}, True), 102.0)
    # A report that overtook the last one.
    book.add(Report("old", 4, [entry(version=2, outstanding=3)]), 102.1)
    book.add(Report("new", 16, [entry(version=3, written=16)]), 103.0)
    book.now = 110.0
    second, third = book.receipts("urn:a")
    assert (second.left, third.outstanding, third.silent, third.nodes) == (4, 10, 1, 1)
    assert second.outstanding == 26, "the new node and the killed one say nothing about it"


def test_connections_of_a_node_that_is_long_gone_have_left() -> None:
    book = ReceiptBook()
    book.add(Report("killed", 10, [entry(version=2, written=7, outstanding=3)]), 100.0)
    book.now = 399.0
    assert (newest(book).outstanding, newest(book).left) == (3, 0)
    book.now = 401.0
    assert (newest(book).outstanding, newest(book).left, book.outstanding()) == (0, 3, 0)


def test_the_audience_is_the_sum_of_the_nodes_and_unknown_while_one_is_silent() -> None:
    book = ReceiptBook()
    assert book.audience(["en"]) == Audience(0, 0, None, {"en": None})
    book.add(Report("a", 30, [], {"en": 20, "": 10}), 100.0)
    book.add(Report("b", 9, [], {"en": 4, "ar": 5}), 101.0)
    assert book.audience(["en", "ar", "es"]) == Audience(2, 0, 39, {"en": 34, "ar": 15, "es": 10})
    book.add(Report("b", 8, [], {"en": 3, "ar": 5}), 120.0)
    book.now = 126.0
    assert book.audience(["en"]) == Audience(1, 1, None, {"en": None})
    book.add(Report("a", 0, [], {}, True), 127.0)
    assert book.audience(["en"]) == Audience(1, 0, 8, {"en": 3})
    book.now = 460.0
    assert book.audience(["en"]) == Audience(0, 0, None, {"en": None})


def test_what_sampled_pages_have_painted_adds_up() -> None:
    book = ReceiptBook()
    for node, painted in (("a", {20: 98}), ("b", {24: 1, 40: 1}), ("c", {})):
        book.add(Report(node, 10, [EntryReport("urn:a", 1, {20: 10}, 0.03, 0, 0, painted)]), 100.0)
    assert newest(book).painted == Painted(100, 0.032, 0.064)


def at_place(node: str, place: str, connections: int, *entries: EntryReport, stopped: bool = False) -> Report:
    return Report(node, connections, list(entries), {"en": connections}, stopped, place)


def test_a_worker_in_the_place_of_a_killed_one_replaces_it_at_once() -> None:
    book = ReceiptBook()
    book.add(at_place("killed", "1f.2", 30, entry(version=2, written=20, outstanding=10)), 100.0)
    book.add(at_place("other", "1f.3", 5, entry(version=2, written=5)), 120.0)
    book.now = 126.0
    assert book.audience(["en"]).connections is None, "it may be stalled, and hold its connections"
    book.add(at_place("successor", "1f.2", 7), 127.0)
    assert book.audience(["en"]) == Audience(2, 0, 12, {"en": 12})
    assert (newest(book).outstanding, newest(book).left, newest(book).silent) == (0, 10, 0)
    # A report that was on its way when the worker was killed.
    book.add(at_place("killed", "1f.2", 30), 127.1)
    assert book.audience(["en"]) == Audience(2, 0, 12, {"en": 12})
    book.add(at_place("third", "1f.2", 1), 140.0)
    book.add(at_place("other", "1f.3", 5), 140.0)
    assert book.audience(["en"]) == Audience(2, 0, 6, {"en": 6})


def test_only_the_same_place_of_the_same_service_is_taken_over() -> None:
    book = ReceiptBook()
    for node, place in (("killed", "1f.2"), ("unknown place", "")):
        book.add(at_place(node, place, 10), 100.0)
    for node, place in (("other machine", "2e.2"), ("neighbour", "1f.1"), ("a", ""), ("b", "")):
        book.add(at_place(node, place, 1), 126.0)
    assert book.audience(["en"]) == Audience(4, 2, None, {"en": None})


def test_a_rolling_restart_moves_workers_from_place_to_place() -> None:
    book = ReceiptBook()
    for node, place in (("a", "1f.1"), ("b", "1f.2")):
        book.add(at_place(node, place, 10), 100.0)
    # Each successor has a place of its own until the worker before it has ended and freed another.
    book.add(at_place("a2", "1f.3", 4), 101.0)
    assert book.audience(["en"]).connections == 24
    book.add(at_place("a", "1f.1", 0, stopped=True), 102.0)
    book.add(at_place("b2", "1f.1", 6), 103.0)
    assert book.audience(["en"]).connections == 20
    book.add(at_place("b", "1f.2", 0, stopped=True), 104.0)
    assert book.audience(["en"]).connections == 10
