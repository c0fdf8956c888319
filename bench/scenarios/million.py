"""Holds 1,000,000 readers on one machine for five minutes, and counts every item on every reader."""

from typing import Final

from bench.crowds import Plan, gather_crowd
from bench.scenario import Run, Scenario, Section
from bench.scenarios.crowd import section_of

# A heartbeat each 15 s would take two thirds of a core for each million, so they are as rare as they may be.
PLAN: Final = Plan(
    key="million", readers=1_000_000, seconds=300.0, item_seconds=30.0, heartbeat_seconds=60.0, last_seconds=15.0
)


async def measure(run: Run) -> Section:
    return section_of(await gather_crowd(run, PLAN), PLAN)


SCENARIO: Final = Scenario(
    "million",
    "1,000,000 readers on one machine",
    measure,
    seconds=PLAN.seconds + 400,
    quick_seconds=15,
    repeats=1,
    default=False,
    pinned=False,
)
