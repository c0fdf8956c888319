"""Facets: each distinct earlier version is carried once, and an item with too many of them goes to every reader."""

import msgspec

from tests.support.items import item
from ticker.contract.facets import (
    EVERYTHING,
    FACETS_LIMIT,
    Facets,
    decode_facets,
    earlier_facets,
    encode_facets,
    facets_of,
)
from ticker.contract.item import Story, Text


def test_the_next_version_has_each_distinct_earlier_facets_once() -> None:
    first, second = item(sections=("politics",)), item(version=2, sections=("world",))
    carried = earlier_facets(first, ())
    assert carried == (facets_of(first),)
    assert earlier_facets(second, carried) == (facets_of(first), facets_of(second))
    assert earlier_facets(item(version=3, sections=("politics",)), carried) == carried


def test_encoded_facets_are_decoded_unchanged() -> None:
    facets = (facets_of(item()), EVERYTHING)
    assert decode_facets(encode_facets(facets)) == facets


def test_an_item_with_too_many_distinct_versions_matches_every_filter() -> None:
    carried: tuple[Facets, ...] = ()
    for number in range(FACETS_LIMIT + 1):
        carried = earlier_facets(item(places=(str(number),)), carried)
    assert carried == (EVERYTHING,)
    assert earlier_facets(item(places=("x",)), carried) == (EVERYTHING,)


def test_facets_of_an_earlier_release_have_no_story() -> None:
    assert decode_facets(b'[[4,"en",[],[],"en",[["official","Police",null]]]]')[0].story is None


def test_an_earlier_release_reads_the_facets_of_an_item_with_a_story() -> None:
    class EarlierFacets(msgspec.Struct, frozen=True, array_like=True):
        urgency: int
        edition: str
        sections: tuple[str, ...]
        places: tuple[str, ...]
        language: str
        sources: tuple[object, ...]

    carried = facets_of(item(story=Story("flood", Text("Flood", "en", "ltr"))))
    read = msgspec.json.decode(encode_facets([carried]), type=list[EarlierFacets])
    assert carried.story == "flood" and read[0].edition == "ar"
