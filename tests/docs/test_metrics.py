"""docs/metrics.md and the alarms of docs/monitor.md against the code, both ways."""

import ast
import re

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from publisher.api.metrics import Metrics
from tests.docs.pages import read, table
from tests.docs.source import PRODUCT, called_name, calls, constant, nodes
from ticker.node.metrics import NodeMetrics

LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}


def kinds(text: str) -> dict[str, str]:
    """Name and kind of every metric in an exposition, as Prometheus' queries name it."""
    families = {}
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        if not name.endswith("_created"):
            families[f"`{name}`"] = family.type
    return families


def test_every_metric_is_in_the_table_and_no_other() -> None:
    registry: CollectorRegistry = NodeMetrics().registry
    assert registry is not None
    built = kinds(NodeMetrics().render().decode()) | kinds(Metrics().page(0.0).decode())
    assert {row[0]: row[1] for row in table(read("metrics.md"), "## Table")} == built


def test_every_alarm_is_about_a_metric_that_exists() -> None:
    metrics = {row[0].strip("`") for row in table(read("metrics.md"), "## Table")}
    used = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for row in table(read("monitor.md"), "## Alarms")
        for name in re.findall(r"flashwire_[a-z_]+", row[1])
    }
    assert used and used <= metrics


def log_events() -> set[tuple[str, str]]:
    """Event and level of every log line that the product writes; those that are written out as JSON too."""
    events = set()
    for folder in PRODUCT:
        for call in calls(folder):
            if re.fullmatch(rf"_?log\.({'|'.join(LEVELS)})", ast.unparse(call.func)):
                (event,) = call.args
                assert isinstance(event, ast.Constant), ast.unparse(call)
                events.add((str(event.value), LEVELS[called_name(call)]))
        for node in nodes(folder):
            if isinstance(node, ast.Dict):
                fields = {
                    key.value: value.value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
                }
                if "event" in fields and "level" in fields:
                    events.add((str(fields["event"]), str(fields["level"])))
    return events


def renamed_events() -> set[tuple[str, str]]:
    """Event and old name of every log line that carries `formerly`."""
    return {
        (str(constant(call, 0)), str(keyword.value.value))
        for folder in PRODUCT
        for call in calls(folder)
        for keyword in call.keywords
        if keyword.arg == "formerly" and isinstance(keyword.value, ast.Constant)
    }


def test_the_old_name_of_every_renamed_log_event_is_documented_and_no_other() -> None:
    rows = table(read("metrics.md"), "## Log events")
    documented = {(row[0].strip("`"), old) for row in rows for old in re.findall(r"formerly `([^`]+)`", row[3])}
    assert documented == renamed_events()


def test_every_log_event_is_in_the_table_with_its_level_and_no_other() -> None:
    rows = table(read("metrics.md"), "## Log events")
    documented = [(row[0].strip("`"), row[2]) for row in rows]
    assert len(documented) == len(set(documented))
    assert set(documented) == log_events()
