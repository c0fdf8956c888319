"""Live objects are frozen and still freed; young garbage is collected at each tick, old garbage now and then."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from tests.support.waiting import until_async as until
from ticker.node import garbage as module
from ticker.node.garbage import FreezingCollector, short_pauses

pytestmark = pytest.mark.anyio


class Thing:
    def __init__(self) -> None:
        self.other: Thing | None = None


def knot() -> tuple[Thing, weakref.ref[Thing]]:
    """Two objects that refer to each other."""
    cycle, two = Thing(), Thing()
    cycle.other, two.other = two, cycle
    return cycle, weakref.ref(cycle)


@pytest.fixture
def collector() -> Iterator[FreezingCollector]:
    """A collector whose ticks the test calls; Python's own collection is off."""
    gc.disable()
    frozen = FreezingCollector()
    frozen.begin()
    yield frozen
    gc.unfreeze()
    gc.enable()
    gc.collect()


def count() -> list[list[int]]:
    """Enough objects for a tick to collect."""
    return [[] for _ in range(2 * module.FEW)]


def test_garbage_is_found_at_the_next_tick(collector: FreezingCollector) -> None:
    _cycle, seen = knot()
    crowd = count()
    del _cycle
    collector.tick()
    assert seen() is None and crowd


def test_live_objects_are_frozen_and_still_freed(collector: FreezingCollector) -> None:
    previous = gc.get_freeze_count()
    crowd, thing = count(), Thing()
    seen = weakref.ref(thing)
    collector.tick()
    assert gc.get_freeze_count() >= previous + len(crowd)
    assert not gc.is_tracked(()) and len(gc.get_objects()) < module.FEW
    del thing
    assert seen() is None


def test_a_quiet_tick_collects_nothing(collector: FreezingCollector) -> None:
    gc.collect()
    runs = gc.get_stats()[2]["collections"]
    collector.tick()
    assert gc.get_stats()[2]["collections"] == runs


def test_a_frozen_cycle_is_collected_when_frozen_objects_have_doubled(
    collector: FreezingCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle, seen = knot()
    crowd = count()
    collector.tick()
    del cycle
    collector.tick()
    assert not collector.look() and seen() is not None, "nothing has grown"
    monkeypatch.setattr(module, "GROWTH", 1)
    assert collector.look() and seen() is None
    assert crowd and not collector.look(), "and then it has not grown since"


async def test_a_serving_process_ticks_by_itself_and_restores_the_collector_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    previous = gc.get_threshold()
    with short_pauses():
        assert gc.get_threshold()[0] == module.YOUNG
        cycle, seen = knot()
        crowd = count()
        del cycle
        await until(lambda: seen() is None, "a tick has found it")
    assert crowd and gc.get_threshold() == previous and gc.get_freeze_count() == 0
