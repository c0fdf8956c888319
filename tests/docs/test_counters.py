"""Every metric with labels has all its series at 0 from the start.

Prometheus' `increase` does not count the event with which a series appears.
"""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest
from prometheus_client.parser import text_string_to_metric_families

from publisher.api.metrics import Metrics
from publisher.records.sessions import WAYS
from tests.docs.pages import ROOT, code_words, read, table
from tests.docs.source import called_name, calls, nodes
from tests.docs.test_protocol import problem_types, rows
from ticker.contract.item import ACTS
from ticker.node.metrics import NodeMetrics
from ticker.workers.shared_state import SharedState

Series = tuple[str, frozenset[tuple[str, str]]]


def literals(folder: str, function: str, position: int) -> set[str]:
    """The literals at one position of all calls of a function, both branches of an `if` included."""
    arguments = [
        call.args[position] for call in calls(folder) if called_name(call) == function and len(call.args) > position
    ]
    arguments += [
        branch for value in arguments if isinstance(value, ast.IfExp) for branch in (value.body, value.orelse)
    ]
    return {str(value.value) for value in arguments if isinstance(value, ast.Constant)}


def restart_reasons() -> set[str]:
    """The reasons with which the supervisor counts restarts."""
    labels = [label.value for call in calls("flashwire") if called_name(call) == "count" for label in call.keywords]
    return {str(value.value) for label in labels for value in ast.walk(label) if isinstance(value, ast.Constant)}


def tasks(folder: str) -> set[str]:
    """The names of the tasks that one side keeps running."""
    names = literals(folder, "keep_running", 0)
    for node in nodes(folder):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("must_live", "background"):
            assert isinstance(node.value, ast.Dict)
            # A name in capitals, READER, is a constant of the same value.
            names |= {ast.unparse(key).strip("'").lower() for key in node.value.keys if key is not None}
    return names


def words_of_meaning(metric: str) -> set[str]:
    """The words in code type in the meaning of a metric."""
    (row,) = (row for row in table(read("metrics.md"), "## Table") if row[0] == f"`{metric}`")
    return set(code_words(row[2]))


def each_value(label: str, values: set[str]) -> set[frozenset[tuple[str, str]]]:
    """The label sets of a metric with one label."""
    return {frozenset({(label, value)}) for value in values}


STREAMS = {"sse", "websocket"}


@cache
def documented() -> dict[str, set[frozenset[tuple[str, str]]]]:
    """The label sets of each metric, from the documentation and the code; cached, and not made at import."""
    return {
        "flashwire_connections": each_value("transport", STREAMS),
        "flashwire_joins_total": {
            frozenset({("transport", transport), ("kind", kind)})
            for transport, kind in product(
                STREAMS | {"poll"}, words_of_meaning("flashwire_joins_total") - {"transport", "kind"}
            )
        },
        # A wrong parameter is 400.
        "flashwire_refused_total": each_value("status", literals("ticker/net", "refusal", 0) | {"400"}),
        "flashwire_closes_total": each_value("code", {row[0] for row in rows("### Close codes")}),
        "flashwire_poison_entries_total": each_value(
            "reason", literals("ticker", "PoisonError", 0) | literals("ticker", "count_skipped", 0)
        ),
        "flashwire_worker_restarts_total": each_value("reason", restart_reasons()),
        "flashwire_task_restarts_total": each_value("task", tasks("ticker") | tasks("publisher")),
        "flashwire_desk_published_total": each_value("act", set(ACTS)),
        "flashwire_desk_advice_total": each_value(
            "code", {row[0].strip("`") for row in table(read("checks.md"), "## Advice")}
        ),
        "flashwire_desk_refused_total": each_value("reason", problem_types("desk")),
        "flashwire_desk_sign_ins_total": {
            frozenset({("way", way), ("result", result)})
            for way, result in product(WAYS, words_of_meaning("flashwire_desk_sign_ins_total") - {"way", "result"})
        },
        "flashwire_desk_waiting_lines": each_value(
            "state", words_of_meaning("flashwire_desk_waiting_lines") - {"state"}
        ),
        "flashwire_desk_dropped_connections_total": each_value(
            "reason", words_of_meaning("flashwire_desk_dropped_connections_total") - {"reason"}
        ),
    }


def series(text: str) -> dict[Series, float]:
    """Every sample with labels; a metric without any sample is an error."""
    samples = {}
    for family in text_string_to_metric_families(text):
        assert family.samples, f"{family.name} has no series before its first event"
        for sample in family.samples:
            if sample.labels and not sample.name.endswith(("_bucket", "_created")):
                samples[sample.name, frozenset(sample.labels.items())] = sample.value
    return samples


@pytest.fixture
def shared() -> Iterator[SharedState]:
    state = SharedState.create(2)
    yield state
    os.close(state.descriptor)


def expected(*metrics: str) -> dict[Series, float]:
    return {(name, labels): 0.0 for name in metrics for labels in documented()[name]}


def test_every_series_starts_at_0_and_there_is_no_other() -> None:
    built = series(NodeMetrics().render().decode()) | series(Metrics().page(0.0).decode())
    assert built == expected(*documented())


def test_several_workers_have_the_same_series_and_the_parent_adds_to_them(shared: SharedState) -> None:
    alone = series(NodeMetrics().render().decode())
    for _ in range(2):
        shared.acquire().write(NodeMetrics().snapshot())
    assert series(NodeMetrics().render(shared).decode()) == alone
    for reason in sorted(restart_reasons()):
        shared.count("flashwire_worker_restarts", reason=reason)
    shared.release(shared.slots[1])
    counted = {
        ("flashwire_worker_restarts_total", labels): 1.0 for labels in documented()["flashwire_worker_restarts_total"]
    }
    assert series(NodeMetrics().render(shared).decode()) == alone | counted


def test_the_tables_and_the_code_name_the_same_values() -> None:
    assert words_of_meaning("flashwire_worker_restarts_total") - {"reason"} == restart_reasons()
    assert all(documented().values())
    source = "".join(path.read_text("utf-8") for path in sorted((ROOT / "publisher/net").glob("*.py")))
    for labels in documented()["flashwire_desk_dropped_connections_total"]:
        ((_, reason),) = labels
        assert re.search(rf'"{reason}"', source), reason
