"""The recent lines, and how well near-duplicates are found among them."""

import msgspec
import pytest

from bench.similar.corpus import HELD_OUT, LANGUAGES, events, item
from bench.similar.near import best_match, judge_near
from publisher.core.similar.recent_lines import RecentLines


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_least_nine_of_ten_rewordings_are_found_and_as_many_warnings_are_right(language: str) -> None:
    judgement = judge_near(events(HELD_OUT), language)
    assert judgement.expected == 50
    assert judgement.precision >= 0.9 and judgement.recall >= 0.9


def test_the_most_similar_version_of_an_item_counts_also_an_earlier_one() -> None:
    lines = RecentLines()
    first = item("a", "en", "Twelve dead in Vala bus crash")
    lines.add(first)
    changed = msgspec.structs.replace(first.headline, value="Driver arrested after accident")
    lines.add(msgspec.structs.replace(first, version=2, headline=changed, pub_status="canceled"))
    match = best_match(lines, "Vala bus crash: 12 dead", "en")
    assert match is not None and (match.line.uri, match.line.version) == ("a", 1)
    state = lines.state("a")
    assert state is not None and (state.version, state.status) == (2, "canceled")


def test_an_item_is_not_its_own_duplicate_and_in_another_language_only_the_same_text_is() -> None:
    lines = RecentLines()
    lines.add(item("a", "en", "Linka buys Novair"))
    assert best_match(lines, "Linka buys Novair", "en", but_not="a") is None
    assert best_match(lines, "Linka buys", "es") is None
    match = best_match(lines, "LINKA buys Novair.", "es")
    assert match is not None and match.likeness == 1
    assert best_match(lines, "Linka buys Novair", "es", but_not="a") is None
    assert best_match(lines, "", "en") is None


def test_a_version_that_comes_twice_counts_once_and_the_oldest_go_first() -> None:
    lines = RecentLines(limit=3, kept_seconds=100)
    for number in range(5):
        version = item(str(number), "en", f"Storm number {number} reaches the coast", seconds=number * 10.0)
        assert lines.add(version) is not None
        assert lines.add(version) is None
    assert len(lines) == 3
    assert lines.state("1") is None and lines.versions("1") == ()
    now = lines.versions("4")[0].created + 85
    lines.forget_before(now)
    assert [bool(lines.versions(str(number))) for number in range(5)] == [False, False, False, True, True]


def test_nothing_is_left_of_lines_that_were_dropped() -> None:
    lines = RecentLines(limit=1)
    original = item("a", "en", "Ferry aground off Ostra")
    lines.add(original)
    translation = msgspec.structs.replace(item("b", "es", "Un ferri encalla en Ostra"), translation_of="a")
    lines.add(translation)
    assert lines.siblings("b") == () and lines.siblings("a") == lines.versions("b")
    lines.add(item("c", "en", "Other news"))
    assert lines.siblings("a") == () and best_match(lines, "Ferry aground off Ostra", "en") is None
