"""Valid requests and items for the publisher's tests."""

import secrets
from typing import Any

from ticker.contract.item import InfoSource, Item, Text, moment

NOW = 1_790_000_000.0
URI = "urn:flashwire:01m829zdda3j8n0z41ynycsc6j"


def line(**changes: object) -> dict[str, Any]:
    """A valid request to publish, with `changes`."""
    return {"text": "Civil Defence: Bridge in the old town closed", "edition": "en", **changes}


def a_uri() -> str:
    """A new, unique uri."""
    return f"urn:flashwire:{secrets.token_hex(13)}"


def an_item(uri: str = URI, **changes: Any) -> Item:
    """A valid first version, with `changes`."""
    fields: dict[str, Any] = {
        "uri": uri,
        "version": 1,
        "act": "publish",
        "pub_status": "usable",
        "urgency": 4,
        "headline": Text("Bridge in the old town closed", "en", "ltr"),
        "info_sources": (InfoSource(Text("Civil Defence", "en", "ltr"), "official", "civil-defence"),),
        "edition": "en",
        "sections": (),
        "places": (),
        "link": None,
        "note": None,
        "first_created": moment(NOW),
        "version_created": moment(NOW),
        "expires": None,
        "pinned_until": None,
        "translation_of": None,
    }
    return Item(**{**fields, **changes})
