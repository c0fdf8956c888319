"""The OpenAPI 3.1 description of the desk, from the very shapes that requests are decoded with."""

from functools import cache
from typing import Any, Final

import msgspec

from publisher.core.request import (
    ActRequest,
    CanaryRequest,
    ItemRequest,
    SessionRequest,
    SplitRequest,
    WelcomeRequest,
)
from publisher.records.notes import EdNote
from ticker.contract.item import Item
from ticker.contract.problem import Problem

Json = dict[str, Any]  # Any: a JSON schema has no narrower type

_SHAPES: Final = (
    ItemRequest, ActRequest, CanaryRequest, SessionRequest, SplitRequest, WelcomeRequest, Item, Problem,
)  # fmt: skip
_COMPONENTS: Final = "#/components/schemas/"


class _Warning(msgspec.Struct):
    code: str
    message: str
    field: str


class _Published(msgspec.Struct, rename="camel"):
    item: Item
    cursor: str
    warnings: list[_Warning] = []


class _Tried(msgspec.Struct, rename="camel"):
    item: Item
    dry_run: bool
    warnings: list[_Warning] = []


class _DeskItem(Item, frozen=True, rename="camel"):
    """An item as the desk shows it, with the notes that came with its versions."""

    ed_notes: tuple[EdNote, ...] = ()


class _Items(msgspec.Struct):
    items: list[_DeskItem]


# Reading the shapes takes longer than all the rest, and they never change.
@cache
def _schemas() -> Json:
    shapes = (*_SHAPES, _Published, _Tried, _DeskItem, _Items)
    return msgspec.json.schema_components(shapes, ref_template=_COMPONENTS + "{name}")[1]


def document(version: str, cookie: str = "flashwire_desk") -> Json:
    """The whole description; `cookie` is the name of this desk's session cookie."""
    key = _header("Idempotency-Key", "The same key gives the same answer for 24 hours and publishes once.")
    seen = _header("If-Match", 'The version that was seen, in quotes: "1".', required=True)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Flashwire desk", "version": version, "license": {"name": "Apache-2.0"}},
        "security": [{"token": []}, {"session": []}],
        "paths": {
            "/v1/items": {
                "get": _operation(
                    "List the newest items, those on hold included",
                    {"200": ("_Items", "The items, the latest first published first")},
                    (400, 401, 503),
                    parameters=[_query("limit"), _query("edition"), _query("status")],
                ),
                "post": _operation(
                    "Publish an item",
                    {"201": ("_Published", "Stored"), "200": ("_Tried", "A dry run: sound, and not published")},
                    (400, 401, 403, 413, 415, 422, 429, 503),
                    body="ItemRequest",
                    parameters=[key],
                ),
            },
            "/v1/items/{uri}": {
                "get": _operation(
                    "Read an item's newest version",
                    {"200": ("_DeskItem", "The item")},
                    (401, 404, 503),
                    parameters=[_uri()],
                )
            },
            "/v1/items/{uri}/acts": {
                "post": _operation(
                    "Update, refile, correct, hold, release or withdraw an item",
                    {"200": ("_Published", "Stored, or for a dry run only sound")},
                    (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503),
                    body="ActRequest",
                    parameters=[_uri(), seen, key],
                )
            },
            "/v1/split": {
                "post": _operation(
                    "Split a line into source and text",
                    {"200": (None, "The halves")},
                    (400, 401, 413, 415, 422),
                    body="SplitRequest",
                )
            },
            "/v1/site": {"get": _operation("Read the site's names", {"200": (None, "The site")}, (401,))},
            "/v1/canary": {
                "post": _operation(
                    "Send a canary to whoever joined with edition=canary",
                    {"201": ("_Published", "Stored")},
                    (400, 401, 403, 413, 415, 422, 429, 503),
                    body="CanaryRequest",
                )
            },
            "/v1/session": {
                "get": _operation("Say who is signed in", {"200": (None, "Name and role")}, (401,)),
                "post": _operation(
                    "Sign in with a token",
                    {"200": (None, "Name and role; sets the session's cookie")},
                    (400, 401, 403, 413, 415, 422),
                    body="SessionRequest",
                ),
                "delete": _operation("Sign out", {"204": (None, "Signed out")}, (401, 403)),
            },
            "/v1/welcome": {
                "post": _operation(
                    "Make the first chief's token",
                    {"201": (None, "The token, shown this once")},
                    (400, 403, 413, 415, 422),
                    body="WelcomeRequest",
                )
            },
            "/health/live": {"get": _operation("Say whether the process runs", {"200": (None, "It runs")}, ())},
            "/health/ready": {
                "get": _operation(
                    "Say whether items can be published",
                    {"200": (None, "They can"), "503": (None, "They cannot, and why")},
                    (),
                )
            },
            "/metrics": {"get": _operation("Read the metrics", {"200": (None, "Prometheus text")}, ())},
            "/version": {"get": _operation("Read the version", {"200": (None, "The version")}, ())},
            "/openapi.json": {"get": _operation("Read this description", {"200": (None, "OpenAPI 3.1")}, ())},
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
            },
        },
    }


def _operation(
    summary: str,
    answers: dict[str, tuple[str | None, str]],
    problems: tuple[int, ...],
    *,
    body: str | None = None,
    parameters: list[Json] | None = None,
) -> Json:
    responses: Json = {}
    for status, (shape, meaning) in answers.items():
        responses[status] = {"description": meaning}
        if shape:
            responses[status]["content"] = {"application/json": {"schema": {"$ref": _COMPONENTS + shape}}}
    problem = {"application/problem+json": {"schema": {"$ref": _COMPONENTS + "Problem"}}}
    for number in (*problems, 500):
        responses[str(number)] = {"description": "A problem, as its body says", "content": problem}
    operation: Json = {"summary": summary, "responses": responses}
    if body:
        content = {"application/json": {"schema": {"$ref": _COMPONENTS + body}}}
        operation["requestBody"] = {"required": body != "CanaryRequest", "content": content}
    if parameters:
        operation["parameters"] = parameters
    return operation


def _header(name: str, meaning: str, *, required: bool = False) -> Json:
    return {"name": name, "in": "header", "description": meaning, "required": required, "schema": {"type": "string"}}


def _query(name: str) -> Json:
    schema: Json = {"type": "integer", "minimum": 1, "maximum": 200} if name == "limit" else {"type": "string"}
    return {"name": name, "in": "query", "schema": schema}


def _uri() -> Json:
    return {"name": "uri", "in": "path", "required": True, "schema": {"type": "string"}}
