"""Kills a node with 100,000 connections, which all resume on another node."""

from typing import Final

from bench.scenario import Run, Scenario, Section
from bench.scenarios.storm import Plan, storm

# Seven workers have accept queues of 4,096 each.
PLAN: Final = Plan("storm100k", 100_000, aim_seconds=6.0, spread_seconds=3.0, returning=3, inflight=20_000)


async def measure(run: Run) -> Section:
    return await storm(run, PLAN)


SCENARIO: Final = Scenario(
    "storm100k",
    "100,000 come back when a node dies",
    measure,
    seconds=150,
    quick_seconds=15,
    default=False,
    pinned=False,
)
