"""All scenarios, in the order in which they run. To add one, add a module here and its name below."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from bench.scenario import Scenario

NAMES: Final = (
    "steady",
    "burst",
    "curves",
    "transports",
    "joins",
    "storm",
    "storm100k",
    "slow",
    "gc",
    "ack",
    "ready",
    "painted",
    "desk",
    "wire",
    "nodes",
    "hold",
    "crowd",
    "million",
    "soak",
)


def load_scenario(name: str) -> Scenario:
    """Imports and returns the scenario `name`, one of `NAMES`."""
    scenario = import_module(f"{__name__}.{name}").SCENARIO
    assert isinstance(scenario, Scenario) and scenario.name == name, f"{name} has no scenario of its name"
    return scenario


def scenario_names() -> tuple[str, ...]:
    """Returns the names of the scenarios whose module exists."""
    return tuple(name for name in NAMES if find_spec(f"{__name__}.{name}"))
