"""The OpenAPI description of the registry of sources."""

from typing import Final

import msgspec

from publisher.core.request import SourceChangeRequest, SourceRequest
from publisher.core.sources import RegisteredSource
from ticker.contract.problem import FieldError
from ticker.shared.http.openapi import Json, operation, parameter, path_parameter


class _Sources(msgspec.Struct):
    revision: int
    sources: list[RegisteredSource]


class _Stored(msgspec.Struct, rename="camel"):
    source: RegisteredSource
    warnings: list[FieldError] = []
    dry_run: bool = False


SOURCE_SHAPES: Final = (SourceRequest, SourceChangeRequest, _Sources, _Stored)


def source_paths() -> Json:
    """The paths of `publisher.api.sources`."""
    seen = parameter("If-Match", 'The version that was seen, in quotes: "1".', place="header", required=True)
    return {
        "/v1/sources": {
            "get": operation(
                "List the registered sources, retired ones included",
                {"200": ("_Sources", "The sources"), "304": (None, "None has changed since `If-None-Match`")},
                (401, 503),
                parameters=[parameter("If-None-Match", "The `ETag` of an earlier answer", place="header")],
            ),
            "post": operation(
                "Register a source",
                {"201": ("_Stored", "Registered"), "200": ("_Stored", "It was there already, or a dry run")},
                (400, 401, 403, 409, 413, 415, 422, 503),
                body="SourceRequest",
            ),
        },
        "/v1/sources/{id}": {
            "patch": operation(
                "Change, retire or bring back a source",
                {"200": ("_Stored", "Changed, or for a dry run only sound")},
                (400, 401, 403, 404, 412, 413, 415, 422, 428, 503),
                body="SourceChangeRequest",
                parameters=[path_parameter("id"), seen],
            )
        },
    }
