"""The index of current items against a plain list, whatever comes and goes, and how little of it a filter looks at."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.entries import URI, entry, uris
from tests.ticker.core.test_filter import filters, some_items
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.facets import EVERYTHING, facets_of
from ticker.contract.item import Item, encode_item, moment
from ticker.core import ordered_items
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.record import ItemRecord

SPORT = Filter(sections=frozenset({"sport"}))
times = st.integers(1, 9)
steps = st.tuples(
    st.integers(1, 12),
    some_items,
    times,
    st.none() | times,
    st.none() | times,
    st.sampled_from(["usable", "usable", "withheld", "canceled"]),
)


def naive(items: list[Item], filter: Filter, now: float) -> list[Item]:
    current = [candidate for candidate in items if candidate.current(now) and filter.matches(candidate)]
    return sorted(
        current, key=lambda candidate: (candidate.pinned(now), candidate.first_created, candidate.uri), reverse=True
    )


@given(st.lists(steps, max_size=40), filters, st.lists(st.integers(0, 10), min_size=1, max_size=3), st.integers(0, 9))
def test_it_selects_the_same_items_as_a_sorted_list(
    given_steps: list[tuple[int, Item, int, int | None, int | None, str]],
    filter: Filter,
    nows: list[int],
    count: int,
) -> None:
    backlog, versions = Backlog(1000), dict[str, Item]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordered_items, "BLOCK", 3)
        for seq, (number, plain, created, expires, pinned, status) in enumerate(given_steps, 1):
            uri = URI.format(number)
            old = versions.get(uri)
            changed = msgspec.structs.replace(
                plain,
                uri=uri,
                version=old.version + 1 if old else 1,
                pub_status=status,
                first_created=old.first_created if old else moment(created),
                expires=None if expires is None else moment(expires),
                pinned_until=None if pinned is None else moment(pinned),
            )
            versions[uri] = changed
            backlog.add(Entry(Cursor("e1", seq, "c"), changed, encode_item(changed), 0.0))
            now = float(nows[seq % len(nows)])
            expected = naive(list(versions.values()), filter, now)
            assert [listed.item for listed in backlog.current(filter, count, now)[0]] == expected[:count]
        for now in map(float, nows):
            expected = naive(list(versions.values()), filter, now)
            for position, candidate in enumerate(expected):
                if not candidate.pinned(now):
                    page, has_more = backlog.page(filter, 2, candidate.uri, now)
                    rest = expected[position + 1 :]
                    assert ([listed.item for listed in page], has_more) == (rest[:2], len(rest) > 2)


def test_a_page_after_an_item_whose_pin_ended_does_not_start_with_pinned_items() -> None:
    backlog = Backlog(10)
    backlog.add(entry(1, first_created=moment(1), pinned_until=moment(9)))
    backlog.add(entry(2, first_created=moment(2), pinned_until=moment(9)))
    freed = entry(2, first_created=moment(2))
    item = msgspec.structs.replace(freed.item, version=2)
    backlog.add(Entry(Cursor("e1", 3, "c"), item, encode_item(item), 0.0))
    assert backlog.page(Filter(), 5, item.uri, 0.0) == ([], False)


def test_a_filter_that_matches_nothing_looks_at_blocks_only(monkeypatch: pytest.MonkeyPatch) -> None:
    backlog = Backlog(5000)
    for seq in range(1, 5001):
        backlog.add(entry(seq, first_created=moment(seq)))
    looked = 0
    select = ordered_items._Block.select

    def counted(*arguments: object) -> object:
        nonlocal looked
        looked += 1
        return select(*arguments)  # type: ignore[arg-type]  # passed on as it is

    monkeypatch.setattr(ordered_items._Block, "select", counted)
    assert backlog.current(SPORT, 10, 0)[0] == [] and looked <= 5000 / ordered_items.BLOCK + 1
    looked = 0
    assert len(backlog.current(Filter(), 10, 0)[0]) == 10 and looked <= 2
    looked = 0
    assert uris(backlog.page(Filter(), 3, URI.format(2500), 0)[0]) == [2499, 2498, 2497] and looked <= 2


def test_a_change_of_an_item_older_than_the_backlog_keeps_its_position() -> None:
    backlog = Backlog(3)
    for seq in range(1, 6):
        backlog.add(entry(seq, first_created=moment(seq)))
    backlog.add(entry(6, 1, version=2, act="correction", first_created=moment(1)))
    assert uris(backlog.current(Filter(), 10, 0)[0]) == [5, 4, 1]
    assert uris(backlog.page(Filter(), 10, URI.format(4), 0)[0]) == [1]


def test_a_change_of_an_item_older_than_the_backlog_reaches_clients_of_its_earlier_filter() -> None:
    backlog = Backlog(1)
    old = entry(1, sections=("sport",))
    moved = entry(2, 1, version=2, sections=("world",))
    for carried, expected in (((facets_of(old.item),), True), ((EVERYTHING,), True), ((), False)):
        changed = Entry(moved.cursor, moved.item, moved.item_json, 0.0, carried)
        fresh = Backlog(1)
        fresh.rebuild([changed], "e1", 2)
        assert fresh.matches(SPORT, changed) == expected
        assert fresh.current(SPORT, 10, 0)[0] == [], "what only an earlier version had is not current"
    assert not backlog.hidden


def test_a_replay_has_each_item_once_and_no_words_of_withdrawn_items() -> None:
    backlog = Backlog(10)
    backlog.add(entry(1, 1))
    backlog.add(entry(2, 2))
    start = backlog.newest
    backlog.add(entry(3, 1, version=2, act="correction"))
    backlog.add(entry(4, 2, version=2, act="withdraw", pub_status="canceled", link="https://a.example/words"))
    backlog.add(entry(5, 3))
    backlog.add(entry(6, 3, version=2, act="hold", pub_status="withheld"))
    backlog.add(entry(7, 1, version=3, act="update"))
    replay = [msgspec.json.decode(data) for _, data in backlog.replay(Filter(), start)]
    assert [(candidate["uri"][-1], candidate["version"]) for candidate in replay] == [("2", 2), ("3", 2), ("1", 3)]
    for candidate in replay[:2]:
        assert (candidate["headline"], candidate["infoSources"], candidate["link"]) == (None, [], None) and candidate[
            "sections"
        ] == ["world"]
    assert replay[2]["headline"] is not None
    backlog.add(entry(8, 3, version=3, act="release"))
    assert msgspec.json.decode(list(backlog.replay(Filter(), start))[-1][1])["headline"] is not None


@pytest.mark.deep
@given(
    st.lists(st.tuples(st.integers(1, 6), some_items, times, st.none() | times, st.none() | times), max_size=30),
    filters,
    st.integers(0, 10),
)
def test_a_rebuild_shows_the_same_items_as_single_additions(
    given_items: list[tuple[int, Item, int, int | None, int | None]], filter: Filter, now: int
) -> None:
    entries: list[Entry] = []
    for seq, (number, plain, created, expires, pinned) in enumerate(given_items, 1):
        changed = msgspec.structs.replace(
            plain,
            uri=URI.format(number),
            version=seq,
            first_created=moment(created),
            expires=None if expires is None else moment(expires),
            pinned_until=None if pinned is None else moment(pinned),
        )
        entries.append(Entry(Cursor("e1", seq, "c"), changed, encode_item(changed), 0.0))
    together, one_by_one = Backlog(20), Backlog(20)
    together.rebuild(entries, "e1", len(entries))
    for listed in entries:
        one_by_one.add(listed)
    for backlog in (together, one_by_one):
        backlog.add(entry(len(entries) + 1, 1, version=99, first_created=moment(5)))
    assert together.current(filter, 9, float(now)) == one_by_one.current(filter, 9, float(now))
    assert (
        together.oldest_resumable == one_by_one.oldest_resumable
        and together._records.keys() == one_by_one._records.keys()
    )


def test_a_rebuild_marks_each_item_once_and_dropping_one_changes_only_its_own_terms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    marked = 0
    mark = ordered_items._Block._mark

    def counted(block: ordered_items._Block, at: int, record: ItemRecord) -> None:
        nonlocal marked
        marked += 1
        mark(block, at, record)

    monkeypatch.setattr(ordered_items._Block, "_mark", counted)
    backlog = Backlog(1000)
    versions = [
        entry(seq, 1 + seq % 500, version=1 + seq // 500, first_created=moment(1 + seq % 500)) for seq in range(1, 1001)
    ]
    backlog.rebuild(versions, "e1", 1000)
    assert marked == 500
    first = backlog._current_items._lists[False]._blocks[0]
    masks = first.masks
    backlog.add(entry(1001, first_created=moment(1001)))
    backlog.add(entry(1002, 7, version=9, first_created=moment(7)))
    assert marked == 502 and first.masks is masks, "nothing else moved up"


def test_a_block_with_empty_positions_accepts_items_between_them() -> None:
    backlog = Backlog(10_000)
    for seq in range(1, 2 * ordered_items.BLOCK + 1):
        backlog.add(entry(seq, first_created=moment(2 * seq)))
    for seq in range(2, ordered_items.BLOCK, 2):
        changed = entry(1000 + seq, seq, version=2, pub_status="canceled", first_created=moment(2 * seq))
        backlog.add(changed)
    for seq in range(1, 21):
        backlog.add(entry(2000 + seq, first_created=moment(2 * seq + 1)))
    current = backlog.current(Filter(), 10_000, 0)[0]
    assert [candidate.item.first_created for candidate in current] == sorted(
        (candidate.item.first_created for candidate in current), reverse=True
    )
    assert len(current) == 2 * ordered_items.BLOCK - (ordered_items.BLOCK // 2 - 1) + 20
    assert all(len(block.orders) <= ordered_items.BLOCK for block in backlog._current_items._lists[False]._blocks)
