"""The JSON schemas of an item: as it was published, and without its words once it is withdrawn or on hold."""

from typing import Final

from ticker.contract.item import URI_PREFIX, Item
from ticker.contract.protocol_tables import meanings, protocol_tables
from ticker.shared.http.openapi import Json, reference, schemas_of

MOMENT: Final[Json] = {"type": "string", "format": "date-time", "pattern": "Z$"}
_NULL: Final[Json] = {"type": "null"}
# What the types of the fields do not say.
_NARROWED: Final[Json] = {
    "uri": {"pattern": f"^{URI_PREFIX}"},
    "version": {"minimum": 1},
    "urgency": {"minimum": 1, "maximum": 8},
    "infoSources": {"minItems": 1},
    "corrections": {"maxItems": 5},
    "link": {"anyOf": [{"type": "string", "pattern": "^https://"}, _NULL]},
    "firstCreated": MOMENT,
    "versionCreated": MOMENT,
    "expires": {"anyOf": [MOMENT, _NULL]},
    "pinnedUntil": {"anyOf": [MOMENT, _NULL]},
}
_REDACTED: Final[Json] = {
    "pubStatus": {"enum": ["canceled", "withheld"]},
    "headline": _NULL,
    "infoSources": {"type": "array", "maxItems": 0},
    "link": _NULL,
    "story": _NULL,
}


def item_schemas() -> Json:
    """`Item`, `RedactedItem` and what they refer to, by name; each field has its meaning."""
    schemas = schemas_of((Item,))
    meaning_of = meanings(protocol_tables().item)
    properties: Json = {
        name: {**schema, **_NARROWED.get(name, {}), "description": meaning_of[name]}
        for name, schema in schemas["Item"]["properties"].items()
    }
    for schema in properties.values():
        # The default is that of the decoder, for items of earlier releases; a client has to expect both.
        schema.pop("default", None)
    schemas["Item"] |= {"description": "One version of an item", "properties": properties}
    replaced = {name: {**schema, "description": meaning_of[name]} for name, schema in _REDACTED.items()}
    schemas["RedactedItem"] = {
        **schemas["Item"],
        "title": "RedactedItem",
        "description": "An item that is withdrawn or on hold, without its words, which are no longer public",
        "properties": properties | replaced,
    }
    return schemas


def any_item() -> Json:
    """An item in a list that may have items without their words."""
    return {"anyOf": [reference("Item"), reference("RedactedItem")]}
