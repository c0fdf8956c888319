"""Whether an item matches a search on the desk.

1. Letters match in any case, with or without accents and vowel signs; the forms of an Arabic letter match each other,
   and so do the digits of all scripts.
2. Every word of the query must occur in the line: in its text, in a source, or in its note.
3. An item also matches by the words of an earlier version; every other condition is about the newest one.
"""

import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

from ticker.contract.item import Item

_FORMS: Final = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ک": "ك", "ـ": None}
)


class Search(msgspec.Struct, frozen=True):
    """The conditions of a search; an empty one matches everything. Times are RFC 3339 in UTC, as in items."""

    words: tuple[str, ...] = ()
    """Folded."""
    editions: frozenset[str] = frozenset()
    urgencies: frozenset[int] = frozenset()
    statuses: frozenset[str] = frozenset()
    source: str = ""
    """Folded: a part of a source's name, or the id of a registered source."""
    story: str = ""
    since: str = ""
    """The earliest `first_created`."""
    until: str = ""
    """Items of this time and later do not match."""


def fold(text: str) -> str:
    """`text` as it is compared: without case, accents, vowel signs and the forms of letters."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_FORMS))
    letters = (letter for letter in decomposed if not unicodedata.combining(letter))
    return "".join(
        str(digit) if (digit := unicodedata.decimal(letter, None)) is not None else letter for letter in letters
    )


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query, folded."""
    return tuple(fold(query).split())


def matches_words(item: Item, search: Search) -> bool:
    """Whether the words of this version match."""
    if not search.words:
        return True
    line = _line(item)
    return all(term in line for term in search.words)


def matches_rest(item: Item, search: Search) -> bool:
    """Whether the newest version matches all conditions but the words."""
    story = getattr(item, "story", None)
    return (
        (not search.editions or item.edition in search.editions)
        and (not search.urgencies or item.urgency in search.urgencies)
        and (not search.statuses or item.pub_status in search.statuses)
        and (
            not search.source or any(_is_source(search.source, item, index) for index in range(len(item.info_sources)))
        )
        and (not search.story or (story is not None and story.id == search.story))
        and (not search.since or item.first_created >= search.since)
        and (not search.until or item.first_created < search.until)
    )


def _is_source(name: str, item: Item, index: int) -> bool:
    source = item.info_sources[index]
    return name in fold(source.name.value) or (isinstance(source.uri, str) and fold(source.uri) == name)


# The same items are searched with every letter that an editor types.
@lru_cache(maxsize=20_000)
def _folded(text: str) -> str:
    return fold(text)


def _line(item: Item) -> str:
    texts = [item.headline.value, *(source.name.value for source in item.info_sources)]
    if item.note:
        texts.append(item.note.value)
    return _folded(" ".join(texts))
