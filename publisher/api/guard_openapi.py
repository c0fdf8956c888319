"""The OpenAPI description of the audit, the kill switch and receipts."""

from typing import Final

import msgspec

from publisher.core.receipts import Audience, Receipt
from publisher.core.request import KillRequest, LiftRequest
from publisher.core.stops import Stop
from ticker.shared.http.openapi import Json, operation, parameter, path_parameter


class _AuditRecord(msgspec.Struct):
    number: int
    time: str
    event: str
    actor: str
    action: str
    object: str
    details: dict[str, str]
    content: str
    previous: str
    hash: str


class _AuditHead(msgspec.Struct):
    number: int
    hash: str


class _Audit(msgspec.Struct):
    records: list[_AuditRecord]
    head: _AuditHead
    spooled: int


class _Stops(msgspec.Struct):
    stops: list[Stop]


class _ItemReceipt(msgspec.Struct):
    uri: str
    versions: list[Receipt]


class _Receipts(msgspec.Struct):
    nodes: int
    connections: int
    receipts: dict[str, list[Receipt]]
    audience: Audience


GUARD_SHAPES: Final = (KillRequest, LiftRequest, Stop, _Stops, _Audit, Receipt, _ItemReceipt, _Receipts, Audience)


def guard_paths() -> Json:
    """The paths of `publisher.api.audit`, `publisher.api.kill` and `publisher.api.receipts`."""
    return {
        "/v1/audit": {
            "get": operation(
                "Read the audit, the newest record first",
                {"200": ("_Audit", "The records, and the head of the chain")},
                (400, 401, 403, 503),
                parameters=[
                    parameter("limit", "Records in the answer", {"type": "integer", "minimum": 1, "maximum": 200}),
                    parameter("before", "Records with a lower number", {"type": "integer", "minimum": 0}),
                    parameter("actor", "Records of this actor"),
                    parameter("action", "Records of this action"),
                    parameter("object", "Records of this object"),
                ],
            )
        },
        "/v1/items/{uri}/receipt": {
            "get": operation(
                "Say how many connections were written each version, and how fast",
                {"200": ("_ItemReceipt", "A receipt for each version, the oldest first")},
                (401, 404, 503),
                parameters=[path_parameter("uri")],
            )
        },
        "/v1/receipts": {
            "get": operation(
                "Read the receipts of all items about which nodes have reported lately",
                {"200": ("_Receipts", "Receipts by item, and the live connections of all nodes")},
                (400, 401, 503),
                parameters=[
                    parameter("seconds", "Reports of this time", {"type": "integer", "minimum": 0, "maximum": 3600})
                ],
            )
        },
        "/v1/audience": {
            "get": operation(
                "Say how many connections are open now, in all and of each edition",
                {"200": ("Audience", "What the nodes have reported")},
                (401, 503),
            )
        },
        "/v1/kill": {
            "get": operation("List the stops in force", {"200": ("_Stops", "The stops")}, (401, 503)),
            "post": operation(
                "Stop publishing for a user, an edition or everything",
                {"201": ("Stop", "In force at every desk")},
                (400, 401, 403, 413, 415, 422, 503),
                body="KillRequest",
            ),
        },
        "/v1/kill/{id}/lift": {
            "post": operation(
                "End a stop",
                {"200": ("Stop", "The stop, which is no longer in force")},
                (400, 401, 403, 404, 413, 415, 422, 503),
                body="LiftRequest",
                parameters=[path_parameter("id")],
            )
        },
    }
