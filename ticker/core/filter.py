"""Filters: a version must match each parameter that the client names; several values of one are alternatives.

There is one rule, over *terms*. A version has a term for each value that a filter may name (`section=world`), and a
filter needs one of several terms for each of its parameters. Live delivery, replays and the indexes all use it.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from sys import intern
from typing import Final

import msgspec

from ticker.contract.facets import EVERYTHING, Facets, facets_of
from ticker.contract.item import Item

CANARY: Final = "canary"
LEAST_URGENT: Final = 8

Terms = tuple[str, ...]
"""All terms of one version."""
Needs = tuple[frozenset[str], ...]
"""The terms that a filter needs: one of each set."""
Masks = dict[str, int]
"""For each term the bit mask of the positions whose items have it."""
_ANY: Final = "*"
_EVERY_TERM: Final = (_ANY,)


class Filter(msgspec.Struct, frozen=True, cache_hash=True):
    """A hashable filter; clients with equal filters are in one group."""

    editions: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    """Registry ids together with every label of those sources: an item may carry either."""
    languages: frozenset[str] = frozenset()
    stories: frozenset[str] = frozenset()
    urgency: int = LEAST_URGENT

    def matches(self, item: Item) -> bool:
        """Whether this version of an item matches."""
        return meets_any(needs_of(self), (terms_of(facets_of(item)),))

    @property
    def canary(self) -> bool:
        """Whether it asks for canaries: test lines that no other client gets."""
        return CANARY in self.editions


def meets_any(needs: Needs, versions: Iterable[Terms]) -> bool:
    """Whether one of `versions` has a term of each set of `needs`."""
    for terms in versions:
        for alternatives in needs:
            if alternatives.isdisjoint(terms):
                break
        else:
            return True
    return False


def matching(needs: Needs, masks: Masks, mask: int) -> int:
    """Returns the positions of `mask` whose items have a term of each set of `needs`."""
    for alternatives in needs:
        matches = 0
        for term in alternatives:
            matches |= masks.get(term, 0)
        mask &= matches
    return mask


def bit_positions(mask: int) -> Iterator[int]:
    """Yields the positions of the bits that are set in `mask`, the highest first."""
    while mask:
        position = mask.bit_length() - 1
        yield position
        mask ^= 1 << position


@lru_cache(maxsize=1024)
def needs_of(filter: Filter) -> Needs:
    """Returns the needs of `filter`, one set per parameter; empty if it matches everything."""
    parameters = (
        ("edition", filter.editions),
        ("section", filter.sections),
        ("place", filter.places),
        ("role", filter.roles),
        ("source", filter.sources),
        ("language", filter.languages),
        ("story", filter.stories),
    )
    needs = [frozenset((_ANY, *(f"{name}={value}" for value in values))) for name, values in parameters if values]
    if filter.urgency < LEAST_URGENT:
        needs.append(frozenset((_ANY, *(f"urgency={number}" for number in range(filter.urgency + 1)))))
    return tuple(needs)


# Most items of a desk have the same facets as others, and then share one tuple of terms.
@lru_cache(maxsize=1024)
def terms_of(facets: Facets) -> Terms:
    """Returns the terms of one version."""
    if facets == EVERYTHING:
        return _EVERY_TERM
    terms = [*_terms("urgency", str(facets.urgency)), *_terms("edition", facets.edition)]
    for section in facets.sections:
        terms += _terms("section", section)
    for code in facets.places:
        terms += _terms("place", code)
    terms += _terms("language", facets.language)
    for source in facets.sources:
        terms += _terms("role", source.role)
        terms += _terms("source", source.name)
        if source.uri is not None:
            terms += _terms("source", source.uri)
    if facets.story is not None:
        terms += _terms("story", facets.story)
    return tuple(terms)


# A backlog has the same few hundred values thousands of times: a lookup is three times as fast as making the terms.
@lru_cache(maxsize=4096)
def _terms(parameter: str, value: str) -> Terms:
    values = _ranges(value) if parameter == "language" else (value,)
    return tuple(intern(f"{parameter}={value}") for value in values)


def _ranges(language: str) -> Iterator[str]:
    # Basic filtering of RFC 4647, 3.3.1: "es" matches "es-419", but "es-419" does not match "es".
    while True:
        yield language
        language, _, last = language.rpartition("-")
        if not last or not language:
            return
