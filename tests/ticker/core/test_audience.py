"""The audience of each edition, counted by what connections asked for."""

import pytest

from ticker.core import audience as module
from ticker.core.audience import Audience, count_audience, has_changed
from ticker.core.filter import Filter


class Group:
    def __init__(self, count: int, *editions: str, urgency: int = 8) -> None:
        self.filter = Filter(editions=frozenset(editions), urgency=urgency)
        self._count = count

    def __len__(self) -> int:
        return self._count


def test_a_connection_counts_for_each_edition_that_it_names_whatever_else_it_filters_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GROUPS_PER_STEP", 2)
    counts: Audience = {}
    groups = (Group(5, "en"), Group(2, "en", urgency=2), Group(3, "en", "ar"), Group(7), Group(1, "canary"))
    assert len(list(count_audience(groups, counts))) == 2
    assert counts == {"en": 10, "ar": 3, "": 7}


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({}, {}, False), ({}, {"en": 1}, True), ({"en": 1}, {}, True), ({"en": 63}, {"en": 64}, False),
        ({"en": 62}, {"en": 63}, True), ({"en": 6400}, {"en": 6400 - 101}, True), ({"en": 6400}, {"en": 6301}, False),
        ({"en": 6400, "ar": 0}, {"en": 6400, "ar": 1}, True),
    ],
)  # fmt: skip
def test_a_change_of_more_than_a_64th_of_an_edition_is_reported_at_once(
    before: Audience, after: Audience, changed: bool
) -> None:
    assert has_changed(before, after) is changed
