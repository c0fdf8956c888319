"""The garbage collector of a node's process: what lives is set aside, so that a pause is as long as what is new.

Connections, entries and messages make no cycles: set aside or not, they are freed when they are let go of, and a
collection finds nothing in them. To walk all there is at 18,000 connections is a pause of 36 ms each time.
"""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Within a tick: 10,000 new objects (2,000 joins) are walked in 2 ms.
YOUNG: Final = 10_000
TICK_SECONDS: Final = 0.5
# Fewer new ones wait for the next tick: a quiet node collects nothing.
FEW: Final = 1_000
# How often what is set aside is counted; that takes 1 ms at 19,000 connections.
LOOK_SECONDS: Final = 60.0
# Set aside with a cycle that was broken off later, garbage would stay for ever: when there is twice as much as
# after the last look at all of it, all of it is looked at again. A node that does not grow never comes to that.
GROWTH: Final = 2


class Collector:
    """Sets aside what lives; `tick` and `look` are for whoever has a clock."""

    def __init__(self) -> None:
        self._whole = 0

    def begin(self) -> None:
        """Collects what is not set aside, and sets the rest aside.

        What a parent set aside before it forked stays untouched: walked, it would be copied, 13 MB for each worker.
        """
        gc.collect()
        gc.freeze()
        self._whole = gc.get_freeze_count()

    def tick(self) -> None:
        """Collects what is new since the last tick, and sets the rest aside."""
        new, *older = gc.get_count()
        if new > FEW or any(older):
            gc.collect()
            gc.freeze()

    def look(self) -> bool:
        """Whether there was so much more than at the last look at all of it that it looked again."""
        if gc.get_freeze_count() <= GROWTH * self._whole:
            return False
        gc.unfreeze()
        self.begin()
        return True


@contextmanager
def short_pauses() -> Iterator[Collector]:
    """While it lasts, this process collects garbage in short pauses; needs a running loop."""
    loop = asyncio.get_running_loop()
    before = gc.get_threshold()
    collector = Collector()
    looked = loop.time()
    timer: asyncio.TimerHandle

    def tick() -> None:
        nonlocal looked, timer
        # First: whatever becomes of this tick, there is a next one.
        timer = loop.call_later(TICK_SECONDS, tick)
        collector.tick()
        if loop.time() - looked >= LOOK_SECONDS:
            looked = loop.time()
            collector.look()

    collector.begin()
    gc.set_threshold(YOUNG, 20, 50)
    timer = loop.call_later(TICK_SECONDS, tick)
    try:
        yield collector
    finally:
        timer.cancel()
        gc.set_threshold(*before)
        gc.unfreeze()
