"""What a client asked to see; a value of each named parameter must match, several of one are alternatives."""

from typing import Final

import msgspec

from ticker.contract.item import Item

CANARY: Final = "canary"


class Filter(msgspec.Struct, frozen=True):
    """A hashable filter: two clients that ask for the same thing share one, and so one group."""

    editions: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    """Registry ids together with every label of those sources: an item may carry either."""
    languages: frozenset[str] = frozenset()
    urgency: int = 8

    def matches(self, item: Item) -> bool:
        """Whether `item`, in this version, is what was asked for."""
        return (
            item.urgency <= self.urgency
            and (not self.editions or item.edition in self.editions)
            and (not self.sections or not self.sections.isdisjoint(item.sections))
            and (not self.places or not self.places.isdisjoint(item.places))
            and (not self.roles or any(source.role in self.roles for source in item.info_sources))
            and (
                not self.sources
                or any(source.uri in self.sources or source.name.value in self.sources for source in item.info_sources)
            )
            and (not self.languages or _speaks(item.headline.language, self.languages))
        )

    @property
    def canary(self) -> bool:
        """Whether the canaries are asked for: lines that prove the way and are shown to nobody else."""
        return CANARY in self.editions


def _speaks(language: str, ranges: frozenset[str]) -> bool:
    # Basic filtering of RFC 4647, 3.3.1: "es" matches "es-419", never the other way round.
    while language not in ranges:
        language, _, last = language.rpartition("-")
        if not last or not language:
            return False
    return True
