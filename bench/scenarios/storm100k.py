"""Kills a node with 100,000 connections, which all resume on another node."""

from typing import Final

from bench.scenario import Run, Scenario, Section
from bench.scenarios.storm import storm

SUBSCRIBERS: Final = 100_000
AIM_SECONDS: Final = 6.0


async def measure(run: Run) -> Section:
    return await storm(run, "storm100k", SUBSCRIBERS, AIM_SECONDS)


SCENARIO: Final = Scenario(
    "storm100k",
    "100,000 come back when a node dies",
    measure,
    seconds=150,
    quick_seconds=15,
    default=False,
    pinned=False,
)
