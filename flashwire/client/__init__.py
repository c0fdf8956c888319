"""The Python client of a Flashwire service: `follow` reads a ticker, `publish` publishes on a desk.

It imports only `ticker.contract` and the shared plumbing. Names load on first use: a program that only publishes does
not load the WebSocket client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from flashwire.client.cursors import CursorStore, FileCursorStore, MemoryCursorStore
    from flashwire.client.desk import DeskClient, Published, PublishWarning, new_key, publish
    from flashwire.client.errors import (
        AnswerUnreadableError,
        ClientError,
        NotPublishedError,
        PublishError,
        SubscriptionRefusedError,
        UnknownOutcomeError,
    )
    from flashwire.client.events import (
        Connecting,
        Event,
        Gap,
        ItemEvent,
        Live,
        Reconnecting,
        Replay,
        SkippedItem,
        Snapshot,
        Stale,
    )
    from flashwire.client.items import RemovedItem
    from flashwire.client.subscription import Subscription, follow
    from ticker.contract.item import Item

__all__ = [
    "AnswerUnreadableError",
    "ClientError",
    "Connecting",
    "CursorStore",
    "DeskClient",
    "Event",
    "FileCursorStore",
    "Gap",
    "Item",
    "ItemEvent",
    "Live",
    "MemoryCursorStore",
    "NotPublishedError",
    "PublishError",
    "PublishWarning",
    "Published",
    "Reconnecting",
    "RemovedItem",
    "Replay",
    "SkippedItem",
    "Snapshot",
    "Stale",
    "Subscription",
    "SubscriptionRefusedError",
    "UnknownOutcomeError",
    "follow",
    "new_key",
    "publish",
]

_MODULES: Final = {
    "flashwire.client.cursors": ("CursorStore", "FileCursorStore", "MemoryCursorStore"),
    "flashwire.client.desk": ("DeskClient", "PublishWarning", "Published", "new_key", "publish"),
    "flashwire.client.errors": (
        "AnswerUnreadableError",
        "ClientError",
        "NotPublishedError",
        "PublishError",
        "SubscriptionRefusedError",
        "UnknownOutcomeError",
    ),
    "flashwire.client.events": (
        "Connecting",
        "Event",
        "Gap",
        "ItemEvent",
        "Live",
        "Reconnecting",
        "Replay",
        "SkippedItem",
        "Snapshot",
        "Stale",
    ),
    "flashwire.client.items": ("RemovedItem",),
    "flashwire.client.subscription": ("Subscription", "follow"),
    "ticker.contract.item": ("Item",),
}
_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)
