"""The parameters of `/v1/live` and of lists as JSON schemas, for OpenAPI, AsyncAPI and the playground."""

from collections.abc import Iterable
from typing import Final

from ticker.contract.item import ROLES
from ticker.contract.protocol_tables import meanings, protocol_tables
from ticker.core.joins import BACKLOG_LIMIT, DEFAULT_BACKLOG
from ticker.core.query import HEARTBEAT_LEAST, HEARTBEAT_MOST, WAIT_LIMIT, filter_names
from ticker.shared.http.openapi import Json, parameter

_TEXT: Final[Json] = {"type": "string"}


def filter_parameters(names: Iterable[str] = filter_names()) -> list[Json]:
    """The filters `names`; all but `urgency` may be repeated."""
    return [_parameter(name) for name in names]


def live_parameters() -> list[Json]:
    """Every parameter in the address of `/v1/live`."""
    return [*filter_parameters(), *map(_parameter, ("cursor", "lastEventId", "backlog", "heartbeat", "wait"))]


def whole(minimum: int, maximum: int, default: int | None = None) -> Json:
    """A whole number between two bounds."""
    schema: Json = {"type": "integer", "minimum": minimum, "maximum": maximum}
    return schema if default is None else schema | {"default": default}


def _parameter(name: str) -> Json:
    schemas = {
        "role": _list_of({"type": "string", "enum": list(ROLES)}),
        "urgency": whole(1, 8, 8),
        "cursor": _TEXT,
        "lastEventId": _TEXT,
        "backlog": whole(0, BACKLOG_LIMIT, DEFAULT_BACKLOG),
        "heartbeat": whole(HEARTBEAT_LEAST, HEARTBEAT_MOST),
        "wait": {"type": "number", "minimum": 0, "maximum": WAIT_LIMIT, "default": 0},
    }
    schema = schemas.get(name) or _list_of(_TEXT)
    repeated: Json = {"explode": True} if schema.get("type") == "array" else {}
    return parameter(name, meanings(protocol_tables().parameters)[name], schema, **repeated)


def _list_of(schema: Json) -> Json:
    return {"type": "array", "items": schema}
