"""The stories on air, offered by likeness to a line that is being written.

1. A story is on air while one of its items is usable and has not expired.
2. Likeness is the part of the line's words that the story has, in its titles or its items, in any language. Letters
   are compared as the search compares them; words of one or two letters do not count.
3. The title in an edition is that of the edition's newest item.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from publisher.core.search import fold
from ticker.contract.item import Item, Text, instant

ITEMS_LIMIT: Final = 5_000
_SHORTEST: Final = 3


class OfferedStory(msgspec.Struct, frozen=True):
    """One story as an edition sees it."""

    id: str
    title: Text
    edition: str
    """The edition whose title it is: another one if this edition has none yet."""
    items: int
    newest: str
    """When its newest item was first published."""
    likeness: float


class Stories:
    """The items that belong to stories, each in its newest version."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def add(self, item: Item) -> None:
        """Adds a version; an older one than is known changes nothing."""
        stored = self._items.get(item.uri)
        if (stored is not None and stored.version >= item.version) or (stored is None and item.story is None):
            return
        self._items[item.uri] = item
        while len(self._items) > ITEMS_LIMIT:
            del self._items[next(iter(self._items))]

    def titles(self, story_id: str) -> dict[str, Text]:
        """The title of a story by edition."""
        titles: dict[str, Text] = {}
        for item in sorted(self._items.values(), key=_age):
            if item.story is not None and item.story.id == story_id:
                titles[item.edition] = item.story.title
        return titles

    def offered(self, edition: str, text: str, now: float, limit: int) -> list[OfferedStory]:
        """The stories on air for a line of `edition` with `text`, the most like it first, then the newest."""
        by_story: dict[str, list[Item]] = {}
        for item in self._items.values():
            if item.story is not None and item.current(now):
                by_story.setdefault(item.story.id, []).append(item)
        terms = _words([text])
        stories = [_offered(items, edition, terms) for items in by_story.values()]
        return sorted(stories, key=lambda story: (story.likeness, story.newest, story.id), reverse=True)[:limit]


def _offered(items: list[Item], edition: str, terms: frozenset[str]) -> OfferedStory:
    items.sort(key=_age, reverse=True)
    own = next((item for item in items if item.edition == edition), items[0])
    assert own.story is not None
    texts = [text for item in items if item.story for text in (item.story.title.value, item.headline.value)]
    likeness = len(terms & _words(texts)) / len(terms) if terms else 0.0
    return OfferedStory(
        own.story.id, own.story.title, own.edition, len(items), items[0].first_created, round(likeness, 2)
    )


def _age(item: Item) -> float:
    return instant(item.first_created)


def _words(texts: Iterable[str]) -> frozenset[str]:
    folded = fold(" ".join(texts))
    spaced = "".join(letter if letter.isalnum() else " " for letter in folded)
    return frozenset(term for term in spaced.split() if len(term) >= _SHORTEST)
