"""What an edition owes its readers: the corrections and withdrawals of its newest items."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ticker.contract.item import Correction, Item, Text

LIMIT: Final = 100


class Amendment(msgspec.Struct, frozen=True):
    """One correction or the withdrawal of an item."""

    item: Item
    """The item in its newest version; the text of one that is not usable must not be shown."""
    version: int
    act: str
    note: Text | None
    time: str
    """When it was made, RFC 3339 in UTC."""


def amendments(items: Iterable[Item]) -> list[Amendment]:
    """The corrections and withdrawals of `items`, at most `LIMIT`, newest first.

    An item on hold has none: nothing of it is public until it is released or withdrawn.
    """
    all_amendments = [amendment for item in items for amendment in _amendments_of(item)]
    return sorted(all_amendments, key=lambda amendment: (amendment.time, amendment.item.uri), reverse=True)[:LIMIT]


def corrections_of(item: Item) -> list[Correction]:
    """The corrections of a version, oldest first, its own included."""
    corrections = list(item.corrections)
    if item.act == "correction" and item.note and all(item.version != other.version for other in corrections):
        corrections.append(Correction(item.version, item.act, item.note, item.version_created))
    return corrections


def _amendments_of(item: Item) -> Iterator[Amendment]:
    if item.pub_status == "withheld":
        return
    for correction in corrections_of(item):
        yield Amendment(item, correction.version, correction.act, correction.note, correction.version_created)
    if item.pub_status == "canceled":
        yield Amendment(item, item.version, item.act, item.note, item.version_created)
