"""An item that is withdrawn or on hold, as it stays public: that it was, when, and why it is gone; never its words.

Fields that only a newer release knows are left out too, since they may hold words.
"""

from typing import Final

import msgspec

from ticker.contract.item import Item, Name, PubStatus, Text


class RedactedItem(msgspec.Struct, frozen=True, rename="camel"):
    """What clients need of a redacted item: to take it down, and to say why."""

    uri: str
    version: int
    act: Name
    pub_status: PubStatus
    note: Text | None
    version_created: str


_decoder: Final = msgspec.json.Decoder(RedactedItem)


def redacted(item: Item) -> dict[str, object]:
    """The fields of `item` without headline, sources and link."""
    fields: dict[str, object] = msgspec.to_builtins(item)
    return {**fields, "headline": None, "infoSources": [], "link": None}


def redacted_json(item: Item) -> bytes:
    """`redacted` as one line of JSON."""
    return msgspec.json.encode(redacted(item))


def decode_redacted(data: bytes) -> RedactedItem:
    """The item in `data`, redacted or not; raises `msgspec.DecodeError`."""
    return _decoder.decode(data)
