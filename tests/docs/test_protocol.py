"""docs/protocol.md against the code, both ways: what is built is documented, and what is documented is built."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import typer
import typer.main
from starlette.routing import BaseRoute, Route
from typer.core import TyperGroup

from publisher import client
from publisher.api.app import create_app
from publisher.api.desk import open_desk
from publisher.commands import mount
from publisher.core.sentences import DESK_SENTENCES
from publisher.desk import desk_routes
from publisher.settings import DeskSettings
from ticker.contract.entry import Keyring
from ticker.contract.item import ACTS, ROLES, Item
from ticker.contract.message import Kind
from ticker.contract.sentences import SENTENCES
from ticker.contract.site import load_site
from ticker.edge.app import make_app
from ticker.edge.node import Node
from ticker.edge.query import Query, filter_names
from ticker.main import app as command_line
from ticker.settings import TickerSettings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/protocol.md").read_text("utf-8")


def section(title: str) -> str:
    """What stands below a heading, up to the next of its level or above."""
    level = title.split(" ", 1)[0]
    found = re.search(rf"^{re.escape(title)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {title!r}"
    return found[1]


def rows(title: str) -> list[list[str]]:
    """The cells of every table row below a heading, its own subsections included."""
    lines = [line for line in section(title).splitlines() if line.startswith("| `") or line.startswith("| 4")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(cell: str) -> list[str]:
    """The words in code type in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def routes(given: list[BaseRoute]) -> set[str]:
    """`METHOD path` of every route, HEAD left out, and path converters too."""
    return {
        f"{method} {re.sub(r':[a-z]+}', '}', route.path)}"
        for route in given
        if isinstance(route, Route)
        for method in (route.methods or {"GET"}) - {"HEAD"}
    }


@pytest.fixture(scope="module")
def ticker_routes() -> set[str]:
    node = Node(TickerSettings(), load_site(None))
    return routes(make_app(node, Keyring("k", {"k": b"0" * 32}, "news"), "unix:///nowhere").routes)


@pytest.fixture(scope="module")
def desk_side_routes(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    settings = DeskSettings(
        data=tmp_path_factory.mktemp("data"), redis_url="unix:///nowhere", signing_keys="k1:" + "QUJD" * 11
    )
    return routes(create_app(open_desk(settings), desk_routes(settings.ticker_url)).routes)


def requests(title: str, column: int = 0) -> set[str]:
    """`METHOD path` of every row below a heading."""
    return {names(row[column])[0] for row in rows(title)}


def pages(side: str) -> set[str]:
    """The pages of one side."""
    return {names(row[0])[0] for row in rows("## In a page") if row[0].startswith("`GET") and row[1] in (side, "both")}


def test_every_route_of_the_ticker_is_documented_and_no_other(ticker_routes: set[str]) -> None:
    documented = requests("## Reading without a stream") | requests("## Operating") | pages("ticker")
    assert documented == ticker_routes


def test_every_route_of_the_desk_is_documented_and_no_other(desk_side_routes: set[str]) -> None:
    assert requests("## Publishing") | requests("## Operating") | pages("desk") == desk_side_routes


def test_every_field_of_an_item_is_documented_and_no_other() -> None:
    documented = [name for row in rows("## The item") for name in names(row[0])]
    assert sorted(documented) == sorted(field.encode_name for field in msgspec.structs.fields(Item))
    assert set(ACTS) <= set(names(section("## The item")))
    assert set(ROLES) <= set(names(section("## The item")))


def test_every_parameter_is_documented_and_no_other() -> None:
    documented = [name for row in rows("## Subscribing") for name in names(row[0])]
    parameters = documented[: documented.index("wait") + 1]
    query = Query([("nonsense", "1")], load_site(None))
    with pytest.raises(Exception, match="nonsense") as refused:
        query.finish()
    known = str(refused.value).partition("known are: ")[2].rstrip(".").split(", ")
    assert sorted(parameters) == sorted(known)
    assert set(filter_names()) <= set(parameters)


def test_every_message_type_is_documented_and_no_other() -> None:
    documented = {name for row in rows("### Messages") for name in names(row[0])}
    assert documented == set(get_args(Kind))


@cache
def nodes(folder: str) -> tuple[ast.AST, ...]:
    """Everything in the modules below a folder."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return tuple(node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))))


def calls(folder: str) -> Iterator[ast.Call]:
    """Every call in the modules below a folder."""
    return (node for node in nodes(folder) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """The last word of what is called; none of what has no name."""
    what = call.func
    return what.attr if isinstance(what, ast.Attribute) else what.id if isinstance(what, ast.Name) else ""


def constant(call: ast.Call, position: int) -> object:
    """An argument that is written out, or None."""
    argument = call.args[position] if len(call.args) > position else None
    return argument.value if isinstance(argument, ast.Constant) else None


def test_every_close_code_is_documented_and_no_other() -> None:
    used = {constant(call, 0) for call in calls("ticker/edge") if called(call) == "farewell"} - {None}
    assert used == {int(row[0]) for row in rows("### Ends")}


def problem_types(side: str) -> set[str]:
    """The problem types documented for one side."""
    return {names(row[0])[0] for row in rows("## Problems") if row[1] in (side, "both")}


def test_every_problem_type_of_the_ticker_is_documented_and_no_other() -> None:
    used: set[object] = set()
    for call in calls("ticker/edge"):
        if called(call) in ("problem", "refusal"):
            used.add(constant(call, 1))
        if called(call) in ("Problem", "Gone"):
            said = [word.value for word in call.keywords if word.arg == "slug"]
            used |= {value.value for value in said if isinstance(value, ast.Constant)}
    # Pages choose theirs by status, from a table.
    tree = ast.parse((ROOT / "ticker/edge/pages.py").read_text("utf-8"))
    for found in ast.walk(tree):
        if isinstance(found, ast.Assign) and ast.unparse(found.targets[0]) == "slug":
            used |= {value.value for value in ast.walk(found) if isinstance(value, ast.Constant)}
    assert {slug for slug in used if isinstance(slug, str)} == problem_types("ticker")


def test_every_problem_type_of_the_desk_is_documented_and_no_other() -> None:
    used: set[object] = {"not-found", "method", "malformed", "stream-away"}
    for call in calls("publisher"):
        position = {"ApiError": 1, "away": 0, "MalformedError": 0, "ConflictError": 0}.get(called(call))
        if position is not None:
            used.add(constant(call, position))
    found = {slug for slug in used if isinstance(slug, str)}
    assert found == problem_types("desk")
    # Each of them is a sentence in every language.
    assert found <= set(DESK_SENTENCES) | set(SENTENCES)


def test_the_answers_that_settle_an_unknown_outcome_are_those_of_the_page_and_of_the_command_line() -> None:
    found = re.search(
        r"const DECIDED = new Set\(\[(.*?)\]\)", (ROOT / "web/desk/shell/attempt.js").read_text("utf-8"), re.DOTALL
    )
    told = re.search(r"only these also say that the earlier request did nothing:(.*?)\.\n", TEXT, re.DOTALL)
    assert found and told
    # A client that repeats one body never meets `key-reused`.
    assert set(re.findall(r'"([a-z-]+)"', found[1])) - {"key-reused"} == set(names(told[1]))
    assert client._DECIDED - {"key-reused"} <= set(names(told[1]))


def commands(group: TyperGroup, before: str = "flashwire") -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{before} {name}")
        else:
            options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
            yield f"{before} {name}", options - {"--help"}


def test_every_command_and_option_is_documented_and_no_other() -> None:
    documented = {re.sub(r" [A-Z]+$", "", names(row[0])[0]): set(names(row[2])) for row in rows("## The command line")}
    # In a group of its own: mounting changes what it is given.
    mount(desk_side := typer.Typer())
    built: dict[str, set[str]] = {}
    for side in (command_line, desk_side):
        group = typer.main.get_command(side)
        assert isinstance(group, TyperGroup)
        built |= dict(commands(group))
    assert documented == built


def test_every_attribute_of_the_element_is_documented_and_no_other() -> None:
    source = (ROOT / "web/widget/element.js").read_text("utf-8")
    filters = re.search(r"FILTERS = \[(.*?)\]", source, re.DOTALL)
    observed = re.search(r"observedAttributes = \[(.*?)\]", source, re.DOTALL)
    assert filters and observed
    built = set(re.findall(r'"([a-z]+)"', filters[1] + observed[1]))
    documented = {name for row in rows("## In a page") if "GET" not in row[0] for name in names(row[0])}
    assert documented == built
    for event in re.findall(r'#emit\("([a-z-]+)"', source):
        assert f"`{event}`" in section("## In a page")


def test_the_settings_that_the_page_names_exist() -> None:
    known = {f"FLASHWIRE_{name.upper()}" for kind in (TickerSettings, DeskSettings) for name in kind.model_fields}
    assert set(re.findall(r"FLASHWIRE_[A-Z_]+", TEXT)) <= known | {"FLASHWIRE_TOKEN"}
