"""Live objects are frozen and still freed; new garbage is found at each tick, and old garbage in longer intervals."""

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


def make_cycle() -> tuple[Thing, weakref.ref[Thing]]:
    """Returns one of two objects that reference each other, and a weak reference to it."""
    cycle, other = Thing(), Thing()
    cycle.other, other.other = other, cycle
    return cycle, weakref.ref(cycle)


@pytest.fixture
def collector() -> Iterator[FreezingCollector]:
    """A collector whose ticks the test calls, with Python's automatic collection off."""
    gc.disable()
    frozen = FreezingCollector()
    frozen.begin()
    yield frozen
    gc.unfreeze()
    gc.enable()
    gc.collect()


def many_objects() -> list[list[int]]:
    """Returns enough objects that a tick starts a collection."""
    return [[] for _ in range(2 * module.FEW)]


def test_garbage_is_found_at_the_next_tick(collector: FreezingCollector) -> None:
    _cycle, reference = make_cycle()
    objects = many_objects()
    del _cycle
    collector.tick()
    assert reference() is None and objects


def test_live_objects_are_frozen_and_still_freed(collector: FreezingCollector) -> None:
    previous = gc.get_freeze_count()
    objects, thing = many_objects(), Thing()
    reference = weakref.ref(thing)
    collector.tick()
    assert gc.get_freeze_count() >= previous + len(objects)
    assert not gc.is_tracked(()) and len(gc.get_objects()) < module.FEW
    del thing
    assert reference() is None


def test_a_quiet_tick_collects_nothing(collector: FreezingCollector) -> None:
    gc.collect()
    runs = gc.get_stats()[2]["collections"]
    collector.tick()
    assert gc.get_stats()[2]["collections"] == runs


def test_a_frozen_cycle_is_collected_when_frozen_objects_have_doubled(
    collector: FreezingCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle, reference = make_cycle()
    objects = many_objects()
    collector.tick()
    del cycle
    collector.tick()
    assert not collector.look() and reference() is not None, "the number of frozen objects has not grown"
    monkeypatch.setattr(module, "GROWTH", 1)
    assert collector.look() and reference() is None
    assert objects and not collector.look(), "the number has not grown since the collection"


async def test_a_serving_process_collects_by_itself_and_restores_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    previous = gc.get_threshold()
    with short_pauses():
        assert gc.get_threshold()[0] == module.YOUNG
        cycle, reference = make_cycle()
        objects = many_objects()
        del cycle
        await until(lambda: reference() is None, "a tick has found it")
    assert objects and gc.get_threshold() == previous and gc.get_freeze_count() == 0
