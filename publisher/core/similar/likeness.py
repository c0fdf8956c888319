"""The likeness of two lines: the share of their words that they have in common, from 0 to 1.

Words weigh by how rare they are in the recent lines: two lines about fires have "fire" in common, and it says little.
A number that both lines have raises it; numbers that differ hardly lower it.
Words that differ by a typing error or an ending still match (Jaro-Winkler). The order of the words does not matter.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rapidfuzz.distance import JaroWinkler

from publisher.core.similar.comparison_form import NUMBER

Weight = Callable[[str], float]

_SAME_WORD: Final = 0.9
# Shorter words differ by a letter and mean something else.
_SHORTEST_FUZZY: Final = 5
_OTHER_NUMBER: Final = 0.3


def weights(counts: Mapping[str, int], lines: int) -> Weight:
    """The weight of a word that `counts` of `lines` lines have."""

    cache: dict[str, float] = {}

    def weight(term: str) -> float:
        if (value := cache.get(term)) is not None:
            return value
        # As if another 20 lines had none of the words, so that the first lines of a day are not compared by chance.
        cache[term] = value = math.log((lines + 20) / (counts.get(term, 0) + 1))
        return value

    return weight


def likeness(first: Sequence[str], second: Sequence[str], weight: Weight) -> float:
    """The likeness of two lines, each given as its content words."""
    own, other = list(dict.fromkeys(first)), list(dict.fromkeys(second))
    if not own or not other:
        return 0.0
    remaining = set(other)
    common = 0.0
    unmatched: list[str] = []
    for term in own:
        if term in remaining:
            remaining.discard(term)
            common += 2 * weight(term)
        else:
            unmatched.append(term)
    different = 0.0
    for term in unmatched:
        match = _similar_word(term, remaining)
        if match is not None:
            remaining.discard(match)
            common += weight(term) + weight(match)
        else:
            different += _OTHER_NUMBER if term[0] == NUMBER else weight(term)
    different += sum(_OTHER_NUMBER if term[0] == NUMBER else weight(term) for term in remaining)
    return common / (common + different) if common else 0.0


def _similar_word(term: str, others: set[str]) -> str | None:
    if len(term) < _SHORTEST_FUZZY or term[0] == NUMBER:
        return None
    scored = [(JaroWinkler.similarity(term, other, score_cutoff=_SAME_WORD), other) for other in others]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= _SAME_WORD and len(best[1]) >= _SHORTEST_FUZZY else None
