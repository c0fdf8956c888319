"""The OpenAPI 3.1 description of a node, made from the types that its replies are encoded from.

It describes single answers; AsyncAPI (`ticker.http.asyncapi`) describes the messages of a live connection.
"""

from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.item import Item
from ticker.contract.problem import Problem
from ticker.http.fragment import ELEMENT_FILTERS
from ticker.http.item_schemas import any_item, item_schemas
from ticker.http.items import LIMIT, Change, Gone
from ticker.http.live_parameters import filter_parameters, live_parameters, whole
from ticker.http.pages import LAYOUTS
from ticker.http.pages_openapi import Embedding, page_paths
from ticker.http.painted import MILLISECONDS_LIMIT, VERSION_LIMIT
from ticker.http.respond import cached
from ticker.shared.http.openapi import (
    Json,
    describe,
    operating_paths,
    operation,
    parameter,
    path_parameter,
    problem_response,
    schemas_of,
)
from ticker.shared.process.version import RUNNING


class _Message(msgspec.Struct):
    type: str
    cursor: str
    items: list[Item]
    complete: bool
    heartbeat: float
    time: str
    stale: bool
    paint: float | msgspec.UnsetType = msgspec.UNSET


class _Items(msgspec.Struct):
    items: list[Item]
    next: str | None


class _History(msgspec.Struct):
    versions: list[Change]


class _Workers(msgspec.Struct):
    ready: int
    wanted: int


class _Ready(msgspec.Struct):
    ready: bool
    reasons: list[str]
    cursor: str
    connections: int
    entries: int
    workers: _Workers | msgspec.UnsetType = msgspec.UNSET


async def openapi(request: Request) -> Response:
    """`GET /openapi.json`."""
    return cached(request, _body(), 60)


# To make it takes as long as 60 joins.
@cache
def _body() -> bytes:
    return msgspec.json.encode(document())


def document() -> Json:
    """The whole description."""
    shapes = (Item, Problem, Gone, Change, _Message, _Items, _History, _Ready, Embedding)
    schemas = schemas_of(shapes) | item_schemas()
    schemas["_Message"]["properties"]["type"] = {"enum": ["snapshot", "replay"]}
    schemas["_Message"]["properties"]["items"]["items"] = any_item()
    schemas["Change"]["properties"]["item"] = {"anyOf": [*any_item()["anyOf"], {"type": "null"}]}
    return describe("Flashwire ticker", RUNNING, _reading() | page_paths() | _operating(), schemas)


def _reading() -> Json:
    streams = {"text/event-stream": {"schema": {"type": "string"}}}
    live = operation(
        "Follow the ticker: JSON or a long poll, SSE with Accept: text/event-stream, or a WebSocket upgrade",
        {"200": ("_Message", "A snapshot, or the replay after a good cursor")},
        (400, 403, 503),
        [
            *live_parameters(),
            parameter("Last-Event-ID", "A cursor, as EventSource sends it", {"type": "string"}, place="header"),
        ],
    )
    live["responses"]["200"]["content"] |= streams
    live["responses"]["101"] = {"description": "A WebSocket; /asyncapi.json describes its messages"}
    one_item = operation(
        "Read one item",
        {"200": ("Item", "The newest version, or the one asked for"), "304": (None, "As before")},
        (400, 404, 503),
        [
            path_parameter("uri"),
            parameter("version", "A version", {"type": "integer", "minimum": 1, "maximum": 1_000_000}),
        ],
    )
    one_item["responses"]["410"] = problem_response("Gone", "Withdrawn: a problem with the tombstone")
    fragment = operation(
        "Read the element with its current items as HTML, to put it into a page that another server makes",
        {"200": (None, "A breaking-ticker element"), "304": (None, "As before")},
        (400, 503),
        [
            *filter_parameters(ELEMENT_FILTERS),
            parameter("limit", "Items in the list; by default as many as the layout shows", whole(1, LIMIT)),
            parameter("layout", "How the element shows them", {"enum": list(LAYOUTS), "default": "list"}),
        ],
    )
    fragment["responses"]["200"]["content"] = {"text/html": {"schema": {"type": "string"}}}
    return {
        "/v1/live": {"get": live},
        "/v1/ticker.html": {"get": fragment},
        "/v1/items": {
            "get": operation(
                "Read the current items, as a snapshot holds them",
                {"200": ("_Items", "Items; `next` is the `before` of the following page"), "304": (None, "As before")},
                (400, 503),
                [
                    *filter_parameters(),
                    parameter("limit", "Items in the answer", whole(1, LIMIT, 10)),
                    parameter("before", "The `next` of the page before", {"type": "string"}),
                ],
            )
        },
        "/v1/items/{uri}": {"get": one_item},
        "/v1/items/{uri}/history": {
            "get": operation(
                "Read an item's public ledger",
                {"200": ("_History", "Every version, oldest first"), "304": (None, "As before")},
                (404, 503),
                [path_parameter("uri")],
            )
        },
        "/v1/painted": {
            "post": operation(
                "Say how long an item took from its publication until a page had painted it",
                {"204": (None, "Counted, if the item is one of the last minute")},
                (400, 403, 429),
                [
                    parameter("uri", "The item", {"type": "string", "minLength": 1}, required=True),
                    parameter("version", "Its version", whole(1, VERSION_LIMIT), required=True),
                    parameter("ms", "The time in milliseconds", whole(0, MILLISECONDS_LIMIT), required=True),
                ],
            )
        },
    }


def _operating() -> Json:
    return operating_paths(
        operation(
            "Say whether the node follows the stream and takes clients",
            {"200": ("_Ready", "It does"), "503": ("_Ready", "It does not, and why")},
        )
    )
