"""Facets: the properties of one version of an item that filters look at. An entry has those of earlier versions too.

A change that removes an item from a filter must reach the clients that got the earlier version, also if that version
is older than everything that a node has.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from ticker.contract.item import Item

# An entry has at most 32 KiB; an item with more distinct earlier versions goes to every client instead.
FACETS_LIMIT: Final = 12


class SourceFacets(msgspec.Struct, frozen=True, array_like=True):
    """The properties of one source that filters look at."""

    role: str
    name: str
    uri: str | None


class Facets(msgspec.Struct, frozen=True, array_like=True):
    """The properties of one version that filters look at."""

    urgency: int
    edition: str
    """Empty in `EVERYTHING`, the facets that every filter matches."""
    sections: tuple[str, ...]
    places: tuple[str, ...]
    language: str
    sources: tuple[SourceFacets, ...]
    story: str | None = None
    """The id of its story; facets of an earlier release have none."""


EVERYTHING: Final = Facets(1, "", (), (), "", ())

_decoder = msgspec.json.Decoder(tuple[Facets, ...])
_encoder = msgspec.json.Encoder()


def facets_of(item: Item) -> Facets:
    """Returns the facets of this version."""
    sources = tuple(
        SourceFacets(source.role, source.name.value, None if source.uri is msgspec.UNSET else source.uri)
        for source in item.info_sources
    )
    story = None if item.story is None else item.story.id
    language = item.headline.language
    return Facets(item.urgency, item.edition, item.sections, item.places, language, sources, story)


def earlier_facets(item: Item, earlier: Sequence[Facets]) -> tuple[Facets, ...]:
    """Returns the earlier facets for the version after `item`; `earlier` are those of the entry of `item` itself."""
    distinct = tuple(dict.fromkeys((*earlier, facets_of(item))))
    return distinct if len(distinct) <= FACETS_LIMIT and EVERYTHING not in distinct else (EVERYTHING,)


def encode_facets(facets: Sequence[Facets]) -> bytes:
    """Returns `facets` as JSON."""
    return _encoder.encode(facets)


def decode_facets(data: bytes) -> tuple[Facets, ...]:
    """Returns the facets in `data`; raises `msgspec.DecodeError`."""
    return _decoder.decode(data)
