"""What a client asked to see; a value of each named parameter must match, several of one are alternatives.

There is one rule, over *terms*: a version has one term for each value that a filter may name (`section=world`), and a
filter needs one of several terms for each of its parameters. Live delivery, replays and the index all use it.
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
"""All that filters may find in one version."""
Needs = tuple[frozenset[str], ...]
"""What a filter needs: a term of each set."""
Masks = dict[str, int]
"""For each term the bit mask of the places that have it."""
_ANY: Final = "*"
_EVERY_TERM: Final = (_ANY,)


class Filter(msgspec.Struct, frozen=True, cache_hash=True):
    """A hashable filter: two clients that ask for the same thing share one, and so one group."""

    editions: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    """Registry ids together with every label of those sources: an item may carry either."""
    languages: frozenset[str] = frozenset()
    urgency: int = LEAST_URGENT

    def matches(self, item: Item) -> bool:
        """Whether `item`, in this version, is what was asked for."""
        return meets_any(needs_of(self), (terms_of(facets_of(item)),))

    @property
    def canary(self) -> bool:
        """Whether the canaries are asked for: lines that prove the way and are shown to nobody else."""
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


def meeting(needs: Needs, masks: Masks, mask: int) -> int:
    """What is left of `mask` where a place must have a term of each set of `needs`."""
    for alternatives in needs:
        some = 0
        for term in alternatives:
            some |= masks.get(term, 0)
        mask &= some
    return mask


def marked(mask: int) -> Iterator[int]:
    """The places in `mask`, the greatest first."""
    while mask:
        at = mask.bit_length() - 1
        yield at
        mask ^= 1 << at


@lru_cache(maxsize=1024)
def needs_of(wanted: Filter) -> Needs:
    """What `wanted` needs, parameter by parameter; nothing where it asks for everything."""
    named = (
        ("edition", wanted.editions),
        ("section", wanted.sections),
        ("place", wanted.places),
        ("role", wanted.roles),
        ("source", wanted.sources),
        ("language", wanted.languages),
    )
    needs = [frozenset((_ANY, *(f"{name}={value}" for value in values))) for name, values in named if values]
    if wanted.urgency < LEAST_URGENT:
        needs.append(frozenset((_ANY, *(f"urgency={number}" for number in range(wanted.urgency + 1)))))
    return tuple(needs)


# Items of one desk are mostly alike for filters, and share their terms then.
@lru_cache(maxsize=1024)
def terms_of(facets: Facets) -> Terms:
    """The terms of one version."""
    if facets == EVERYTHING:
        return _EVERY_TERM
    terms = [*_terms("urgency", str(facets.urgency)), *_terms("edition", facets.edition)]
    for name in facets.sections:
        terms += _terms("section", name)
    for name in facets.places:
        terms += _terms("place", name)
    terms += _terms("language", facets.language)
    for source in facets.sources:
        terms += _terms("role", source.role)
        terms += _terms("source", source.name)
        if source.uri is not None:
            terms += _terms("source", source.uri)
    return tuple(terms)


# A backlog holds the same few hundred words thousands of times: to look one up is three times as quick as to make it.
@lru_cache(maxsize=4096)
def _terms(parameter: str, value: str) -> Terms:
    values = _ranges(value) if parameter == "language" else (value,)
    return tuple(intern(f"{parameter}={each}") for each in values)


def _ranges(language: str) -> Iterator[str]:
    # Basic filtering of RFC 4647, 3.3.1: "es" matches "es-419", never the other way round.
    while True:
        yield language
        language, _, last = language.rpartition("-")
        if not last or not language:
            return
