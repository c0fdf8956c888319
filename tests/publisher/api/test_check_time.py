"""A check never holds the event loop for long, however many people type."""

import asyncio
import time
from collections import Counter

import httpx2
import pytest

from bench.similar.corpus import CHOSEN_WITH, HELD_OUT, events
from bench.similar.keystrokes import filled
from publisher.api.adviser import Context
from publisher.api.parts import CHECKS_EACH, Parts
from publisher.core.advice import Draft
from publisher.core.allowance import Allowance
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import post

pytestmark = pytest.mark.anyio


@pytest.fixture
def busy(parts: Parts) -> Parts:
    """A desk that has said 2,000 lines."""
    parts.adviser.recent.lines = filled(events(CHOSEN_WITH) + events(HELD_OUT))
    return parts


async def test_a_check_gives_the_event_loop_back_after_each_step(busy: Parts) -> None:
    steps: list[float] = []
    for event in events(HELD_OUT):
        for language in ("en", "es", "ar"):
            check = busy.adviser.check(Draft(event.same[language][0], language), Context(edition=language, urgency=1))
            running = check.__await__()
            is_done = False
            while not is_done:
                began = time.thread_time()
                try:
                    # The check only awaits turns of the loop, so that each `next` is one step.
                    next(running)
                except StopIteration:
                    is_done = True
                steps.append(time.thread_time() - began)
    steps.sort()
    assert len(steps) > 8 * 75
    assert steps[int(len(steps) * 0.99)] < 0.005, f"{steps[-5:]}"


async def publication_times(editor: httpx2.AsyncClient, name: str) -> list[float]:
    """The seconds of 40 publications, one after another, shortest first."""
    times = []
    for number in range(40):
        began = time.monotonic()
        assert (await post(editor, text=f"Health ministry: Clinic {name} {number} opens")).status_code == 201
        times.append(time.monotonic() - began)
        await asyncio.sleep(0.005)
    return sorted(times)


@pytest.mark.alone
async def test_a_flood_of_checks_by_one_person_does_not_delay_a_publication(
    busy: Parts, client_for: ClientFor, editor: httpx2.AsyncClient
) -> None:
    script = client_for("editor")

    async def during_flood(path: str) -> tuple[float, Counter[int]]:
        """The median of publications while a person sends eight requests at a time, and how those were answered."""
        is_over = asyncio.Event()
        statuses: Counter[int] = Counter()

        async def type_lines() -> None:
            while not is_over.is_set():
                text = "Civil Defence: 12 dead after bus plunges into river"
                statuses[(await script.post(path, json={"edition": "en", "text": text})).status_code] += 1
                await asyncio.sleep(0)

        floods = [asyncio.create_task(type_lines()) for _ in range(8)]
        times = await publication_times(editor, path)
        is_over.set()
        await asyncio.gather(*floods)
        return times[20], statuses

    # Eight requests at once make each other slower, whatever they ask for: to split a line costs next to nothing.
    splits_before, _ = await during_flood("/v1/split")
    began = time.monotonic()
    checks, statuses = await during_flood("/v1/similar")
    most = CHECKS_EACH * (Allowance.BURST_SECONDS + time.monotonic() - began) + 1
    splits_after, _ = await during_flood("/v1/split")
    assert set(statuses) == {200, 429} and statuses[200] <= most < statuses[429], statuses
    assert checks < 1.5 * max(splits_before, splits_after) + 0.01, (splits_before, checks, splits_after)
