"""The events of a subscription. All are frozen, and `Event` is their union.

Content: `Snapshot` replaces the program's list, `Replay` and `ItemEvent` are merged into it by `uri` (the higher
`version` wins). Notices: `Connecting`, `Live`, `Stale`, `Gap`, `Reconnecting`, `SkippedItem`. Every event has `items`,
which is empty in a notice, so that `for item in event.items` works without a case distinction.
"""

from typing import ClassVar

import msgspec

from flashwire.client.items import RemovedItem
from ticker.contract.item import Item

AnyItem = Item | RemovedItem


class Snapshot(msgspec.Struct, frozen=True):
    """The current items: pinned ones first, then the newest first. Remove every item that it does not contain."""

    items: tuple[AnyItem, ...]
    cursor: str
    """The position after this event; see `Subscription`."""
    is_complete: bool
    """False after a `Gap`."""
    raw: tuple[bytes, ...] = ()
    """The JSON of each item as it was received, with the fields that this release does not know."""


class Replay(msgspec.Struct, frozen=True):
    """Every item that changed since the cursor, once, in its newest version, in the order of those versions."""

    items: tuple[AnyItem, ...]
    cursor: str
    raw: tuple[bytes, ...] = ()


class ItemEvent(msgspec.Struct, frozen=True):
    """A new version of one item."""

    item: AnyItem
    cursor: str
    raw: tuple[bytes, ...] = ()

    @property
    def items(self) -> tuple[AnyItem, ...]:
        return (self.item,)


class Connecting(msgspec.Struct, frozen=True):
    """A connection is being opened. `is_resuming` is true if a cursor is sent."""

    is_resuming: bool
    items: ClassVar[tuple[AnyItem, ...]] = ()


class Live(msgspec.Struct, frozen=True):
    """The subscription follows the stream, again if `Stale` or `Reconnecting` came before."""

    items: ClassVar[tuple[AnyItem, ...]] = ()


class Stale(msgspec.Struct, frozen=True):
    """The node has lost the stream: items may be out of date until the next `Live`. The connection stays open."""

    items: ClassVar[tuple[AnyItem, ...]] = ()


class Gap(msgspec.Struct, frozen=True):
    """Items may be missing from the snapshot that follows, or may have been missed before it. Tell the reader."""

    items: ClassVar[tuple[AnyItem, ...]] = ()


class Reconnecting(msgspec.Struct, frozen=True):
    """The connection ended, or could not be opened. The next attempt follows after `seconds`."""

    reason: str
    seconds: float
    items: ClassVar[tuple[AnyItem, ...]] = ()


class SkippedItem(msgspec.Struct, frozen=True):
    """An item that this release cannot read; `data` is its JSON. The subscription goes on."""

    data: bytes
    items: ClassVar[tuple[AnyItem, ...]] = ()


Event = Snapshot | Replay | ItemEvent | Connecting | Live | Stale | Gap | Reconnecting | SkippedItem
