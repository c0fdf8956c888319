"""Builds OpenAPI 3.1 descriptions; each side adds its paths and the shapes of its answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

Json = dict[str, Any]  # Any: a JSON schema has no narrower type

COMPONENTS: Final = "#/components/schemas/"
_TEXT: Final[Json] = {"type": "string"}


def describe(title: str, version: str, paths: Json, schemas: Json, **further: Json) -> Json:
    """The whole document; `further` are sections next to `paths`, such as `security`, or entries of `components`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": schemas, **further},
    }


def schemas_of(shapes: Sequence[type]) -> Json:
    """The schemas of msgspec structs, by name, as `reference` points to them."""
    return msgspec.json.schema_components(shapes, ref_template=COMPONENTS + "{name}")[1]


def reference(shape: str) -> Json:
    """A reference to the schema of that name."""
    return {"$ref": COMPONENTS + shape}


def operation(
    summary: str,
    answers: Mapping[str, tuple[str | None, str]],
    problems: Sequence[int] = (),
    parameters: Sequence[Json] = (),
    *,
    body: str | None = None,
    is_body_required: bool = True,
) -> Json:
    """One operation; `answers` gives for each status the name of its JSON shape, or None, and what it means."""
    responses: Json = {}
    for status, (shape, meaning) in answers.items():
        responses[status] = {"description": meaning}
        if shape:
            responses[status]["content"] = {"application/json": {"schema": reference(shape)}}
    for number in (*problems, 500):
        responses[str(number)] = problem_response("Problem", "A problem, as its body says")
    built: Json = {"summary": summary, "responses": responses}
    if body:
        content = {"application/json": {"schema": reference(body)}}
        built["requestBody"] = {"required": is_body_required, "content": content}
    if parameters:
        built["parameters"] = list(parameters)
    return built


def problem_response(shape: str, meaning: str) -> Json:
    """A response of type `application/problem+json` (RFC 9457)."""
    return {"description": meaning, "content": {"application/problem+json": {"schema": reference(shape)}}}


def parameter(name: str, meaning: str, schema: Json = _TEXT, *, place: str = "query", **further: Any) -> Json:
    """A parameter in `query` or `header`; `further` are fields such as `required` or `explode`."""
    return {"name": name, "in": place, "description": meaning, "schema": schema, **further}


def path_parameter(name: str) -> Json:
    """A parameter in the path."""
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def operating_paths(ready: Json) -> Json:
    """The paths for operators on both sides; `ready` is the operation of `/health/ready`, which differs."""
    return {
        "/health/live": {"get": operation("Say whether the process runs", {"200": (None, "It runs")})},
        "/health/ready": {"get": ready},
        "/metrics": {"get": operation("Read the metrics", {"200": (None, "Prometheus text")})},
        "/version": {"get": operation("Read the version", {"200": (None, "The version")})},
        "/openapi.json": {"get": operation("Read this description", {"200": (None, "OpenAPI 3.1")})},
    }
