"""Replays found by masks against a plain walk over all entries, whatever came, and how little of them is looked at."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.entries import URI, entry
from tests.ticker.core.test_filter import filters, some_items
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.facets import facets_of
from ticker.contract.item import Item, encode_item
from ticker.core import changed_items
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter, Terms
from ticker.core.record import ItemRecord

steps = st.tuples(
    st.integers(1, 6), some_items, st.sampled_from(["usable", "usable", "canceled"]), st.sampled_from(["next", "older"])
)


def naive(
    entries: list[Entry], length: int, filter: Filter, first_seq: int, is_rebuilt: bool
) -> list[tuple[int, str, int]]:
    """Number, item and version of each newest entry that a client with `filter` gets.

    A version is forgotten with its entry, and with it all that an older copy could be compared with.
    """
    newest: dict[str, Entry] = {}
    versions: dict[str, list[Item]] = {}
    for stored in entries:
        version_before = newest.get(stored.item.uri)
        is_forgotten = (
            version_before is not None
            and version_before.seq < (len(entries) + 1 if is_rebuilt else stored.seq) - length
        )
        if version_before is None or is_forgotten or stored.item.version >= version_before.item.version:
            newest[stored.item.uri] = stored
        versions.setdefault(stored.item.uri, []).append(stored.item)
    return [
        (stored.seq, stored.item.uri, stored.item.version)
        for stored in entries[-length:]
        if stored.seq > first_seq
        and newest[stored.item.uri] is stored
        and any(filter.matches(item) for item in versions[stored.item.uri])
    ]


@given(st.lists(steps, min_size=1, max_size=40), filters, st.integers(5, 50), st.booleans())
@pytest.mark.deep
def test_it_selects_the_same_items_as_a_loop_over_all_entries(
    given_steps: list[tuple[int, Item, str, str]], filter: Filter, length: int, is_rebuilt: bool
) -> None:
    backlog, entries, versions = Backlog(length), list[Entry](), dict[str, int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changed_items, "BLOCK", 3)
        for seq, (number, plain, status, which) in enumerate(given_steps, 1):
            uri = URI.format(number)
            version_before = versions.get(uri, 0)
            version = version_before + 1 if which == "next" or version_before < 2 else version_before - 1
            versions[uri] = max(version_before, version)
            changed = msgspec.structs.replace(plain, uri=uri, version=version, pub_status=status)
            # What filters need of forgotten versions is carried by the entry, as the desk writes it.
            earlier = tuple({facets_of(stored.item) for stored in entries if stored.item.uri == uri})
            entries.append(Entry(Cursor("e1", seq, f"c{seq}"), changed, encode_item(changed), 0.0, earlier))
            backlog.add(entries[-1])
        if is_rebuilt:
            backlog.rebuild(list(backlog.entries()), "e1", len(entries))
        first = max(0, len(entries) - length)
        for seq_before in range(first, len(entries) + 1):
            cursor = entries[seq_before - 1].cursor if seq_before else Cursor("e1", 0, "0")
            if not backlog.can_resume(cursor):
                continue
            replayed = [
                (stored.seq, stored.item.uri, stored.item.version) for stored, _ in backlog.replay(filter, cursor)
            ]
            assert replayed == naive(entries, length, filter, seq_before, is_rebuilt)
            assert backlog.replay_json(filter, cursor) == [data for _, data in backlog.replay(filter, cursor)]


def test_a_replay_checks_only_items_whose_versions_have_different_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    backlog = Backlog(3000)
    for seq in range(1, 3001):
        backlog.add(entry(seq, sections=("sport",) if seq % 3 == 0 else ("world",)))
    start = Cursor("e1", 0, "0")
    backlog.add(entry(3001, 2999, version=2, sections=("sport",)))
    judged: list[ItemRecord] = []
    terms = ItemRecord.terms

    def judging(self: ItemRecord, of: Entry) -> tuple[Terms, ...]:
        judged.append(self)
        return terms(self, of)

    monkeypatch.setattr(ItemRecord, "terms", judging)
    assert len(list(backlog.replay(Filter(sections=frozenset({"sport"})), Cursor("e1", 1, "c1")))) == 1001
    # The bug: each of 3,000 was judged by itself, and 10,000 held the loop for 10 to 25 ms.
    assert len(judged) == 1
    assert not backlog.can_resume(start)


def test_dropped_items_are_not_referenced_any_more() -> None:
    backlog = Backlog(10)
    for seq in range(1, 5 * changed_items.BLOCK):
        backlog.add(entry(seq))
    assert len(backlog._changed_items._blocks) <= 2
    assert len(list(backlog.replay(Filter(), backlog.oldest_resumable))) == 10
