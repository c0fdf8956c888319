"""Presence: entries end by themselves, and their number is bounded."""

from publisher.core.presence import LIFETIME_SECONDS, LIMIT, PAGES_PER_PERSON, Presence, current, reported


def entry(page: str = "p", name: str = "Ana", uri: str = "u", act: str = "update", at: float = 0.0) -> Presence:
    return Presence(page, name, uri, act, at, at)


def test_an_entry_ends_a_lifetime_after_its_last_report() -> None:
    assert current([entry(at=0)], LIFETIME_SECONDS - 0.1) == [entry(at=0)]
    assert current([entry(at=0)], LIFETIME_SECONDS) == []


def test_the_beginning_stays_while_the_same_person_does_the_same() -> None:
    assert reported(entry(at=1), entry(at=5)).since == 1
    assert reported(entry(at=1), entry(at=5, act="withdraw")).since == 5
    assert reported(entry(at=1), entry(at=5, name="Luis")).since == 5
    assert reported(None, entry(at=5)).since == 5


def test_a_person_and_all_together_have_a_limit_and_the_oldest_report_goes() -> None:
    pages = [entry(page=str(number), at=number / 100) for number in range(PAGES_PER_PERSON + 5)]
    assert {kept.page for kept in current(pages, 1)} == {str(number) for number in range(5, PAGES_PER_PERSON + 5)}
    people = [entry(page=str(number), name=str(number), at=number / 100) for number in range(LIMIT + 5)]
    kept = current(people, 6)
    assert len(kept) == LIMIT and kept[0].page == str(LIMIT + 4)
