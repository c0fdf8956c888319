"""Stories on air: offered by likeness, with the title of the edition, while one of their items is current."""

from typing import Any

import pytest

from publisher.core.stories import Stories
from tests.support.sample_items import NOW, a_uri, an_item
from ticker.contract.item import Item, Story, Text, moment


def told(story: str, title: str, headline: str, *, edition: str = "en", age: float = 60, **changes: Any) -> Item:
    return an_item(
        a_uri(),
        edition=edition,
        story=Story(story, Text(title, edition, "auto")),
        headline=Text(headline, edition, "auto"),
        first_created=moment(NOW - age),
        **changes,
    )


@pytest.fixture
def stories() -> Stories:
    known = Stories()
    for item in (
        told("flood", "Floods in Vala", "River Sume bursts its banks in Vala", age=90),
        told("flood", "فيضانات فالا", "نهر سومي يفيض", edition="ar", age=30),
        told("vote", "General election", "Polls close at eight", age=10),
        told("old", "Ended", "x", age=20, expires=moment(NOW - 1)),
        told("gone", "Withdrawn", "x", age=20, pub_status="canceled", act="withdraw"),
        an_item(a_uri()),
    ):
        known.add(item)
    return known


def ids(stories: Stories, text: str, edition: str = "en") -> list[str]:
    return [story.id for story in stories.offered(edition, text, NOW, 10)]


def test_without_a_text_the_newest_story_is_first_and_only_those_on_air_are_offered(stories: Stories) -> None:
    assert ids(stories, "") == ["vote", "flood"]


@pytest.mark.parametrize("text", ["Vála: the RIVER rises again", "نَهر سومي", "Police: Sume"])
def test_the_story_that_shares_words_with_the_line_is_first(stories: Stories, text: str) -> None:
    assert ids(stories, text)[0] == "flood"


def test_the_title_is_that_of_the_edition_or_of_another_one(stories: Stories) -> None:
    flood, vote = (next(s for s in stories.offered("ar", "", NOW, 10) if s.id == name) for name in ("flood", "vote"))
    assert (flood.title.value, flood.edition, flood.items) == ("فيضانات فالا", "ar", 2)
    assert (vote.title.value, vote.edition) == ("General election", "en")
    assert {edition: title.value for edition, title in stories.titles("flood").items()} == {
        "en": "Floods in Vala",
        "ar": "فيضانات فالا",
    }


def test_an_item_that_leaves_its_story_takes_it_off_the_list() -> None:
    stories = Stories()
    item = told("flood", "Floods", "x")
    stories.add(item)
    stories.add(an_item(item.uri, version=2, act="update"))
    stories.add(item)
    assert ids(stories, "") == []
