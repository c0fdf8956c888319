"""The OpenAPI paths and shapes of drafts and of the desk's own events."""

from typing import Any, Final, Literal

import msgspec

from publisher.core.request import ApprovalRequest, DecisionRequest, DraftRequest
from publisher.core.roles import Role
from publisher.core.waiting import State
from ticker.shared.http.openapi import Json, operation, parameter, path_parameter


class _Draft(msgspec.Struct, rename="camel"):
    id: str
    version: int
    state: Literal["draft", "submitted", "published"]
    by: str
    edition: str
    line: dict[str, Any]  # Any: JSON
    note: str | None
    translation_of: str | None
    created: str
    changed: str
    changed_by: str
    submitted: str | None
    uri: str | None


class _DraftAnswer(msgspec.Struct):
    draft: _Draft


class _Drafts(msgspec.Struct):
    drafts: list[_Draft]


class _Problem(msgspec.Struct):
    code: str
    detail: str


class _Waiting(msgspec.Struct, rename="camel"):
    id: str
    version: int
    state: State
    by: str
    act: str
    uri: str | None
    seen: int | None
    item: dict[str, Any]  # Any: an item, whose uri is null before it is published
    siblings: list[dict[str, Any]]  # Any: as `item`
    missing: list[str]
    digest: str
    request: dict[str, Any]  # Any: JSON
    note: str | None
    created: str
    expires: str | None
    due: str | None
    publish_at: str | None
    embargoed_until: str | None
    approver: Role | None
    approved_by: str | None
    approved_at: str | None
    refused_by: str | None
    bypass_reason: str | None
    reason: str | None
    problem: _Problem | None
    canceling: bool
    own: bool
    may_approve: bool
    may_bypass: bool
    may_change: bool


class _WaitingAnswer(msgspec.Struct):
    waiting: _Waiting


class _Approvals(msgspec.Struct):
    approvals: list[_Waiting]


class _Schedule(msgspec.Struct):
    schedule: list[_Waiting]


class _Events(msgspec.Struct):
    seen: str
    topics: list[str]


FLOW_SHAPES: Final = (
    DraftRequest, ApprovalRequest, DecisionRequest, _DraftAnswer, _Drafts,
    _WaitingAnswer, _Approvals, _Schedule, _Events,
)  # fmt: skip
_DECIDED: Final = (400, 401, 403, 404, 409, 412, 413, 415, 422, 503)


def flow_paths(key: Json, seen: Json) -> Json:
    """The paths; `key` and `seen` are the parameters Idempotency-Key and If-Match."""
    return {
        "/v1/drafts": {
            "get": operation(
                "List one's own drafts, and for an editor those of others",
                {"200": ("_Drafts", "The drafts, the latest change first")},
                (400, 401, 503),
                parameters=[parameter("state", "Drafts in this state"), parameter("edition", "Drafts of this edition")],
            ),
            "post": operation(
                "Keep a draft, or submit it",
                {"201": ("_DraftAnswer", "Kept")},
                (400, 401, 403, 409, 413, 415, 422, 503),
                body="DraftRequest",
                parameters=[key],
            ),
        },
        "/v1/drafts/{id}": {
            "get": operation(
                "Read a draft",
                {"200": ("_DraftAnswer", "The draft")},
                (401, 404, 503),
                parameters=[path_parameter("id")],
            ),
            "put": operation(
                "Change, submit or return a draft",
                {"200": ("_DraftAnswer", "Changed")},
                (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503),
                body="DraftRequest",
                parameters=[path_parameter("id"), seen],
            ),
            "delete": operation(
                "Delete a draft",
                {"204": (None, "Deleted")},
                (400, 401, 403, 404, 412, 428, 503),
                parameters=[path_parameter("id"), seen],
            ),
        },
        "/v1/approvals": {
            "get": operation("List the lines that wait for approval", {"200": ("_Approvals", "The lines")}, (401, 503)),
            "post": operation(
                "Ask a second person to approve a request",
                {"201": ("_WaitingAnswer", "Asked")},
                (400, 401, 403, 404, 409, 412, 413, 415, 422, 503),
                body="ApprovalRequest",
                parameters=[key],
            ),
        },
        "/v1/approvals/{id}": _line_paths(seen),
        "/v1/approvals/{id}/approve": _decision("Approve a line and publish it"),
        "/v1/approvals/{id}/bypass": _decision("Publish a line without an approval, for a reason"),
        "/v1/approvals/{id}/refuse": _decision("Refuse a line, for a reason"),
        "/v1/schedule": {
            "get": operation("List the scheduled lines", {"200": ("_Schedule", "The lines")}, (401, 503)),
        },
        "/v1/schedule/{id}": _line_paths(seen),
        "/v1/schedule/{id}/publish": _decision("Publish a stopped line now"),
        "/v1/events": {
            "get": operation(
                "Wait until a list of the desk has changed",
                {"200": ("_Events", "What has changed")},
                (400, 401, 503),
                parameters=[
                    parameter("seen", "The value of the last answer"),
                    parameter("wait", "Seconds to wait at most", {"type": "integer", "minimum": 0, "maximum": 25}),
                ],
            )
        },
    }


def _line_paths(seen: Json) -> Json:
    line = path_parameter("id")
    return {
        "get": operation(
            "Read a waiting line", {"200": ("_WaitingAnswer", "The line")}, (401, 404, 503), parameters=[line]
        ),
        "put": operation(
            "Change a waiting line; an approval is asked for again",
            {"200": ("_WaitingAnswer", "Changed")},
            (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503),
            body="ApprovalRequest",
            parameters=[line, seen],
        ),
        "delete": operation(
            "Take a waiting line back",
            {"204": (None, "Taken back"), "202": ("_WaitingAnswer", "It may be published already")},
            (401, 403, 404, 409, 412, 503),
            parameters=[line],
        ),
    }


def _decision(summary: str) -> Json:
    return {
        "post": operation(
            summary,
            {"200": ("_WaitingAnswer", "Decided; `state` says what came of it")},
            _DECIDED,
            body="DecisionRequest",
            parameters=[path_parameter("id")],
        )
    }
