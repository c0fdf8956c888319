"""The OpenAPI 3.1 description of a node, made from the types that its replies are encoded from.

It describes single messages; docs/asyncapi.yaml describes their order on WebSocket and SSE.
"""

from functools import cache
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.item import ROLES, Item
from ticker.contract.problem import Problem
from ticker.core.joins import BACKLOG_LIMIT, DEFAULT_BACKLOG
from ticker.core.query import HEARTBEAT_LEAST, HEARTBEAT_MOST, WAIT_LIMIT
from ticker.http.items import LIMIT, Change, Gone
from ticker.http.respond import cached
from ticker.shared.http.openapi import (
    Json,
    describe,
    operating_paths,
    operation,
    parameter,
    path_parameter,
    problem_response,
    reference,
    schemas_of,
)
from ticker.shared.process.version import RUNNING

_REDACTED: Final[Json] = {
    "description": "An item that is withdrawn or on hold, without its words",
    "type": "object",
    "properties": {
        "headline": {"type": "null"},
        "link": {"type": "null"},
        "infoSources": {"type": "array", "maxItems": 0},
    },
    "required": ["uri", "version", "act", "pubStatus", "headline", "infoSources", "link", "note"],
}


class _Message(msgspec.Struct):
    type: str
    cursor: str
    items: list[Item]
    complete: bool
    heartbeat: float
    time: str
    stale: bool


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
    shapes = (Item, Problem, Gone, Change, _Message, _Items, _History, _Ready)
    schemas = schemas_of(shapes)
    schemas["_Message"]["properties"]["type"] = {"enum": ["snapshot", "replay"]}
    either: Json = {"anyOf": [reference("Item"), _REDACTED]}
    schemas["_Message"]["properties"]["items"]["items"] = either
    schemas["Change"]["properties"]["item"] = {"anyOf": [*either["anyOf"], {"type": "null"}]}
    return describe("Flashwire ticker", RUNNING, _reading() | _operating(), schemas)


def _reading() -> Json:
    streams = {"text/event-stream": {"schema": {"type": "string"}}}
    live = operation(
        "Follow the ticker: JSON or a long poll, SSE with Accept: text/event-stream, or a WebSocket upgrade",
        {"200": ("_Message", "A snapshot, or the replay after a good cursor")},
        (400, 403, 503),
        [
            *_filters(),
            parameter("cursor", "Resume after this entry", {"type": "string"}),
            parameter("lastEventId", "Another name of cursor", {"type": "string"}),
            parameter("backlog", "Current items of a fresh join", _whole(0, BACKLOG_LIMIT, DEFAULT_BACKLOG)),
            parameter(
                "heartbeat",
                "The most seconds between heartbeats of this client; without it, the node's",
                {"type": "integer", "minimum": HEARTBEAT_LEAST, "maximum": HEARTBEAT_MOST},
            ),
            parameter(
                "wait",
                "Seconds to wait for news",
                {"type": "number", "minimum": 0, "maximum": WAIT_LIMIT, "default": 0},
            ),
            parameter("Last-Event-ID", "A cursor, as EventSource sends it", {"type": "string"}, place="header"),
        ],
    )
    live["responses"]["200"]["content"] |= streams
    live["responses"]["101"] = {"description": "A WebSocket; docs/asyncapi.yaml describes its messages"}
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
    return {
        "/v1/live": {"get": live},
        "/v1/items": {
            "get": operation(
                "Read the current items, as a snapshot holds them",
                {"200": ("_Items", "Items; `next` is the `before` of the following page"), "304": (None, "As before")},
                (400, 503),
                [
                    *_filters(),
                    parameter("limit", "Items in the answer", _whole(1, LIMIT, 10)),
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
    }


def _operating() -> Json:
    return operating_paths(
        operation(
            "Say whether the node follows the stream and takes clients",
            {"200": ("_Ready", "It does"), "503": ("_Ready", "It does not, and why")},
        )
    )


def _filters() -> list[Json]:
    names = {
        "edition": "Editions of the site",
        "section": "Sections of the site",
        "place": "Places of the site",
        "role": "What a source is to the story",
        "source": "Sources of the site, by id or name",
        "language": "Languages of the headline",
    }
    return [
        *(
            parameter(name, meaning, {"type": "array", "items": _text(name)}, explode=True)
            for name, meaning in names.items()
        ),
        parameter("urgency", "At least as urgent as this", _whole(1, 8, 8)),
    ]


def _text(name: str) -> Json:
    return {"type": "string", "enum": list(ROLES)} if name == "role" else {"type": "string"}


def _whole(minimum: int, maximum: int, default: int) -> Json:
    return {"type": "integer", "minimum": minimum, "maximum": maximum, "default": default}
