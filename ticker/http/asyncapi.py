"""The AsyncAPI 3 description of `/v1/live`, from the tables of docs/protocol.md and the types of the contract.

OpenAPI describes the JSON answers of that address; this describes the messages of a live connection and their order.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.contract import message
from ticker.contract.closes import MEANINGS, is_final
from ticker.contract.cursor import Cursor
from ticker.contract.item import Correction, InfoSource, Item, Text, encode_item
from ticker.contract.message import Kind
from ticker.contract.protocol_tables import protocol_tables
from ticker.contract.redaction import redacted_json
from ticker.http.item_schemas import MOMENT, any_item, item_schemas
from ticker.http.live_parameters import live_parameters
from ticker.http.page_frame import bad_host
from ticker.http.public_url import public_address
from ticker.http.respond import cached
from ticker.node.node import Node
from ticker.shared.http.openapi import Json, reference
from ticker.shared.process.version import RUNNING

LOCAL: Final = "http://127.0.0.1:8000"
"""The address of `flashwire run`, for the copy of the description in docs/."""
_ABOUT: Final = (
    "The messages of `GET /v1/live`, one JSON object each. A WebSocket sends it as a text message; server-sent "
    "events send `event: <type>`, `id: <cursor>` and the object as `data:`. The first message is a `snapshot` or a "
    "`replay`; then come `item` and `heartbeat`, and a `bye` before the node stops. Clients ignore fields that they "
    "do not know."
)
_CHANGE: Final = "A WebSocket client changes its parameters; the node answers with a new first message"
# A WebSocket has a new cursor only as a parameter of a new `subscribe`, and never waits for an answer.
_NOT_IN_SUBSCRIBE: Final = ("lastEventId", "wait")
_BOOLEAN: Final[Json] = {"type": "boolean"}
_FIELDS: Final[Json] = {
    "cursor": reference("Cursor"),
    "complete": _BOOLEAN,
    "heartbeat": {"type": "number", "exclusiveMinimum": 0, "description": "seconds"},
    "time": MOMENT,
    "stale": _BOOLEAN,
    "item": any_item(),
    "reason": {"type": "string"},
    "reconnect": {"type": "number", "minimum": 0, "description": "seconds to wait, chosen for this client"},
}
_PAINT: Final[Json] = {
    "type": "number",
    "exclusiveMinimum": 0,
    "maximum": 1,
    "description": "the share of pages that report when an item is painted; absent where none does",
}
_LISTS: Final = ("snapshot", "replay")


async def asyncapi(request: Request) -> Response:
    """`GET /asyncapi.json`."""
    node: Node = request.state["node"]
    address = public_address(node.settings, request)
    return bad_host() if address is None else cached(request, msgspec.json.encode(document(RUNNING, address)), 60)


def document(version: str, address: str) -> Json:
    """The whole description of a ticker whose public address is `address`."""
    parts = urlsplit(address)
    secure = "s" if parts.scheme == "https" else ""
    server: Json = {"host": parts.netloc} | ({"pathname": parts.path} if parts.path else {})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Flashwire live ticker",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "websocket": {**server, "protocol": f"ws{secure}", "description": "A WebSocket (RFC 6455)"},
            "events": {**server, "protocol": f"http{secure}", "description": "Server-sent events over HTTP"},
        },
        **_described(),
    }


# To make it takes as long as 60 joins; only the servers differ between requests.
@cache
def _described() -> Json:
    kinds = get_args(Kind)
    sent = [{"$ref": f"#/channels/live/messages/{kind}"} for kind in kinds]
    query: Json = {
        "type": "object",
        "properties": {parameter["name"]: _with_meaning(parameter) for parameter in live_parameters()},
        "additionalProperties": False,
    }
    return {
        "channels": {
            "live": {
                "address": "/v1/live",
                "title": "The live ticker",
                "servers": [{"$ref": "#/servers/websocket"}, {"$ref": "#/servers/events"}],
                "bindings": {"ws": {"method": "GET", "query": query}},
                "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in (*kinds, "subscribe")},
            }
        },
        "operations": {
            "follow": {
                "action": "send",
                "channel": {"$ref": "#/channels/live"},
                "summary": "A node sends a snapshot or a replay, then items and heartbeats, and a bye before it stops",
                "bindings": {"http": {"method": "GET", "query": query}},
                "messages": sent,
            },
            "change": {
                "action": "receive",
                "channel": {"$ref": "#/channels/live"},
                "summary": _CHANGE,
                "messages": [{"$ref": "#/channels/live/messages/subscribe"}],
            },
        },
        "components": {"messages": _messages(), "schemas": _schemas()},
        "x-close-codes": {
            str(int(code)): {"meaning": meaning, "reconnect": not is_final(code)} for code, meaning in MEANINGS.items()
        },
    }


def schema_name(kind: str) -> str:
    """The schema of a message type: `Item` is that of an item itself."""
    return "Live" if kind == "item" else kind.capitalize()


def _with_meaning(parameter: Json) -> Json:
    return {**_one_or_more(parameter["schema"]), "description": parameter["description"]}


def _one_or_more(schema: Json) -> Json:
    """A parameter that may be repeated is one value or a list."""
    return {"anyOf": [schema["items"], schema]} if schema.get("type") == "array" else schema


def _messages() -> Json:
    samples: dict[str, list[Json]] = {}
    for sample in _samples():
        samples.setdefault(sample["type"], []).append({"payload": sample})
    rows = protocol_tables().messages
    summaries = {kind: f"{row.when}: {row.fields}" for kind, row in rows.items()} | {"subscribe": _CHANGE}
    return {
        kind: {
            "name": kind,
            "title": kind,
            "summary": summary,
            "payload": reference(schema_name(kind)),
            "examples": samples[kind],
        }
        for kind, summary in summaries.items()
    }


def _schemas() -> Json:
    schemas: Json = {
        "Cursor": {
            "type": "string",
            "description": "Opaque; send it back unchanged",
            "pattern": r"^[0-9A-Za-z]+\.[0-9]+\.[0-9A-Za-z]+$",
        }
    }
    for kind, row in protocol_tables().messages.items():
        fields = _FIELDS | {
            "items": {"type": "array", "items": reference("Item") if kind == "snapshot" else any_item()}
        }
        fields["complete"] = {"const": True} if kind == "replay" else _BOOLEAN
        names = row.field_names()
        optional = {"paint": _PAINT} if kind in _LISTS else {}
        schemas[schema_name(kind)] = {
            "type": "object",
            "required": ["type", *names],
            "properties": {"type": {"const": kind}, **{name: fields[name] for name in names}, **optional},
        }
    parameters = {parameter["name"]: _with_meaning(parameter) for parameter in live_parameters()}
    schemas["Subscribe"] = {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"const": "subscribe"},
            **{name: schema for name, schema in parameters.items() if name not in _NOT_IN_SUBSCRIBE},
        },
        "additionalProperties": False,
    }
    return schemas | item_schemas()


def _samples() -> Iterator[Any]:
    """One example of each message and of each form of an item in it, made by the functions that make real ones."""
    cursor = Cursor("7c1f0e", 1841, "9f3a61c20d")
    time = "2026-05-01T09:31:00.000Z"
    line = _sample_item()
    note = Text("The ministry first said seven.", "en", "ltr")
    corrected = msgspec.structs.replace(
        line, version=2, act="correction", headline=Text("Five wards are open again", "en", "ltr"), note=note,
        version_created=time, corrections=(Correction(2, "correction", note, time),),
    )  # fmt: skip
    withdrawn = msgspec.structs.replace(
        corrected, version=3, act="withdraw", pub_status="canceled", note=Text("This was not confirmed.", "en", "ltr")
    )
    messages = [
        message.snapshot(cursor, [encode_item(line)], complete=True, heartbeat=15, time=time),
        message.replay(cursor, [encode_item(corrected), redacted_json(withdrawn)], heartbeat=15, time=time),
        message.live(cursor, encode_item(corrected)),
        message.heartbeat(cursor, time=time, stale=False),
        message.bye(cursor, reason="This node is stopping; come back.", reconnect=2.4),
    ]
    for sample in messages:
        yield msgspec.json.decode(sample.body)
    yield {"type": "subscribe", "edition": ["en"], "urgency": 3, "backlog": 5}


def _sample_item() -> Item:
    return Item(
        uri="urn:flashwire:01JT5Q4Z3V8N6W2K5T7Y9XABCD", version=1, act="publish", pub_status="usable", urgency=2,
        headline=Text("Seven wards are open again", "en", "ltr"),
        info_sources=(InfoSource(Text("Health ministry", "en", "ltr"), "official"),),
        edition="en", sections=("health",), places=(), link=None, note=None,
        first_created="2026-05-01T09:30:00.000Z", version_created="2026-05-01T09:30:00.000Z",
        expires=None, pinned_until=None, translation_of=None,
    )  # fmt: skip
