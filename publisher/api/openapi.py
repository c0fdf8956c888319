"""The OpenAPI 3.1 description of the desk, from the very shapes that requests are decoded with."""

from functools import cache
from typing import Final

import msgspec

from publisher.api.flow_openapi import FLOW_SHAPES, flow_paths
from publisher.api.guard_openapi import GUARD_SHAPES, guard_paths
from publisher.api.items_openapi import ITEMS_SHAPES, items_paths
from publisher.api.people_openapi import PEOPLE_SHAPES, people_paths
from publisher.api.similar import SimilarAnswer
from publisher.api.sources_openapi import SOURCE_SHAPES, source_paths
from publisher.api.warnings import Warning
from publisher.api.wire_openapi import BYLINES_PARAMETER, WIRE_SHAPES, DeskItem, wire_paths
from publisher.core.confirmation import Confirmation
from publisher.core.request import (
    ActRequest,
    CanaryRequest,
    ItemRequest,
    SessionRequest,
    SimilarRequest,
    SplitRequest,
    WelcomeRequest,
)
from ticker.contract.item import Item
from ticker.contract.problem import Problem
from ticker.shared.http.openapi import Json, describe, operating_paths, operation, parameter, path_parameter, schemas_of

_SHAPES: Final = (
    ItemRequest, ActRequest, CanaryRequest, SessionRequest, SimilarRequest, SplitRequest, WelcomeRequest, Item, Problem,
    SimilarAnswer,
)  # fmt: skip


class _SiblingDraft(msgspec.Struct):
    edition: str
    id: str = ""


class _Sibling(msgspec.Struct, omit_defaults=True):
    """The outcome of one sibling: an item, a draft, or a problem."""

    uri: str | msgspec.UnsetType = msgspec.UNSET
    edition: str | msgspec.UnsetType = msgspec.UNSET
    item: Item | msgspec.UnsetType = msgspec.UNSET
    cursor: str | msgspec.UnsetType = msgspec.UNSET
    draft: _SiblingDraft | msgspec.UnsetType = msgspec.UNSET
    problem: Problem | msgspec.UnsetType = msgspec.UNSET


class _Published(msgspec.Struct, rename="camel"):
    item: Item
    cursor: str
    siblings: list[_Sibling] = []
    warnings: list[Warning] = []


class _Tried(msgspec.Struct, rename="camel"):
    item: Item
    dry_run: bool
    confirmation: Confirmation
    siblings: list[_Sibling] = []
    warnings: list[Warning] = []


class _Items(msgspec.Struct):
    items: list[DeskItem]


# Reading the shapes takes longer than the rest, and they never change.
@cache
def _schemas() -> Json:
    return schemas_of(
        (
            *_SHAPES,
            *ITEMS_SHAPES,
            *WIRE_SHAPES,
            *FLOW_SHAPES,
            *SOURCE_SHAPES,
            *GUARD_SHAPES,
            *PEOPLE_SHAPES,
            _Published,
            _Tried,
            DeskItem,
            _Items,
        )
    )


def document(version: str, cookie: str = "flashwire_desk") -> Json:
    """The whole description; `cookie` is the name of this desk's session cookie."""
    key = _header("Idempotency-Key", "The same key gives the same answer for 24 hours and publishes once.")
    seen = _header("If-Match", 'The version that was seen, in quotes: "1".', required=True)
    ready = operation(
        "Say whether items can be published",
        {"200": (None, "They can"), "503": (None, "They cannot, and why")},
    )
    paths: Json = {
        "/v1/items": {
            "get": operation(
                "List the newest items, those on hold included",
                {"200": ("_Items", "The items, the latest first published first")},
                (400, 401, 503),
                parameters=[
                    parameter("limit", "Items in the answer", {"type": "integer", "minimum": 1, "maximum": 200}),
                    parameter("edition", "Items of this edition"),
                    parameter("status", "Items of this status"),
                    parameter("stale", "With 1, translations that an act on their original made stale"),
                    parameter("ahead", "Items with this time still to come: expires or pinnedUntil"),
                    BYLINES_PARAMETER,
                ],
            ),
            "post": operation(
                "Publish an item",
                {
                    "201": ("_Published", "Stored"),
                    "200": ("_Tried", "A dry run: sound, and not published"),
                    "202": ("_WaitingAnswer", "Scheduled"),
                },
                (400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
                body="ItemRequest",
                parameters=[key],
            ),
        },
        "/v1/items/{uri}": {
            "get": operation(
                "Read an item's newest version",
                {"200": ("DeskItem", "The item")},
                (401, 404, 503),
                parameters=[path_parameter("uri"), BYLINES_PARAMETER],
            )
        },
        "/v1/items/{uri}/acts": {
            "post": operation(
                "Update, refile, correct, hold, release or withdraw an item",
                {"200": ("_Published", "Stored, or for a dry run only sound")},
                (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503),
                body="ActRequest",
                parameters=[path_parameter("uri"), seen, key],
            )
        },
        "/v1/split": {
            "post": operation(
                "Split a line into source and text",
                {"200": (None, "The halves")},
                (400, 401, 413, 415, 422),
                body="SplitRequest",
            )
        },
        "/v1/similar": {
            "post": operation(
                "Check a line while it is typed",
                {"200": ("SimilarAnswer", "Similar lines, the alert budget and advice")},
                (400, 401, 403, 413, 415, 422, 429),
                body="SimilarRequest",
            )
        },
        "/v1/site": {"get": operation("Read the site's names", {"200": (None, "The site")}, (401,))},
        "/v1/canary": {
            "post": operation(
                "Send a canary to whoever joined with edition=canary",
                {"201": ("_Published", "Stored")},
                (400, 401, 403, 413, 415, 422, 429, 503),
                body="CanaryRequest",
                is_body_required=False,
            )
        },
        "/v1/session": {
            "get": operation("Say who is signed in", {"200": ("SessionAnswer", "Who, and until when")}, (401, 503)),
            "post": operation(
                "Sign in with a token",
                {"200": ("SessionAnswer", "Who, and until when; sets the session's cookie")},
                (400, 401, 403, 413, 415, 422, 429, 503),
                body="SessionRequest",
            ),
            "delete": operation("Sign out", {"204": (None, "Signed out")}, (401, 403)),
        },
        "/v1/welcome": {
            "post": operation(
                "Make the first chief's token",
                {"201": (None, "The token, shown this once")},
                (400, 403, 413, 415, 422),
                body="WelcomeRequest",
            )
        },
    }
    paths |= items_paths() | wire_paths() | source_paths() | guard_paths() | people_paths()
    security = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie},
    }
    described = describe(
        "Flashwire desk",
        version,
        paths | flow_paths(key, seen) | operating_paths(ready),
        _schemas(),
        securitySchemes=security,
    )
    return described | {"security": [{"token": []}, {"session": []}]}


def _header(name: str, meaning: str, *, required: bool = False) -> Json:
    return parameter(name, meaning, place="header", required=required)
