"""The OpenAPI 3.1 description of a node, made from the types that its replies are encoded from.

It describes single messages; docs/asyncapi.yaml describes their order on WebSocket and SSE.
"""

from functools import cache
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.item import ROLES, Item
from ticker.contract.problem import Problem
from ticker.core.joins import BACKLOG_LIMIT, DEFAULT_BACKLOG
from ticker.core.query import HEARTBEAT_LEAST, HEARTBEAT_MOST, WAIT_LIMIT
from ticker.http.items import LIMIT, Change, Gone
from ticker.http.respond import cached
from ticker.shared.process.version import RUNNING

Json = dict[str, Any]  # Any: a JSON schema has no narrower type

_COMPONENTS: Final = "#/components/schemas/"

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
    _, schemas = msgspec.json.schema_components(shapes, ref_template=_COMPONENTS + "{name}")
    schemas["_Message"]["properties"]["type"] = {"enum": ["snapshot", "replay"]}
    either: Json = {"anyOf": [{"$ref": _COMPONENTS + "Item"}, _REDACTED]}
    schemas["_Message"]["properties"]["items"]["items"] = either
    schemas["Change"]["properties"]["item"] = {"anyOf": [*either["anyOf"], {"type": "null"}]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Flashwire ticker",
            "version": RUNNING,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _reading() | _operating(),
        "components": {"schemas": schemas},
    }


def _reading() -> Json:
    streams = {"text/event-stream": {"schema": {"type": "string"}}}
    live = _operation(
        "Follow the ticker: JSON or a long poll, SSE with Accept: text/event-stream, or a WebSocket upgrade",
        {"200": ("_Message", "A snapshot, or the replay after a good cursor")},
        (400, 403, 503),
        [
            *_filters(),
            _parameter("cursor", "Resume after this entry", {"type": "string"}),
            _parameter("lastEventId", "Another name of cursor", {"type": "string"}),
            _parameter("backlog", "Current items of a fresh join", _whole(0, BACKLOG_LIMIT, DEFAULT_BACKLOG)),
            _parameter(
                "heartbeat",
                "The most seconds between heartbeats of this client; without it, the node's",
                {"type": "integer", "minimum": HEARTBEAT_LEAST, "maximum": HEARTBEAT_MOST},
            ),
            _parameter(
                "wait",
                "Seconds to wait for news",
                {"type": "number", "minimum": 0, "maximum": WAIT_LIMIT, "default": 0},
            ),
            _parameter("Last-Event-ID", "A cursor, as EventSource sends it", {"type": "string"}, where="header"),
        ],
    )
    live["responses"]["200"]["content"] |= streams
    live["responses"]["101"] = {"description": "A WebSocket; docs/asyncapi.yaml tells its messages"}
    return {
        "/v1/live": {"get": live},
        "/v1/items": {
            "get": _operation(
                "Read the current items, as a snapshot holds them",
                {"200": ("_Items", "Items; `next` is the `before` of the following page"), "304": (None, "As before")},
                (400, 503),
                [
                    *_filters(),
                    _parameter("limit", "Items in the answer", _whole(1, LIMIT, 10)),
                    _parameter("before", "The `next` of the page before", {"type": "string"}),
                ],
            )
        },
        "/v1/items/{uri}": {
            "get": _operation(
                "Read one item",
                {"200": ("Item", "The newest version, or the one asked for"), "304": (None, "As before")},
                (400, 404, 503),
                [_uri(), _parameter("version", "A version", {"type": "integer", "minimum": 1, "maximum": 1_000_000})],
                gone=True,
            )
        },
        "/v1/items/{uri}/history": {
            "get": _operation(
                "Read an item's public ledger",
                {"200": ("_History", "Every version, oldest first"), "304": (None, "As before")},
                (404, 503),
                [_uri()],
            )
        },
    }


def _operating() -> Json:
    return {
        "/health/live": {"get": _operation("Say whether the process runs", {"200": (None, "It runs")}, ())},
        "/health/ready": {
            "get": _operation(
                "Say whether the node follows the stream and takes clients",
                {"200": ("_Ready", "It does"), "503": ("_Ready", "It does not, and why")},
                (),
            )
        },
        "/metrics": {"get": _operation("Read the metrics", {"200": (None, "Prometheus text")}, ())},
        "/version": {"get": _operation("Read the version", {"200": (None, "The version")}, ())},
        "/openapi.json": {"get": _operation("Read this description", {"200": (None, "OpenAPI 3.1")}, ())},
    }


def _operation(
    summary: str,
    answers: dict[str, tuple[str | None, str]],
    problems: tuple[int, ...],
    parameters: list[Json] | None = None,
    *,
    gone: bool = False,
) -> Json:
    responses: Json = {}
    for status, (shape, meaning) in answers.items():
        responses[status] = {"description": meaning}
        if shape:
            responses[status]["content"] = {"application/json": {"schema": {"$ref": _COMPONENTS + shape}}}
    for number in problems:
        responses[str(number)] = _problem("Problem", "A problem, as its body says")
    if gone:
        responses["410"] = _problem("Gone", "Withdrawn: a problem with the tombstone")
    operation: Json = {"summary": summary, "responses": responses}
    if parameters:
        operation["parameters"] = parameters
    return operation


def _problem(shape: str, meaning: str) -> Json:
    content = {"application/problem+json": {"schema": {"$ref": _COMPONENTS + shape}}}
    return {"description": meaning, "content": content}


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
            _parameter(name, meaning, {"type": "array", "items": _text(name)}, explode=True)
            for name, meaning in names.items()
        ),
        _parameter("urgency", "At least as urgent as this", _whole(1, 8, 8)),
    ]


def _text(name: str) -> Json:
    return {"type": "string", "enum": list(ROLES)} if name == "role" else {"type": "string"}


def _whole(least: int, most: int, default: int) -> Json:
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


def _parameter(name: str, meaning: str, schema: Json, *, where: str = "query", explode: bool | None = None) -> Json:
    parameter: Json = {"name": name, "in": where, "description": meaning, "schema": schema}
    if explode is not None:
        parameter["explode"] = explode
    return parameter


def _uri() -> Json:
    return {"name": "uri", "in": "path", "required": True, "schema": {"type": "string"}}
