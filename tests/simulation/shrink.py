"""Finds a smallest part of a failing history that still fails: no event of it can be left out."""

import re
from collections.abc import Sequence

from tests.simulation.history import Event, run_history


def smallest(seed: int, events: Sequence[Event]) -> list[int]:
    """Returns the numbers of the events that are kept; `events` must fail, and the rest fails in the same way."""
    outcome = run_history(seed, events)
    kind = _kind(outcome.failure)
    assert kind is not None, "the history does not fail"

    def fails(kept: Sequence[int]) -> bool:
        return _kind(run_history(seed, [events[number] for number in kept]).failure) == kind

    kept = list(range(len(events)))
    if fails(kept[: outcome.events_done + 1]):
        kept = kept[: outcome.events_done + 1]
    size = max(1, len(kept) // 2)
    while True:
        start, has_shrunk = 0, False
        while start < len(kept):
            shorter = kept[:start] + kept[start + size :]
            if fails(shorter):
                kept, has_shrunk = shorter, True
            else:
                start += size
        if size > 1:
            size //= 2
        elif not has_shrunk:
            return kept


def _kind(failure: str | None) -> str | None:
    """The failure without names and numbers, and without what follows a second colon."""
    return None if failure is None else re.sub(r"\d+|\(.*?\)", "", ":".join(failure.split(":")[:2]))
