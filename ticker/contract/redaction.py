"""The public form of an item that is withdrawn or on hold: its history and the reason, but none of its words.

It also omits fields that only a newer release knows, because they may contain words.
"""

from typing import Any

import msgspec

from ticker.contract.item import Item


def redacted(item: Item) -> dict[str, Any]:  # Any: the fields of an item as JSON
    """Returns the fields of `item` without headline, sources and link."""
    return {**msgspec.to_builtins(item), "headline": None, "infoSources": [], "link": None}


def redacted_json(item: Item) -> bytes:
    """Returns `redacted` as one line of JSON."""
    return msgspec.json.encode(redacted(item))
