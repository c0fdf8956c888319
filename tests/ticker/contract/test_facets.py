"""Facets: each distinct earlier version is carried once, and an item with too many of them goes to every reader."""

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
