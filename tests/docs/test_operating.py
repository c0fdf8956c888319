"""docs/operating.md against the code, both ways: every setting and every metric, and nothing else."""

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from pydantic.fields import FieldInfo

from publisher.api.metrics import Metrics
from publisher.settings import DeskSettings
from ticker.contract.settings import StreamSettings
from ticker.edge.metrics import NodeMetrics
from ticker.embedded.settings import RunSettings
from ticker.settings import TickerSettings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/operating.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """The cells of the rows below a heading."""
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {heading!r}"
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        for line in found[1].splitlines()
        if line.startswith("| `")
    ]


def variable(name: str) -> str:
    return "REDIS_URL" if name == "redis_url" else f"FLASHWIRE_{name.upper()}"


def side(name: str) -> str:
    """Who reads a setting."""
    if name in StreamSettings.model_fields:
        return "both"
    readers = [
        word
        for word, kind in (("ticker", TickerSettings), ("desk", DeskSettings), ("run", RunSettings))
        if name in kind.model_fields
    ]
    return "both" if {"ticker", "desk"} <= set(readers) else readers[0]


def default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == "":
        return "–"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def settings() -> dict[str, list[str]]:
    """The rows that the table must have, by variable."""
    fields = DeskSettings.model_fields | RunSettings.model_fields
    return {
        f"`{variable(name)}`": [side(name), default(field), (field.description or "").replace("|", "\\|")]
        for name, field in fields.items()
    }


def test_every_setting_is_in_the_table_as_it_is_in_the_code_and_no_other() -> None:
    rows = table("Settings")
    assert len(rows) == len({row[0] for row in rows})
    assert {row[0]: row[1:] for row in rows} == settings()


@pytest.mark.parametrize("name", ["forwarded_allow_ips", "desk_url"])
def test_a_setting_of_both_sides_is_the_same_on_both(name: str) -> None:
    desk, ticker = DeskSettings.model_fields[name], TickerSettings.model_fields[name]
    assert (desk.default, desk.description) == (ticker.default, ticker.description)


def kinds(text: str) -> dict[str, str]:
    """Name and kind of every metric in an exposition, as Prometheus' queries name it."""
    found = {}
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        if not name.endswith("_created"):
            found[f"`{name}`"] = family.type
    return found


def test_every_metric_is_in_the_table_and_no_other() -> None:
    registry: CollectorRegistry = NodeMetrics().registry
    assert registry is not None
    built = kinds(NodeMetrics().render().decode()) | kinds(Metrics().page().decode())
    assert {row[0]: row[1] for row in table("Metrics")} == built


def test_every_alarm_is_about_a_metric_that_exists() -> None:
    known = {row[0].strip("`") for row in table("Metrics")}
    used = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for row in table("Alarms")
        for name in re.findall(r"flashwire_[a-z_]+", row[1])
    }
    assert used and used <= known


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:deploy|docs)/[A-Za-z0-9_./-]+)`", TEXT))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name.rstrip("/")).exists()] == []


def test_the_unit_on_the_page_is_the_one_in_deploy() -> None:
    unit = (ROOT / "deploy/flashwire.service").read_text("utf-8")
    quoted = re.search(r"^    \[Service\]\n(?:    .*\n)+", TEXT, re.MULTILINE)
    assert quoted and "".join(line[4:] for line in quoted[0].splitlines(keepends=True)) in unit
    assert "KillMode=mixed\n" in quoted[0].replace("    ", "")
