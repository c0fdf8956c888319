"""Entries for tests of the core, as a reader would hand them over."""

from tests.support.items import item
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.item import Item, encode_item

URI = "urn:flashwire:{:026d}"


def entry(seq: int, uri: int | None = None, *, epoch: str = "e1", check: str = "", **changes: object) -> Entry:
    """Entry `seq` of `epoch`: a version of item number `uri` (a new one by default)."""
    created: Item = item(**{"uri": URI.format(seq if uri is None else uri), **changes})
    return Entry(Cursor(epoch, seq, check or f"c{seq}"), created, encode_item(created), 0.0)


def uris(entries: list[Entry]) -> list[int]:
    """The numbers of their items."""
    return [int(listed.item.uri.rpartition(":")[2]) for listed in entries]
