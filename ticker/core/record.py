"""The record that a node keeps of one item: its newest version, its position in the indexes, and its filter terms."""

from collections.abc import Iterable
from typing import Final

from ticker.contract.entry import Entry
from ticker.contract.facets import facets_of
from ticker.contract.item import instant
from ticker.contract.redaction import public_json
from ticker.core.doubts import Doubt
from ticker.core.filter import Terms, terms_of

NEVER: Final = float("-inf")
ALWAYS: Final = float("inf")
NO_POSITION: Final = -1

TermsByVersion = tuple[tuple[int, Terms], ...]
"""The distinct terms of an item's versions, each with the first version that has them."""


class ItemRecord:
    """One item of the backlog."""

    __slots__ = (
        "_public",
        "change_entry",
        "current_terms",
        "entry",
        "expires",
        "is_pinned",
        "last_entry",
        "longest_pin",
        "order",
        "pin",
        "position",
        "required_version",
        "terms_by_version",
    )  # fmt: skip

    def __init__(self, entry: Entry) -> None:
        self.terms_by_version: TermsByVersion = ()
        self.is_pinned: bool | None = None
        """The list of current items that has it (`CurrentItems`): pinned, not pinned, or None for neither."""
        self.position = NO_POSITION
        """Its position in `ChangedItems`."""
        self.required_version = 0
        """The lowest version that may be shown; above the known version while a newer one may be missing."""
        self.last_entry = entry
        """The last entry of the newest version in the stream; the backlog keeps the item as long as this entry."""
        self.change_entry = entry
        """The first entry of the newest version; a later entry with the same bytes is no news."""
        self.longest_pin = NEVER
        """The latest end of a pin in any version. A page that ended with a pinned item continues with pinned ones."""
        self._set_version(entry, self._add_terms(entry))

    def add(self, entry: Entry) -> bool:
        """Adds another entry of the item. Returns whether it is news."""
        terms = self._add_terms(entry)
        version, known_version = entry.item.version, self.entry.item.version
        if version < known_version:
            return False
        # The same version comes again when a key was changed, or when an earlier entry was lost.
        # A version from a ledger has no entry before its own, and readers before that entry do not have it.
        is_news = version > self.last_entry.item.version or entry.item_json != self.entry.item_json
        self._set_version(entry, terms)
        self.last_entry = entry
        if is_news:
            self.change_entry = entry
        return is_news

    def fold(self, entry: Entry) -> None:
        """Sets a newer version that comes from the ledger and has no entry in the stream."""
        self._set_version(entry, self._add_terms(entry))

    def settle(self, doubt: Doubt) -> None:
        """Applies what the ledger says about an item whose newest version may be missing from the stream."""
        self.required_version = doubt.version
        if doubt.newest is not None and doubt.newest.item.version > self.entry.item.version:
            self.fold(doubt.newest)

    def terms(self, entry: Entry) -> tuple[Terms, ...]:
        """Returns the terms of `entry`, which is of this item, and of the versions before it."""
        version = entry.item.version
        if version >= self.entry.item.version:
            return tuple(terms for _, terms in self.terms_by_version)
        return tuple(terms for first, terms in self.terms_by_version if first <= version)

    @property
    def is_usable(self) -> bool:
        """Whether the newest version may be shown until it expires."""
        item = self.entry.item
        return item.pub_status == "usable" and item.version >= self.required_version

    @property
    def is_confirmed(self) -> bool:
        """Whether the known version is the newest. After a withdrawal no other version can follow."""
        return self.entry.item.version >= self.required_version or self.entry.item.pub_status == "canceled"

    @property
    def may_be_sent(self) -> bool:
        """Whether clients may get the known version: it is the newest, or it removes the item from their lists."""
        return self.is_confirmed or self.entry.item.pub_status != "usable"

    def _set_version(self, entry: Entry, terms: Terms) -> None:
        item = entry.item
        self.entry = entry
        self.current_terms = terms
        self._public: bytes | None = None
        self.order = (instant(item.first_created), item.uri)
        self.expires = ALWAYS if item.expires is None else instant(item.expires)
        self.pin = NEVER if item.pinned_until is None else instant(item.pinned_until)
        self.longest_pin = max(self.longest_pin, self.pin)

    def _add_terms(self, entry: Entry) -> Terms:
        """Adds the terms of `entry` and of the versions that it names; returns the terms of `entry` alone."""
        version, terms = entry.item.version, terms_of(facets_of(entry.item))
        self._note_terms(version, terms)
        for facets in entry.earlier:
            # Which earlier version had them is unknown; the first is the earliest possible.
            self._note_terms(1, terms_of(facets))
        return terms

    def _note_terms(self, first: int, terms: Terms) -> None:
        noted = self.terms_by_version
        if not noted:
            self.terms_by_version = ((first, terms),)
        elif not any(version <= first and other == terms for version, other in noted):
            self.terms_by_version = (*(pair for pair in noted if pair[1] != terms), (first, terms))

    @property
    def public_json(self) -> bytes:
        """The newest version as replays carry it: without the words of an item that is withdrawn or on hold."""
        if self._public is None:
            self._public = public_json(self.entry.item, self.entry.item_json)
        return self._public


Records = dict[str, ItemRecord]
"""Items by uri."""


def fold(entries: Iterable[Entry], records: Records) -> None:
    """Adds `entries`, in the order of the stream, to the records of their items."""
    for entry in entries:
        record = records.get(entry.item.uri)
        if record is None:
            records[entry.item.uri] = ItemRecord(entry)
        else:
            record.add(entry)
