"""Every metric with labels has all its series at 0 from the start.

`increase` does not see an event that brings its series along.
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
from tests.docs.pages import ROOT, code_words, read, table
from tests.docs.source import called_name, calls, nodes
from tests.docs.test_protocol import problem_types, rows
from ticker.contract.item import ACTS
from ticker.node.metrics import NodeMetrics
from ticker.workers.shared_state import SharedState

Series = tuple[str, frozenset[tuple[str, str]]]


def written(folder: str, function: str, position: int) -> set[str]:
    """The constants at one position of all calls of a function, those of an `if` there too."""
    given = [
        call.args[position] for call in calls(folder) if called_name(call) == function and len(call.args) > position
    ]
    given += [branch for value in given if isinstance(value, ast.IfExp) for branch in (value.body, value.orelse)]
    return {str(value.value) for value in given if isinstance(value, ast.Constant)}


def restart_reasons() -> set[str]:
    given = [word.value for call in calls("flashwire") if called_name(call) == "count" for word in call.keywords]
    return {str(value.value) for word in given for value in ast.walk(word) if isinstance(value, ast.Constant)}


def tasks(folder: str) -> set[str]:
    """The names under which tasks of one side are kept running."""
    found = written(folder, "keep_running", 0)
    for node in nodes(folder):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("must_live", "works"):
            assert isinstance(node.value, ast.Dict)
            # A name in capitals, READER, is a constant of the same value.
            found |= {ast.unparse(key).strip("'").lower() for key in node.value.keys if key is not None}
    return found


def words(metric: str) -> set[str]:
    """What the table of metrics has in code type in the meaning of a metric."""
    (row,) = (row for row in table(read("metrics.md"), "## Table") if row[0] == f"`{metric}`")
    return set(code_words(row[2]))


def one(label: str, values: set[str]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset({(label, value)}) for value in values}


STREAMS = {"sse", "websocket"}


@cache
def documented() -> dict[str, set[frozenset[tuple[str, str]]]]:
    """The labels of each metric by the documents and the code; not read by processes that only look for tests."""
    return {
        "flashwire_connections": one("transport", STREAMS),
        "flashwire_joins_total": {
            frozenset({("transport", transport), ("kind", kind)})
            for transport, kind in product(STREAMS | {"poll"}, words("flashwire_joins_total") - {"transport", "kind"})
        },
        # A wrong parameter is 400.
        "flashwire_refused_total": one("status", written("ticker/net", "refusal", 0) | {"400"}),
        "flashwire_closes_total": one("code", {row[0] for row in rows("### Close codes")}),
        "flashwire_poison_entries_total": one(
            "reason", written("ticker", "PoisonError", 0) | written("ticker", "poison", 0)
        ),
        "flashwire_worker_restarts_total": one("reason", restart_reasons()),
        "flashwire_task_restarts_total": one("task", tasks("ticker") | tasks("publisher")),
        "flashwire_desk_published_total": one("act", set(ACTS)),
        "flashwire_desk_refused_total": one("reason", problem_types("desk")),
        "flashwire_desk_dropped_connections_total": one(
            "reason", words("flashwire_desk_dropped_connections_total") - {"reason"}
        ),
    }


def series(text: str) -> dict[Series, float]:
    """Every sample of an exposition that has labels; a metric without any sample is an error."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.samples, f"{family.name} has no series before its first event"
        for sample in family.samples:
            if sample.labels and not sample.name.endswith(("_bucket", "_created")):
                found[sample.name, frozenset(sample.labels.items())] = sample.value
    return found


@pytest.fixture
def shared() -> Iterator[SharedState]:
    made = SharedState.create(2)
    yield made
    os.close(made.descriptor)


def expected(*metrics: str) -> dict[Series, float]:
    return {(name, labels): 0.0 for name in metrics for labels in documented()[name]}


def test_every_series_is_there_at_0_and_no_other() -> None:
    built = series(NodeMetrics().render().decode()) | series(Metrics().page().decode())
    assert built == expected(*documented())


def test_several_workers_say_the_same_series_and_their_parents_first_count_is_one_of_them(shared: SharedState) -> None:
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
    assert words("flashwire_worker_restarts_total") - {"reason"} == restart_reasons()
    assert all(documented().values())
    dropping = "".join(path.read_text("utf-8") for path in sorted((ROOT / "publisher/net").glob("*.py")))
    for labels in documented()["flashwire_desk_dropped_connections_total"]:
        ((_, reason),) = labels
        assert re.search(rf'"{reason}"', dropping), reason
