"""Removes the words of an item that is withdrawn or on hold from what clients get; its history and the reason stay.

It also omits fields that only a newer release knows, because they may contain words.
"""

from typing import Any

import msgspec

from ticker.contract.item import Item


def public_json(item: Item, item_json: bytes) -> bytes:
    """The JSON of an item in replays: `item_json` if the item is usable, else without its words."""
    return item_json if item.pub_status == "usable" else redacted_json(item)


def redacted(item: Item) -> dict[str, Any]:  # Any: the fields of an item as JSON
    """Returns the fields of `item` without headline, sources, link and story, whose title may repeat its words."""
    return {**msgspec.to_builtins(item), "headline": None, "infoSources": [], "link": None, "story": None}


def redacted_json(item: Item) -> bytes:
    """Returns `redacted` as one line of JSON."""
    return msgspec.json.encode(redacted(item))
