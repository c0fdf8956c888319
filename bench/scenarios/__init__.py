"""All scenarios, in the order in which they run; a new one is a module here and its name below."""

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
    "slow",
    "gc",
    "ack",
    "ready",
    "painted",
    "wire",
    "hold",
    "soak",
)


def load_scenario(name: str) -> Scenario:
    """The scenario `name`, one of `NAMES`; others are not imported for it."""
    scenario = import_module(f"{__name__}.{name}").SCENARIO
    assert isinstance(scenario, Scenario) and scenario.name == name, f"{name} has no scenario of its name"
    return scenario


def scenario_names() -> tuple[str, ...]:
    """The names of those that are here."""
    return tuple(name for name in NAMES if find_spec(f"{__name__}.{name}"))
