"""The OpenAPI description of stories, siblings and what readers saw."""

from typing import Final

import msgspec

from publisher.api.wire_openapi import DeskItem
from publisher.core.request import SettledRequest
from publisher.core.stories import OfferedStory
from ticker.contract.item import Item
from ticker.shared.http.openapi import Json, operation, parameter, path_parameter


class _Family(msgspec.Struct):
    original: DeskItem | None
    items: list[DeskItem]
    missing: list[str]


class _At(msgspec.Struct):
    time: str
    items: list[Item]
    complete: bool
    earliest: str | None


class _Stories(msgspec.Struct):
    stories: list[OfferedStory]


ITEMS_SHAPES: Final = (_Family, SettledRequest, _Stories, _At)


def items_paths() -> Json:
    """The paths of `publisher.api.family` and `publisher.api.stories`."""
    return {
        "/v1/at": {
            "get": operation(
                "Read the list as readers had it at a moment",
                {"200": ("_At", "The list; `complete` is false if an item may be missing")},
                (400, 401, 503),
                parameters=[
                    parameter("time", "The moment, in RFC 3339", required=True),
                    *(parameter(name, f"Only this {name}") for name in ("edition", "section", "place", "story")),
                    parameter("urgency", "At least as urgent as this"),
                    parameter("limit", "Items in the answer", {"type": "integer", "minimum": 1, "maximum": 200}),
                ],
            )
        },
        "/v1/stories": {
            "get": operation(
                "List the stories on air, by likeness to a line",
                {"200": ("_Stories", "The stories, the most like the line first")},
                (400, 401, 503),
                parameters=[
                    parameter("edition", "The edition of the line", required=True),
                    parameter("text", "The line, as far as it is written"),
                    parameter("limit", "Stories in the answer", {"type": "integer", "minimum": 1, "maximum": 200}),
                ],
            )
        },
        "/v1/items/{uri}/siblings": {
            "get": operation(
                "Read an item with its original and all translations",
                {"200": ("_Family", "The family, and the editions without one of it")},
                (401, 404, 503),
                parameters=[path_parameter("uri")],
            )
        },
        "/v1/items/{uri}/settled": {
            "post": operation(
                "Say that a stale translation needs no change for this version of its original",
                {"204": (None, "Noted")},
                (400, 401, 403, 404, 409, 412, 413, 415, 422, 503),
                body="SettledRequest",
                parameters=[path_parameter("uri")],
            )
        },
    }
