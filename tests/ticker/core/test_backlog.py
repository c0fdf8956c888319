"""The backlog, rule by rule; the resume machine holds the whole of it against a model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.entries import URI, entry, uris
from ticker.contract.cursor import NO_EPOCH, Cursor, origin
from ticker.contract.entry import Entry
from ticker.contract.item import moment
from ticker.core.backlog import Backlog
from ticker.core.doubts import Doubt
from ticker.core.filter import Filter

ALL = Filter()
WORLD = Filter(sections=frozenset({"world"}))


def filled(count: int, length: int = 10) -> Backlog:
    """A backlog that followed a stream from its first entry."""
    backlog = Backlog(length)
    for seq in range(1, count + 1):
        follow(backlog, entry(seq))
    return backlog


def follow(backlog: Backlog, arrived: Entry) -> None:
    assert backlog.is_next(arrived)
    backlog.add(arrived)


def current(backlog: Backlog, filter: Filter = ALL, count: int = 100, now: float = 0.0) -> list[int]:
    return uris(backlog.current(filter, count, now)[0])


@given(st.integers(0, 300), st.integers(1, 150))
def test_a_client_can_resume_from_the_last_dropped_entry_on_and_not_before(count: int, length: int) -> None:
    backlog = filled(count, length)
    forgotten = max(0, count - length)
    assert len(backlog) == count - forgotten
    for seq in {1, forgotten - 1, forgotten, forgotten + 1, count - 1, count} & set(range(1, count + 1)):
        resumable = seq >= forgotten
        assert backlog.can_resume(Cursor("e1", seq, f"c{seq}")) == resumable
        if resumable:
            assert [replayed.seq for replayed in backlog.entries_after(Cursor("e1", seq, f"c{seq}"))] == list(
                range(seq + 1, count + 1)
            )
    assert backlog.can_resume(origin("e1")) == (forgotten == 0 and count > 0)


def test_a_client_cannot_resume_from_a_cursor_of_no_entry() -> None:
    backlog = filled(5)
    for cursor in (Cursor("e1", 3, "c4"), Cursor("e2", 3, "c3"), Cursor("e1", 6, "c6"), Cursor("e1", 0, "c0")):
        assert not backlog.can_resume(cursor)
    with pytest.raises(LookupError):
        backlog.entries_after(Cursor("e1", 6, "c6"))


def test_an_empty_backlog_accepts_only_a_first_entry() -> None:
    backlog = Backlog(10)
    assert not backlog.is_next(entry(2)) and backlog.is_next(entry(1)) and backlog.can_resume(origin(NO_EPOCH))
    assert backlog.entries_after(origin(NO_EPOCH)) == []


def test_only_the_next_number_of_the_same_epoch_is_next() -> None:
    backlog = filled(5)
    assert [seq for seq in range(1, 9) if backlog.is_next(entry(seq))] == [6]
    assert not backlog.is_next(entry(6, epoch="e2"))


def test_a_client_from_before_the_first_publication_gets_every_entry() -> None:
    backlog = filled(3)
    assert backlog.can_resume(origin(NO_EPOCH)) and len(backlog.entries_after(origin(NO_EPOCH))) == 3
    assert not filled(11).can_resume(origin(NO_EPOCH))


def test_a_client_from_before_the_first_publication_cannot_resume_in_a_second_epoch() -> None:
    # The key with epoch and number was lost, the entries were not: a new epoch began behind those of the old one.
    backlog = Backlog(10)
    backlog.rebuild([entry(1), entry(2), entry(1, 3, epoch="e2")], "e2", 1)
    assert not backlog.can_resume(origin(NO_EPOCH)) and backlog.can_resume(origin("e2"))
    assert len(backlog.entries_after(origin("e2"))) == 1 and len(backlog) == 3


def test_after_a_hole_the_oldest_resumable_cursor_is_behind_it() -> None:
    backlog = Backlog(10)
    backlog.rebuild([entry(1), entry(2), entry(4), entry(5)], "e1", 5)
    assert [seq for seq in range(1, 6) if backlog.can_resume(Cursor("e1", seq, f"c{seq}"))] == [4, 5]
    assert current(backlog) == [5, 4, 2, 1]


def test_a_trimmed_stream_can_be_resumed_from_its_oldest_entry() -> None:
    backlog = Backlog(10)
    backlog.rebuild([entry(7), entry(8)], "e1", 8)
    assert not backlog.can_resume(Cursor("e1", 6, "c6")) and [
        e.seq for e in backlog.entries_after(Cursor("e1", 7, "c7"))
    ] == [8]


@pytest.mark.parametrize(("epoch", "seq"), [("e1", 7), ("e2", 1)])
def test_no_client_can_resume_before_newest_entries_that_cannot_be_read(epoch: str, seq: int) -> None:
    backlog = Backlog(10)
    backlog.rebuild([entry(4), entry(5)], epoch, seq, "p1")
    assert backlog.newest == Cursor(epoch, seq, "p1") and backlog.can_resume(backlog.newest)
    assert not backlog.can_resume(Cursor("e1", 5, "c5")) and not backlog.can_resume(Cursor(epoch, seq, "p2"))
    follow(backlog, entry(seq + 1, 9, epoch=epoch))
    assert [e.seq for e in backlog.entries_after(Cursor(epoch, seq, "p1"))] == [seq + 1]


def test_more_entries_than_the_position_names_are_no_contradiction() -> None:
    backlog = Backlog(10)
    backlog.rebuild([entry(4), entry(5)], "e1", 4)
    assert backlog.newest == Cursor("e1", 5, "c5")


def test_the_higher_version_wins_whatever_the_order_of_arrival() -> None:
    backlog = filled(1)
    follow(backlog, entry(2, 1, version=3, pub_status="canceled"))
    follow(backlog, entry(3, 1, version=2))
    current_entry = backlog.item(URI.format(1))
    assert current_entry is not None and current_entry.item.version == 3 and current(backlog) == []
    assert backlog.item(URI.format(9)) is None


def test_a_change_that_no_longer_matches_a_filter_reaches_clients_of_earlier_versions() -> None:
    backlog = filled(1)
    first, moved = entry(1), entry(2, 1, version=2, sections=())
    follow(backlog, moved)
    assert backlog.matches(WORLD, first) and backlog.matches(WORLD, moved)
    assert not backlog.matches(WORLD, entry(3, 3, sections=()))


def test_versions_with_equal_terms_are_stored_once() -> None:
    backlog = Backlog(100)
    for number in range(1, 301):
        follow(backlog, entry(number, 1, version=number, sections=("world",) if number == 50 else ()))
    record = backlog._records[URI.format(1)]
    assert [version for version, _ in record.terms_by_version] == [1, 50]
    assert backlog.matches(WORLD, entry(300, 1, version=300, sections=()))
    assert not backlog.matches(WORLD, entry(49, 1, version=49, sections=()))
    # Nor is a version lost behind a higher one that came before it.
    late = Backlog(100)
    for number, version in ((1, 3), (2, 1)):
        follow(late, entry(number, 1, version=version))
    assert late.matches(WORLD, entry(3, 1, version=2, sections=()))


def test_dropped_items_are_not_referenced_any_more() -> None:
    backlog = filled(1000, 100)
    assert len(backlog._entries) < 100 + 64


def test_an_entry_does_not_match_a_filter_that_only_a_later_version_matches() -> None:
    backlog = Backlog(10)
    first_version = entry(1, sections=())
    for replayed in (first_version, entry(2, 1, version=2, sections=("world",))):
        follow(backlog, replayed)
    assert not backlog.matches(WORLD, first_version)
    follow(backlog, entry(3, sections=()))
    assert not backlog.matches(WORLD, entry(3, sections=()))


def test_a_correction_keeps_its_position_and_pinned_items_are_first() -> None:
    backlog = filled(2)
    follow(backlog, entry(3, pinned_until=moment(100)))
    follow(backlog, entry(4))
    follow(backlog, entry(5, 1, version=2, act="correction"))
    assert current(backlog, now=99.999) == [3, 4, 2, 1]
    assert current(backlog, now=100.0) == [4, 3, 2, 1]
    assert current(backlog, count=2, now=0) == [3, 4] and current(backlog, count=0) == []


def test_an_item_is_current_until_it_expires_and_current_returns_that_time() -> None:
    backlog = filled(1)
    follow(backlog, entry(2, expires=moment(100), pinned_until=moment(50)))
    for now, expected, until in ((0, [2, 1], 50), (50, [2, 1], 100), (99.999, [2, 1], 100), (100, [1], float("inf"))):
        entries, stays = backlog.current(ALL, 10, now)
        assert (uris(entries), stays) == (expected, until)


def test_a_dropped_item_is_not_current_and_a_repeated_one_stays() -> None:
    backlog = filled(2, length=3)
    follow(backlog, entry(3, 1, version=2))
    follow(backlog, entry(4))
    follow(backlog, entry(5))
    assert current(backlog) == [5, 4, 1]
    follow(backlog, entry(6))
    assert current(backlog) == [6, 5, 4]


def test_a_body_that_was_copied_by_hand_does_not_stop_the_dropping_of_entries() -> None:
    # Its signature is good, its version is not the newest: with the newest one forgotten nothing is known of it.
    backlog = filled(1, length=2)
    for seq, uri in ((2, 1), (3, 3), (4, 4), (5, 5)):
        follow(backlog, entry(seq, uri))
    assert current(backlog) == [5, 4]


def test_pages_follow_one_another_without_overlap() -> None:
    backlog = filled(7)
    assert [
        (uris(page), has_more) for page, has_more in (backlog.page(ALL, 3, None, 0), backlog.page(ALL, 7, None, 0))
    ] == [
        ([7, 6, 5], True),
        ([7, 6, 5, 4, 3, 2, 1], False),
    ]
    assert uris(backlog.page(ALL, 3, URI.format(5), 0)[0]) == [4, 3, 2]


def test_a_page_continues_after_a_withdrawn_item_and_ends_after_a_dropped_one() -> None:
    backlog = filled(4)
    follow(backlog, entry(5, 3, version=2, pub_status="canceled"))
    follow(backlog, entry(6, pinned_until=moment(100)))
    assert uris(backlog.page(ALL, 9, URI.format(3), 0)[0]) == [2, 1]
    assert backlog.page(ALL, 9, URI.format(99), 0) == ([], False)


def test_dropping_entries_before_a_hole_does_not_move_the_oldest_resumable_cursor() -> None:
    backlog = Backlog(3)
    backlog.rebuild([entry(1), entry(2), entry(1, 3, epoch="e2"), entry(2, 4, epoch="e2")], "e2", 2)
    assert (
        backlog.oldest_resumable == origin("e2")
        and len(backlog.entries_after(origin("e2"))) == 2
        and current(backlog) == [4, 3, 2]
    )


def test_an_entry_without_a_new_version_is_stored_and_is_no_news() -> None:
    backlog = filled(1)
    second = entry(2, 1, version=2, act="correction")
    for arrived, is_news in (
        (second, True),
        (entry(3, 1), False),
        (entry(4, 1, version=2, act="correction"), False),
        # Another second version: one was rolled back.
        (entry(5, 1, version=2, act="update"), True),
        (entry(6), True),
    ):
        assert backlog.is_next(arrived) and backlog.add(arrived) is is_news
    assert [replayed.seq for replayed, _ in backlog.replay(ALL, Cursor("e1", 1, "c1"))] == [5, 6]
    assert [replayed.seq for replayed, _ in backlog.replay(ALL, Cursor("e1", 5, "c5"))] == [6]


def test_an_entry_that_repeats_a_version_keeps_its_item_and_is_in_no_replay() -> None:
    backlog = filled(3, length=3)
    follow(backlog, entry(4, 1))
    follow(backlog, entry(5))
    assert current(backlog) == [5, 3, 1]
    assert [replayed.seq for replayed, _ in backlog.replay(ALL, Cursor("e1", 3, "c3"))] == [5]


def test_an_item_is_hidden_when_the_stream_loses_a_version_that_was_read() -> None:
    backlog = filled(2)
    follow(backlog, entry(3, 1, version=3, act="withdraw", pub_status="canceled"))
    for _ in range(2):
        backlog.rebuild([entry(1), entry(2), entry(3, check="other")], "e1", 3)
        assert current(backlog) == [3, 2] and backlog.hidden == {URI.format(1)}
        assert not backlog.is_confirmed(URI.format(1))
        # Nor does a replay bring it.
        assert [replayed.seq for replayed, _ in backlog.replay(ALL, origin("e1"))] == [2, 3]
    # Nor is a version sent that is still older.
    assert not backlog.add(entry(4, 1, version=2, act="correction"))
    assert current(backlog) == [3, 2] and [replayed.seq for replayed, _ in backlog.replay(ALL, origin("e1"))] == [2, 3]
    follow(backlog, entry(5, 1, version=3, act="update"))
    assert current(backlog) == [3, 2, 1] and not backlog.hidden
    backlog.rebuild([entry(1), entry(2), entry(5, 1, version=3, act="update")], "e1", 5)
    assert current(backlog) == [2, 1] and not backlog.hidden


def test_a_version_that_was_read_counts_also_after_the_stream_was_empty() -> None:
    backlog = filled(2)
    follow(backlog, entry(3, 1, version=2, act="withdraw", pub_status="canceled"))
    backlog.rebuild([], None, 0)
    assert current(backlog) == [] and not backlog.hidden
    backlog.rebuild([entry(1), entry(2)], "e1", 2)
    assert current(backlog) == [2] and backlog.hidden == {URI.format(1)}
    # The same if the older copy arrives as a separate entry.
    backlog.rebuild([], None, 0)
    assert not backlog.add(entry(1, epoch="e2")) and backlog.hidden == {URI.format(1)}
    assert backlog.add(entry(2, epoch="e2")) and current(backlog) == [2]
    assert backlog.add(entry(3, 1, epoch="e2", version=2, act="update")) and not backlog.hidden


def test_lost_versions_are_limited_to_the_length_of_the_backlog() -> None:
    backlog = filled(3, length=3)
    for start in (4, 7):
        backlog.rebuild([entry(seq, epoch="e2", check=f"n{seq}") for seq in range(start, start + 3)], "e2", start + 2)
    backlog.rebuild([entry(4, version=1), entry(5)], "e3", 5)
    assert current(backlog) == [5, 4]
    lost = [uri for uri in range(1, 10) if backlog._lost_versions.version_of(URI.format(uri))]
    assert lost == [7, 8, 9], "it keeps the oldest, or all"


@pytest.mark.parametrize(("act", "status"), [("withdraw", "canceled"), ("hold", "withheld")])
def test_an_act_that_removes_an_item_is_sent_although_a_newer_version_was_lost(act: str, status: str) -> None:
    backlog = filled(2)
    follow(backlog, entry(3, 1, version=2, act="correction"))
    follow(backlog, entry(4, 1, version=3, act="update"))
    backlog.rebuild([entry(1), entry(2)], "e1", 2)
    assert backlog.hidden == {URI.format(1)}
    # A client of a node that did not see version 3 shows version 1.
    assert backlog.add(entry(3, 1, check="new", version=2, act=act, pub_status=status))
    assert [replayed.seq for replayed, _ in backlog.replay(ALL, Cursor("e1", 2, "c2"))] == [3]
    # A withdrawal is the last word on the item, whatever was lost.
    assert bool(backlog.hidden) is (act == "hold")


def test_an_unreadable_item_is_hidden_until_a_version_comes_or_its_entry_is_dropped() -> None:
    backlog = Backlog(3)
    doubts = {URI.format(uri): Doubt(1, number=number) for uri, number in ((9, 7), (2, 2), (3, 3))}
    backlog.rebuild([entry(1), entry(4)], "e1", 4, doubts=doubts)
    assert backlog.hidden == set(doubts)
    follow(backlog, entry(5, 3, version=2))
    assert backlog.hidden == {URI.format(uri) for uri in (2, 9)}
    follow(backlog, entry(6))
    follow(backlog, entry(7))
    assert backlog.hidden == {URI.format(9)}


_LATER = {
    "a later number": [entry(9, 7)],
    "several": [entry(9, 7), entry(10, 8), entry(11, 7, version=2, act="update")],
    "two holes": [entry(9, 7), entry(12, 8)],
    "a new version of one that is held": [entry(9, 2, version=2, act="update"), entry(10, 9)],
    "a withdrawal": [entry(9, 2, version=2, act="withdraw", pub_status="canceled")],
    "a change of one that is forgotten": [entry(9, 1, version=2, act="update")],
    "more than are held": [entry(seq) for seq in range(9, 18)],
    "nothing": [],
}
_DOUBTS = {
    "no doubt": {},
    "a withdrawal in the hole": {
        URI.format(5): Doubt(2, entry(5, version=2, act="withdraw", pub_status="canceled")),
    },
    "a move in the hole": {URI.format(5): Doubt(2, entry(5, version=2, act="update", sections=("world",)))},
    "a version that nobody can read": {URI.format(5): Doubt(2), URI.format(99): Doubt(1)},
}


@pytest.mark.parametrize("later", _LATER)
@pytest.mark.parametrize("doubts", _DOUBTS)
@pytest.mark.parametrize("counter", [8, 20])
def test_appending_after_a_hole_gives_the_same_backlog_as_a_rebuild(later: str, doubts: str, counter: int) -> None:
    length = 6
    gone_on, read_anew = filled(7, length), filled(7, length)
    gone_on.current(ALL, 10, 0.0)
    gone_on.replay_json(ALL, gone_on.newest)
    current_entry, entries = list(read_anew.entries()), _LATER[later]
    seq = max([counter, *(replayed.seq for replayed in entries)])
    gone_on.append_after_hole(entries, "e1", seq, "p", _DOUBTS[doubts])
    read_anew.rebuild([*current_entry, *entries], "e1", seq, "p", _DOUBTS[doubts])
    follow(gone_on, entry(seq + 1, 50))
    follow(read_anew, entry(seq + 1, 50))

    def answers(backlog: Backlog) -> tuple[object, ...]:
        cursors = [backlog.oldest_resumable, backlog.newest, *(replayed.cursor for replayed in backlog.entries())]
        resumable = [cursor for cursor in cursors if backlog.can_resume(cursor)]
        replays = [(cursor, backlog.replay_json(filter, cursor)) for cursor in resumable for filter in (ALL, WORLD)]
        expected = [backlog.current(filter, 10, 0.0)[0] for filter in (ALL, WORLD)]
        return (
            expected,
            backlog.oldest_resumable,
            backlog.newest,
            resumable,
            replays,
            backlog.hidden,
            list(backlog.entries()),
        )

    assert answers(gone_on) == answers(read_anew)


def test_a_replay_that_would_leave_out_an_item_cannot_be_made() -> None:
    backlog = filled(2)
    follow(backlog, entry(3, 1, version=2, act="update"))
    follow(backlog, entry(4, 1, version=3, act="withdraw", pub_status="canceled"))
    # A failover loses version 3: version 2 must not be shown, and a client at entry 2 has missed it.
    backlog.rebuild([entry(1), entry(2), entry(3, 1, version=2, act="update")], "e1", 3)
    assert backlog.can_resume(Cursor("e1", 2, "c2")) and not backlog.can_replay(ALL, Cursor("e1", 2, "c2"))
    assert backlog.can_replay(ALL, Cursor("e1", 3, "c3")), "a client that has version 2 has missed nothing"
    other = Filter(sections=frozenset({"another"}))
    assert backlog.can_replay(other, Cursor("e1", 2, "c2")), "a client of another filter has missed nothing"
    assert not backlog.can_replay(ALL, Cursor("e1", 2, "lost"))
    # The same for a version that comes while the item is hidden.
    backlog.rebuild([entry(1), entry(2)], "e1", 2)
    before = backlog.newest
    assert not backlog.add(entry(3, 1, check="again", version=2, act="update"))
    assert not backlog.can_replay(ALL, before) and backlog.can_replay(ALL, backlog.newest)
    assert backlog.add(entry(4, 1, check="again", version=3, act="update"))
    assert backlog.can_replay(ALL, before)


def test_a_version_that_a_ledger_told_of_is_in_replays_when_its_entry_comes() -> None:
    backlog, other = Backlog(10), Backlog(10)
    later = entry(4, 1, version=2, act="update")
    # The entry with the number 3 cannot be read; version 2 is in the ledger already, and its entry is on its way.
    ledger = {URI.format(1): Doubt(2, entry(1, 1, version=2, act="update"))}
    backlog.rebuild([entry(1), entry(2)], "e1", 3, "gap", ledger)
    other.rebuild([entry(1), entry(2)], "e1", 3, "gap")
    assert backlog.newest == other.newest, "a client of the other node may come with this cursor"
    assert backlog.add(later)
    assert [replayed.item.version for replayed, _ in backlog.replay(ALL, other.newest)] == [2]
