"""What a node knows of one item: its newest version, its place in the order, and what filters find in it."""

from collections.abc import Iterable
from typing import Final

from ticker.contract.entry import Entry
from ticker.contract.facets import facets_of
from ticker.contract.item import instant
from ticker.contract.redaction import redacted_json
from ticker.core.doubts import Doubt
from ticker.core.filter import Terms, terms_of

NEVER: Final = float("-inf")
ALWAYS: Final = float("inf")
NO_PLACE: Final = -1

Seen = tuple[tuple[int, Terms], ...]
"""The distinct terms of an item's versions, each with the first version that has them."""


class ItemRecord:
    """One item of the backlog."""

    __slots__ = (
        "_public", "changed_at", "current_terms", "entry", "expires", "listed", "needed", "newest_place", "order",
        "pin", "pinned_until", "place", "seen",
    )  # fmt: skip

    def __init__(self, entry: Entry) -> None:
        self.seen: Seen = ()
        self.listed: bool | None = None
        """Where the index of current items has it: among the pinned, among the others, or nowhere (None)."""
        self.place = NO_PLACE
        """Where replays have it (ticker.core.places)."""
        self.needed = 0
        """The least version that is current; above the known one where that one may not be the last word."""
        self.newest_place = entry
        """The newest entry of the newest version in the stream, which keeps the item in the backlog."""
        self.changed_at = entry
        """The first entry of that version: a later one with the same bytes is no news."""
        self.pinned_until = NEVER
        """The latest pin of any version: a page that ended with a pinned item goes on with the pinned ones."""
        self._take(entry, self._see(entry))

    def add(self, entry: Entry) -> bool:
        """Takes another entry of the item; whether it says something new."""
        terms = self._see(entry)
        version, known = entry.item.version, self.entry.item.version
        if version < known:
            return False
        # The same version again is the newer place of it: a key was changed, or an earlier copy was lost.
        is_news = version > known or entry.item_json != self.entry.item_json
        self._take(entry, terms)
        self.newest_place = entry
        if is_news:
            self.changed_at = entry
        return is_news

    def fold(self, entry: Entry) -> None:
        """Takes a newer version that has no place in the stream; it is known from the ledger alone."""
        self._take(entry, self._see(entry))

    def settle(self, doubt: Doubt) -> None:
        """Takes what the ledger says where a newer version may be missing from the stream."""
        self.needed = doubt.version
        if doubt.newest is not None and doubt.newest.item.version > self.entry.item.version:
            self.fold(doubt.newest)

    def terms(self, entry: Entry) -> tuple[Terms, ...]:
        """What filters find in `entry` of this item and in the versions before it."""
        version = entry.item.version
        if version >= self.entry.item.version:
            return tuple(terms for _, terms in self.seen)
        return tuple(terms for first, terms in self.seen if first <= version)

    @property
    def usable(self) -> bool:
        """Whether the newest version may be shown, as long as it has not expired."""
        item = self.entry.item
        return item.pub_status == "usable" and item.version >= self.needed

    @property
    def confirmed(self) -> bool:
        """Whether the known version is known to be the newest; after a withdrawal nothing else can come."""
        return self.entry.item.version >= self.needed or self.entry.item.pub_status == "canceled"

    @property
    def may_be_sent(self) -> bool:
        """Whether clients may get the known version: it is the newest, or it takes the item off their lists."""
        return self.confirmed or self.entry.item.pub_status != "usable"

    def _take(self, entry: Entry, terms: Terms) -> None:
        item = entry.item
        self.entry = entry
        self.current_terms = terms
        self._public = entry.item_json if item.pub_status == "usable" else None
        self.order = (instant(item.first_created), item.uri)
        self.expires = ALWAYS if item.expires is None else instant(item.expires)
        self.pin = NEVER if item.pinned_until is None else instant(item.pinned_until)
        self.pinned_until = max(self.pinned_until, self.pin)

    def _see(self, entry: Entry) -> Terms:
        """Notes what filters find in `entry`; returns the terms of its own version."""
        version, own = entry.item.version, terms_of(facets_of(entry.item))
        self._note(version, own)
        for facets in entry.earlier:
            # Those that it carries were seen in the first version at the earliest.
            self._note(1, terms_of(facets))
        return own

    def _note(self, first: int, terms: Terms) -> None:
        if not self.seen:
            self.seen = ((first, terms),)
        elif not any(known <= first and other == terms for known, other in self.seen):
            self.seen = (*(pair for pair in self.seen if pair[1] != terms), (first, terms))

    @property
    def public_json(self) -> bytes:
        """The newest version as replays carry it: without the words of an item that is withdrawn or on hold."""
        if self._public is None:
            self._public = redacted_json(self.entry.item)
        return self._public


Records = dict[str, ItemRecord]
"""Items by uri."""


def fold(entries: Iterable[Entry], records: Records) -> None:
    """Takes `entries`, in the order of the stream, into the records of their items."""
    for entry in entries:
        record = records.get(entry.item.uri)
        if record is None:
            records[entry.item.uri] = ItemRecord(entry)
        else:
            record.add(entry)
