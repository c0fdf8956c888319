"""Garbage collection in short pauses: living objects are frozen, so that a collection visits new ones only.

Connections, entries and messages are in no reference cycle: frozen or not, they are freed with their last reference,
and a collection finds nothing among them. To visit everything at 18,000 connections is a pause of 36 ms.
"""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Threshold of the youngest generation: a collection of 10,000 new objects (2,000 joins) takes 2 ms.
YOUNG: Final = 10_000
TICK_SECONDS: Final = 0.5
# Fewer new objects wait for the next tick, so that a quiet node collects nothing.
FEW: Final = 1_000
# Time between counts of the frozen objects; a count takes 1 ms at 19,000 connections.
LOOK_SECONDS: Final = 60.0
# A cycle that becomes garbage after `gc.freeze()` is never collected. When frozen objects have doubled, all of them
# are collected once. A node that does not grow never comes to that.
GROWTH: Final = 2


class FreezingCollector:
    """Collects and freezes; the caller calls `tick` and `look` at their intervals."""

    def __init__(self) -> None:
        self._frozen = 0
        """How many objects were frozen after the last full collection."""

    def begin(self) -> None:
        """Collects what is not frozen, and freezes the rest.

        What a parent froze before it forked stays untouched: visited, its pages would be copied, 13 MB per worker.
        """
        gc.collect()
        gc.freeze()
        self._frozen = gc.get_freeze_count()

    def tick(self) -> None:
        """Collects what is new since the last tick, and freezes the rest."""
        new, *older = gc.get_count()
        if new > FEW or any(older):
            gc.collect()
            gc.freeze()

    def look(self) -> bool:
        """Collects everything if the frozen objects have doubled; returns whether it did."""
        if gc.get_freeze_count() <= GROWTH * self._frozen:
            return False
        gc.unfreeze()
        self.begin()
        return True


@contextmanager
def short_pauses() -> Iterator[FreezingCollector]:
    """Within the block, collects the garbage of this process in short pauses; needs a running loop."""
    loop = asyncio.get_running_loop()
    threshold = gc.get_threshold()
    collector = FreezingCollector()
    last_look = loop.time()
    timer: asyncio.TimerHandle

    def tick() -> None:
        nonlocal last_look, timer
        # First: if this tick fails, there is still a next one.
        timer = loop.call_later(TICK_SECONDS, tick)
        collector.tick()
        if loop.time() - last_look >= LOOK_SECONDS:
            last_look = loop.time()
            collector.look()

    collector.begin()
    gc.set_threshold(YOUNG, 20, 50)
    timer = loop.call_later(TICK_SECONDS, tick)
    try:
        yield collector
    finally:
        timer.cancel()
        gc.set_threshold(*threshold)
        gc.unfreeze()
