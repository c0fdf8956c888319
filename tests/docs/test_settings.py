"""docs/settings.md against the code, both ways: every setting, and nothing else."""

import pytest
from pydantic.fields import FieldInfo

from flashwire.cli.run_settings import RunSettings
from publisher.settings import DeskSettings
from tests.docs.pages import read, table
from ticker.settings import TickerSettings
from ticker.shared.process.settings import StreamSettings


def variable(name: str) -> str:
    return "REDIS_URL" if name == "redis_url" else f"FLASHWIRE_{name.upper()}"


def side(name: str) -> str:
    """The side that reads a setting."""
    if name in StreamSettings.model_fields:
        return "both"
    readers = [
        reader
        for reader, kind in (("ticker", TickerSettings), ("desk", DeskSettings), ("run", RunSettings))
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
    rows = table(read("settings.md"), "## Table")
    assert len(rows) == len({row[0] for row in rows})
    assert {row[0]: row[1:] for row in rows} == settings()


@pytest.mark.parametrize("name", ["forwarded_allow_ips", "desk_url"])
def test_a_setting_of_both_sides_is_the_same_on_both(name: str) -> None:
    desk, ticker = DeskSettings.model_fields[name], TickerSettings.model_fields[name]
    assert (desk.default, desk.description) == (ticker.default, ticker.description)
