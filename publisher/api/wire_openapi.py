"""The OpenAPI description of the list's own paths, and the item as the desk shows it."""

from typing import Final

import msgspec

from publisher.core.presence import Presence
from publisher.core.request import PresenceRequest
from publisher.core.stale import Stale
from publisher.records.bylines import Byline
from publisher.records.notes import EdNote
from ticker.contract.item import Item
from ticker.shared.http.openapi import Json, operation, parameter, path_parameter


class DeskItem(Item, frozen=True, rename="camel"):
    """An item as the desk shows it, with the notes that came with its versions, and who stored them."""

    ed_notes: tuple[EdNote, ...] = ()
    bylines: tuple[Byline, ...] = ()
    stale: Stale | msgspec.UnsetType = msgspec.UNSET


class _Results(msgspec.Struct):
    items: list[DeskItem]
    next: str | None


class _Version(msgspec.Struct):
    version: int
    item: Item | None
    by: str | None


class _History(msgspec.Struct, rename="camel"):
    versions: list[_Version]
    ed_notes: tuple[EdNote, ...] = ()


class _Bylines(msgspec.Struct):
    bylines: dict[str, list[Byline]]


class _People(msgspec.Struct):
    people: list[Presence]


BYLINES_PARAMETER: Final = parameter("bylines", "With `true`, who stored each version", {"type": "string"})
WIRE_SHAPES: Final = (PresenceRequest, DeskItem, _Results, _History, _Bylines, _People)


def wire_paths() -> Json:
    """The paths of `publisher.api.wire`."""
    return {
        "/v1/search": {
            "get": operation(
                "Search the stream and the ledgers",
                {"200": ("_Results", "The items of this part, and where the next one begins")},
                (400, 401, 503),
                parameters=[
                    parameter("q", "Words of the line, of its sources or of its note"),
                    parameter("edition", "Items of this edition"),
                    parameter("urgency", "Items of this urgency"),
                    parameter("status", "Items of this status"),
                    parameter("source", "A part of a source's name"),
                    parameter("by", "Items that this person stored a version of"),
                    parameter("story", "Items of this story"),
                    parameter("from", "Items first published at this time or later"),
                    parameter("until", "Items first published before this time"),
                    parameter("limit", "Items in the answer", {"type": "integer", "minimum": 1, "maximum": 200}),
                    parameter("after", "The `next` of the answer before"),
                ],
            )
        },
        "/v1/items/{uri}/history": {
            "get": operation(
                "Read every version of an item",
                {"200": ("_History", "The versions, the oldest first")},
                (401, 404, 503),
                parameters=[path_parameter("uri")],
            )
        },
        "/v1/bylines": {
            "get": operation(
                "Say who stored each version of items",
                {"200": ("_Bylines", "The names")},
                (400, 401, 503),
                parameters=[parameter("uri", "An item; up to 100 times")],
            )
        },
        "/v1/presence": {
            "get": operation("Say who is at work", {"200": ("_People", "The open pages")}, (401, 503)),
            "put": operation(
                "Report what a page has open",
                {"200": ("_People", "The open pages")},
                (400, 401, 403, 413, 415, 422, 503),
                body="PresenceRequest",
            ),
            "delete": operation(
                "End the entry of a page",
                {"204": (None, "Ended")},
                (401, 403, 503),
                parameters=[parameter("page", "The page's own id")],
            ),
        },
    }
