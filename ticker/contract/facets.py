"""What filters look at in one version of an item; an entry carries those of the item's earlier versions.

A change that takes an item out of a filter must reach the readers who saw the earlier version, also where that version
is older than everything a node holds.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from ticker.contract.item import Item

# An entry has at most 32 KiB; an item with more distinct earlier versions goes to every reader instead.
FACETS_KEPT: Final = 12


class SourceFacets(msgspec.Struct, frozen=True, array_like=True):
    """What filters look at in one source."""

    role: str
    name: str
    uri: str | None


class Facets(msgspec.Struct, frozen=True, array_like=True):
    """What filters look at in one version of an item."""

    urgency: int
    edition: str
    """Empty in `EVERYTHING`, the facets that every filter matches."""
    sections: tuple[str, ...]
    places: tuple[str, ...]
    language: str
    sources: tuple[SourceFacets, ...]


EVERYTHING: Final = Facets(1, "", (), (), "", ())

_decoder = msgspec.json.Decoder(tuple[Facets, ...])
_encoder = msgspec.json.Encoder()


def facets_of(item: Item) -> Facets:
    """The facets of this version."""
    sources = tuple(
        SourceFacets(source.role, source.name.value, None if source.uri is msgspec.UNSET else source.uri)
        for source in item.info_sources
    )
    return Facets(item.urgency, item.edition, item.sections, item.places, item.headline.language, sources)


def earlier_facets(item: Item, earlier: Sequence[Facets]) -> tuple[Facets, ...]:
    """What the version after `item` carries: its distinct facets and `earlier`, which `item` itself carried."""
    distinct = tuple(dict.fromkeys((*earlier, facets_of(item))))
    return distinct if len(distinct) <= FACETS_KEPT and EVERYTHING not in distinct else (EVERYTHING,)


def encode_facets(facets: Sequence[Facets]) -> bytes:
    """`facets` as JSON."""
    return _encoder.encode(facets)


def decode_facets(data: bytes) -> tuple[Facets, ...]:
    """The facets in `data`; raises `msgspec.DecodeError`."""
    return _decoder.decode(data)
