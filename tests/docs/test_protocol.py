"""docs/protocol.md against the code, both ways: the page names everything that the code has, and nothing else."""

import ast
import re
from typing import get_args

import msgspec
import pytest
from starlette.routing import BaseRoute, Route

from flashwire.client import desk as client
from publisher.api.app import create_app
from publisher.api.parts import open_parts
from publisher.core.sentences import DESK_SENTENCES
from publisher.page import desk_routes
from publisher.settings import DeskSettings
from tests.docs.pages import ROOT, code_words, read, section, table
from tests.docs.source import called_name, calls, constant
from ticker.contract.closes import CloseCode
from ticker.contract.entry import Keyring
from ticker.contract.item import ACTS, ROLES, Item
from ticker.contract.message import Kind
from ticker.contract.sentences import SENTENCES
from ticker.contract.site import load_site
from ticker.core.query import Query, filter_names
from ticker.http.app import make_app
from ticker.node.node import Node
from ticker.settings import TickerSettings

TEXT = read("protocol.md")


def rows(title: str) -> list[list[str]]:
    """The cells of every table row below a heading, those of its subsections too."""
    return table(TEXT, title)


def routes(app_routes: list[BaseRoute]) -> set[str]:
    """`METHOD path` of every route, without HEAD and without path converters."""
    return {
        f"{method} {re.sub(r':[a-z]+}', '}', route.path)}"
        for route in app_routes
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
        data=tmp_path_factory.mktemp("data"), redis_url="unix:///nowhere", signing_keys="k1:" + "QUJD" * 11,
        oidc_issuer="https://sso.example", oidc_client_id="desk", oidc_client_secret="secret",
    )  # fmt: skip
    return routes(create_app(open_parts(settings), desk_routes(settings.ticker_url)).routes)


def requests(title: str, column: int = 0) -> set[str]:
    """Every `METHOD path` in a column of the tables below a heading."""
    words = {word for row in rows(title) for word in code_words(row[column])}
    return {word for word in words if re.match(r"[A-Z]+ /", word)}


def pages(side: str) -> set[str]:
    """The pages of one side."""
    return {code_words(row[0])[0] for row in rows("## Pages and files") if row[1] in (side, "both")}


def test_every_route_of_the_ticker_is_documented_and_no_other(ticker_routes: set[str]) -> None:
    documented = requests("## Reading without a stream") | requests("## Operating") | pages("ticker")
    assert documented == ticker_routes


def test_every_route_of_the_desk_is_documented_and_no_other(desk_side_routes: set[str]) -> None:
    assert requests("## Publishing") | requests("## Operating") | pages("desk") == desk_side_routes


def test_every_field_of_an_item_is_documented_and_no_other() -> None:
    documented = [name for row in rows("## The item") for name in code_words(row[0])]
    assert sorted(documented) == sorted(field.encode_name for field in msgspec.structs.fields(Item))
    assert set(ACTS) <= set(code_words(section(TEXT, "## The item")))
    assert set(ROLES) <= set(code_words(section(TEXT, "## The item")))


def test_every_parameter_is_documented_and_no_other() -> None:
    parameters = [name for row in rows("### Parameters") for name in code_words(row[0])]
    query = Query([("nonsense", "1")], load_site(None))
    with pytest.raises(Exception, match="nonsense") as refused:
        query.finish()
    parameters_of_code = str(refused.value).partition("known are: ")[2].rstrip(".").split(", ")
    assert sorted(parameters) == sorted(parameters_of_code)
    assert set(filter_names()) <= set(parameters)


def test_every_message_type_is_documented_and_no_other() -> None:
    documented = {name for row in rows("### Messages") for name in code_words(row[0])}
    assert documented == set(get_args(Kind))


def test_every_close_code_is_documented_and_no_other() -> None:
    # `error.code` is the code of a `MessageError`.
    senders = ("close_with", "MessageError")
    used = {ast.unparse(call.args[0]) for call in calls("ticker") if called_name(call) in senders} - {"error.code"}
    assert used == {f"CloseCode.{code.name}" for code in CloseCode}
    assert {int(row[0]) for row in rows("### Close codes")} == set(CloseCode)


def test_the_reconnect_rule_has_the_numbers_that_the_clients_are_tested_with() -> None:
    rule = msgspec.json.decode((ROOT / "tests/reconnect_examples.json").read_bytes())["rule"]
    numbers = [int(number) for number in re.findall(r"(\d+) s\b", section(TEXT, "### Reconnecting"))]
    assert numbers == [
        *(rule["first_wait"], rule["longest_wait"], rule["first_wait"], rule["min_uptime"]),
        *(rule["spread"], rule["longest_server_wait"]),
    ]


def problem_types(side: str) -> set[str]:
    """The problem types documented for one side."""
    return {code_words(row[0])[0] for row in rows("## Problems") if row[1] in (side, "both")}


def test_every_problem_type_of_the_ticker_is_documented_and_no_other() -> None:
    used: set[object] = set()
    for call in calls("ticker"):
        if called_name(call) in ("problem", "refusal"):
            used.add(constant(call, 1))
        if called_name(call) in ("Problem", "Gone"):
            slugs = [keyword.value for keyword in call.keywords if keyword.arg == "slug"]
            used |= {value.value for value in slugs if isinstance(value, ast.Constant)}
    # Pages choose a type by status, from a table.
    tree = ast.parse((ROOT / "ticker/http/page_frame.py").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "slug":
            used |= {value.value for value in ast.walk(node) if isinstance(value, ast.Constant)}
    assert {slug for slug in used if isinstance(slug, str)} == problem_types("ticker")


def test_every_problem_type_of_the_desk_is_documented_and_no_other() -> None:
    used: set[object] = {"not-found", "method", "malformed", "stream-away"}
    for call in calls("publisher"):
        position = {"ApiError": 1, "Refusal": 1, "unavailable": 0, "MalformedError": 0, "ConflictError": 0}.get(
            called_name(call)
        )
        if position is not None:
            used.add(constant(call, position))
    slugs = {slug for slug in used if isinstance(slug, str)}
    assert slugs == problem_types("desk")
    # Each type has a sentence in every language.
    assert slugs <= set(DESK_SENTENCES) | set(SENTENCES)


def test_page_desk_page_and_command_line_agree_which_answers_settle_an_unknown_outcome() -> None:
    decided = re.search(
        r"const DECIDED = new Set\(\[(.*?)\]\)", (ROOT / "web/desk/shell/outcomes.js").read_text("utf-8"), re.DOTALL
    )
    settling = re.search(r"only these also say that the earlier request did nothing: ([^.]*)", " ".join(TEXT.split()))
    assert decided and settling
    # A client that repeats one body never gets `key-reused`.
    assert set(re.findall(r'"([a-z-]+)"', decided[1])) - {"key-reused"} == set(code_words(settling[1]))
    assert client._DECIDED <= client._DECIDED_ACT
    assert client._DECIDED_ACT - {"key-reused"} == set(code_words(settling[1]))


def test_the_settings_that_the_page_names_exist() -> None:
    variables = {f"FLASHWIRE_{name.upper()}" for kind in (TickerSettings, DeskSettings) for name in kind.model_fields}
    assert set(re.findall(r"FLASHWIRE_[A-Z_]+", TEXT)) <= variables | {"FLASHWIRE_TOKEN"}
