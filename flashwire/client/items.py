"""Decodes the items of a ticker's messages, with or without their text."""

from typing import Final

import msgspec

from ticker.contract.item import Correction, Item, Name, PubStatus, Text, decode_item


class RemovedItem(msgspec.Struct, frozen=True, rename="camel"):
    """An item that is on hold or withdrawn, as a replay carries it: without headline, sources and link.

    A program that shows items removes the one with this `uri`.
    """

    uri: str
    version: int
    act: Name
    pub_status: PubStatus
    urgency: int
    edition: str
    sections: tuple[str, ...]
    places: tuple[str, ...]
    note: Text | None
    first_created: str
    version_created: str
    expires: str | None
    pinned_until: str | None
    translation_of: str | None
    corrections: tuple[Correction, ...] = ()


_removed_decoder: Final = msgspec.json.Decoder(RemovedItem)


def decode_any_item(data: bytes) -> Item | RemovedItem:
    """The item in `data`; raises `msgspec.DecodeError` for anything else."""
    try:
        return decode_item(data)
    except msgspec.ValidationError:
        removed = _removed_decoder.decode(data)
        if removed.pub_status == "usable":
            raise
        return removed
