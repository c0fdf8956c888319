"""What a page shows of a description: groups of operations, messages, and schemas, as plain structs for a template."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from markupsafe import Markup

from ticker.shared.http.openapi import Json
from ticker.shared.http.reference.schema_text import Labels, markdown, schema_text, schema_title

# What only operators and their machines ask.
_OPERATING: Final = ("health", "metrics", "version", "openapi.json")
_METHODS: Final = ("get", "post", "put", "patch", "delete")


class Field(msgspec.Struct, frozen=True):
    """A parameter, or a field of an object."""

    name: str
    type: Markup
    meaning: Markup
    is_required: bool = False
    place: str = ""
    """Where a parameter is sent: `path`, `query` or `header`."""
    repeats: bool = False
    """Whether the field before it has the same meaning, which is then shown once."""


class Answer(msgspec.Struct, frozen=True):
    """One or several statuses with the same meaning, and the shape of the body."""

    statuses: str
    meaning: Markup
    type: Markup


class Operation(msgspec.Struct, frozen=True):
    """One method of one path."""

    id: str
    method: str
    path: str
    summary: Markup
    parameters: list[Field]
    body: Markup
    answers: list[Answer]


class Shape(msgspec.Struct, frozen=True):
    """A named schema: the fields of an object, or what values it takes."""

    id: str
    name: str
    about: Markup
    fields: list[Field]
    type: Markup


class MessageView(msgspec.Struct, frozen=True):
    """A message of a live connection, with examples as indented JSON."""

    name: str
    is_sent: bool
    """Whether the server sends it; else clients do."""
    summary: Markup
    fields: list[Field]
    examples: list[str]


class CloseView(msgspec.Struct, frozen=True):
    """A close code and what a client does then."""

    code: str
    meaning: Markup
    reconnect: bool


class View(msgspec.Struct, frozen=True):
    """One page."""

    about: Markup
    groups: dict[str, list[Operation]]
    messages: list[MessageView]
    shapes: list[Shape]
    closes: list[CloseView]


def openapi_view(document: Json, labels: Labels) -> View:
    """The page of an OpenAPI description; operations are grouped by the part of their path after the version."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                parameters = [*methods.get("parameters", []), *methods[method].get("parameters", [])]
                described = {**methods[method], "parameters": parameters}
                groups.setdefault(_group(path), []).append(_operation(method, path, described, labels))
    return View(Markup(), groups, [], _shapes(document, labels), [])


def asyncapi_view(document: Json, labels: Labels) -> View:
    """The page of an AsyncAPI description with one channel."""
    components = document["components"]
    received = [reference["$ref"].rpartition("/")[2] for reference in document["operations"]["change"]["messages"]]
    messages = [
        MessageView(
            name=name,
            is_sent=name not in received,
            summary=markdown(message["summary"]),
            fields=_fields(components["schemas"][message["payload"]["$ref"].rpartition("/")[2]], labels),
            examples=[_indented(example["payload"]) for example in message["examples"]],
        )
        for name, message in components["messages"].items()
    ]
    payloads = {schema_title(message["payload"]["$ref"]) for message in components["messages"].values()}
    shapes = [shape for shape in _shapes(document, labels) if shape.name not in payloads]
    closes = [
        CloseView(code, markdown(close["meaning"]), close["reconnect"])
        for code, close in document["x-close-codes"].items()
    ]
    return View(markdown(document["info"]["description"]), {}, messages, shapes, closes)


def _group(path: str) -> str:
    first, *rest = path.strip("/").split("/")
    if re.fullmatch(r"v\d+", first):
        return rest[0]
    return "operating" if first in _OPERATING else "pages"


def _operation(method: str, path: str, operation: Json, labels: Labels) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return Operation(
        id=re.sub(r"[^a-z0-9]+", "-", f"{method} {path}".lower()).strip("-"),
        method=method.upper(),
        path=path,
        summary=markdown(operation["summary"]),
        parameters=_parameters(operation["parameters"], labels),
        body=schema_text(body, labels) if body else Markup(),
        answers=list(_answers(operation["responses"], labels)),
    )


def _parameters(parameters: list[Json], labels: Labels) -> list[Field]:
    meanings = [parameter.get("description", "") for parameter in parameters]
    return [
        Field(
            name=parameter["name"],
            type=schema_text(parameter["schema"], labels),
            meaning=markdown(meaning),
            is_required=parameter.get("required", False),
            place=parameter["in"],
            repeats=bool(meaning) and meaning == previous,
        )
        for parameter, meaning, previous in zip(parameters, meanings, ["", *meanings], strict=False)
    ]


def _answers(responses: Json, labels: Labels) -> Iterator[Answer]:
    """The answers in the order of their statuses; problems with the same text are one."""
    together: dict[tuple[str, Markup], list[str]] = {}
    for status, response in sorted(responses.items()):
        texts = [
            schema_text(content["schema"], labels)
            if "json" in kind
            else Markup('<code dir="ltr">{}</code>').format(kind)
            for kind, content in response.get("content", {}).items()
        ]
        type = Markup(" {} ").format(labels["or"]).join(texts)
        together.setdefault((response["description"], type), []).append(status)
    for (meaning, type), statuses in together.items():
        yield Answer(" ".join(statuses), markdown(meaning), type)


def _shapes(document: Json, labels: Labels) -> list[Shape]:
    shapes = [
        Shape(
            id=f"schema-{schema_title(name)}",
            name=schema_title(name),
            about=markdown(_first_paragraph(schema.get("description", ""))),
            fields=_fields(schema, labels),
            type=Markup() if "properties" in schema else schema_text(schema, labels),
        )
        for name, schema in document["components"]["schemas"].items()
    ]
    return sorted(shapes, key=lambda shape: shape.name.lower())


def _fields(schema: Json, labels: Labels) -> list[Field]:
    required = schema.get("required", [])
    return [
        Field(
            name=name,
            type=schema_text(field, labels),
            meaning=markdown(_first_paragraph(field.get("description", ""))),
            is_required=name in required,
        )
        for name, field in schema.get("properties", {}).items()
    ]


def _first_paragraph(text: str) -> str:
    return text.partition("\n\n")[0]


def _indented(value: Any) -> str:  # Any: a JSON value
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
