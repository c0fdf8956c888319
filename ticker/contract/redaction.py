"""An item that is withdrawn or on hold, as it stays public: that it was, when, and why it is gone; never its words.

Fields that only a newer release knows are left out too, since they may hold words.
"""

from typing import Any

import msgspec

from ticker.contract.item import Item


def redacted(item: Item) -> dict[str, Any]:  # Any: the fields of an item as JSON
    """The fields of `item` without headline, sources and link."""
    return {**msgspec.to_builtins(item), "headline": None, "infoSources": [], "link": None}


def redacted_json(item: Item) -> bytes:
    """`redacted` as one line of JSON."""
    return msgspec.json.encode(redacted(item))
