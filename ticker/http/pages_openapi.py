"""The part of the OpenAPI description for pages, feeds and embedding."""

from typing import Final

import msgspec

from ticker.shared.http.openapi import Json, operation, parameter, path_parameter

_UNCHANGED: Final = (None, "As before")
_STARTING: Final = "The node is starting; ask again"
_EDITION: Final = parameter("edition", "An edition of the site; the first one if it is left out")


class Embedding(msgspec.Struct, frozen=True):
    """An answer of oEmbed 1.0, of the type `rich`."""

    version: str
    type: str
    provider_name: str
    provider_url: str
    title: str
    html: str
    width: int
    height: int
    cache_age: int


def page_paths() -> Json:
    """The paths, each with its operation."""
    return {
        "/oembed": {"get": _oembed()},
        "/items/{uri}": {
            "get": _page(
                "Read the page of an item: its line, notes, times and versions",
                {"404": "There is no such item, or it is on hold", "410": "It was withdrawn", "503": "Ask again"},
                [path_parameter("uri")],
            )
        },
        "/items/{uri}/card.png": {"get": _card()},
        "/corrections": {
            "get": _page("Read the page of an edition's corrections and withdrawals", {"503": _STARTING}, [_EDITION])
        },
        "/corrections.atom": {
            "get": _file("Read the same as an Atom feed", "application/atom+xml", [_EDITION], (400, 503))
        },
        "/story/{id}": {
            "get": _page(
                "Read the page of a story: its current items in one edition",
                {"404": "There is nothing on this story now", "503": _STARTING},
                [path_parameter("id"), _EDITION],
            )
        },
        "/asyncapi.json": {"get": _file("Read the description of the live messages", "application/json", [])},
        "/llms.txt": {"get": _file("Read how to use this service, in Markdown", "text/plain", [])},
    }


def _oembed() -> Json:
    sizes = {name: f"Most {side} in pixels" for name, side in (("maxwidth", "width"), ("maxheight", "height"))}
    return operation(
        "Describe a ticker page for a CMS (oEmbed 1.0, as JSON)",
        {"200": ("Embedding", "A frame with the page")},
        (400, 404, 501),
        [
            parameter("url", "The address of `/` or `/embed` of this ticker", required=True),
            *(parameter(name, meaning, {"type": "integer"}) for name, meaning in sizes.items()),
        ],
    )


def _card() -> Json:
    described = operation(
        "Read the share card of an item as a picture",
        {"200": (None, "A picture, 1200 by 630"), "304": _UNCHANGED},
        (400, 404, 501, 503),
        [path_parameter("uri")],
    )
    described["responses"]["200"]["content"] = {"image/png": {}}
    return described


def _page(summary: str, other: dict[str, str], parameters: list[Json]) -> Json:
    described = operation(summary, {"200": (None, "A page")}, (400,), parameters)
    html: Json = {"text/html": {"schema": {"type": "string"}}}
    described["responses"]["200"]["content"] = html
    for status, meaning in other.items():
        described["responses"][status] = {"description": meaning, "content": html}
    return described


def _file(summary: str, media_type: str, parameters: list[Json], refusals: tuple[int, ...] = (400,)) -> Json:
    described = operation(summary, {"200": (None, "The file"), "304": _UNCHANGED}, refusals, parameters)
    schema: Json = {} if media_type == "application/json" else {"type": "string"}
    described["responses"]["200"]["content"] = {media_type: {"schema": schema}}
    return described
