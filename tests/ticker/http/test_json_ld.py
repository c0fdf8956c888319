"""The JSON-LD of an item against the types of schema.org: their properties, and the range of each."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from publisher.core.digital_source import DIGITAL_SOURCE_TYPES
from tests.support.items import item
from ticker.contract.item import Correction, Item, Text
from ticker.contract.site import load_site
from ticker.http.json_ld import news_article

NOTE = Text("It was five.", "en", "ltr")
# schema.org 29: the types that a type inherits from.
PARENTS = {
    "NewsArticle": "Article",
    "Article": "CreativeWork",
    "CorrectionComment": "Comment",
    "Comment": "CreativeWork",
    "CreativeWork": "Thing",
    "NewsMediaOrganization": "Organization",
    "Organization": "Thing",
}
# The properties of each type, with their ranges.
PROPERTIES = {
    "Thing": {"name": {"Text"}, "url": {"URL"}, "mainEntityOfPage": {"URL", "CreativeWork"}, "image": {"URL"}},
    "CreativeWork": {
        "headline": {"Text"},
        "inLanguage": {"Text"},
        "datePublished": {"Date", "DateTime"},
        "dateModified": {"Date", "DateTime"},
        "expires": {"Date", "DateTime"},
        "version": {"Number", "Text"},
        "creditText": {"Text"},
        "publisher": {"Organization", "Person"},
        "isAccessibleForFree": {"Boolean"},
        "correction": {"CorrectionComment", "Text", "URL"},
        "digitalSourceType": {"URL"},
        "text": {"Text"},
    },
    "Article": {"articleSection": {"Text"}},
}


def ancestry(name: str) -> list[str]:
    """A type and those that it inherits from."""
    return [name, *ancestry(PARENTS[name])] if name in PARENTS else [name]


def value_types(value: Any) -> set[str]:  # Any: JSON
    """The data types of schema.org that a JSON value may be."""
    if isinstance(value, dict):
        return set(ancestry(value["@type"]))
    if isinstance(value, bool):
        return {"Boolean"}
    if isinstance(value, int | float):
        return {"Number"}
    assert isinstance(value, str) and value
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", value):
        assert datetime.fromisoformat(value).tzinfo is not None
        return {"DateTime", "Text"}
    return {"URL", "Text"} if urlsplit(value).scheme in ("http", "https") else {"Text"}


def expect_types(node: dict[str, Any]) -> None:
    """Checks one node and those in it."""
    ranges = {name: allowed for each in ancestry(node["@type"]) for name, allowed in PROPERTIES.get(each, {}).items()}
    for name, value in node.items():
        if name.startswith("@"):
            continue
        assert name in ranges, f"{node['@type']} has no {name}"
        for each in value if isinstance(value, list) else [value]:
            assert value_types(each) & ranges[name], f"{name}: {each!r} is none of {ranges[name]}"
            if isinstance(each, dict):
                expect_types(each)


def article(line: Item) -> dict[str, Any]:
    """The JSON-LD of an item, decoded."""
    graph = news_article(
        line, load_site(None), "Wire", "https://t.example/items/x", "https://t.example/items/x/card.png"
    )
    decoded: dict[str, Any] = msgspec.json.decode(str(graph))
    return decoded


@pytest.mark.parametrize("term", [None, *DIGITAL_SOURCE_TYPES])
def test_every_property_belongs_to_its_type_and_has_a_value_of_its_range(term: str | None) -> None:
    graph = article(
        item(
            headline=Text("Five wards open", "en", "ltr"), sections=("health",), version=2, act="correction", note=NOTE,
            corrections=(Correction(2, "correction", NOTE, "2026-05-01T09:31:00.000Z"),),
            expires="2026-05-02T09:31:00.000Z", digital_source_type=term,
        )
    )  # fmt: skip
    assert graph["@context"] == "https://schema.org" and graph["@type"] == "NewsArticle"
    expect_types(graph)
    assert {"headline", "datePublished", "dateModified", "publisher", "correction", "image"} <= set(graph)
    assert len(graph["headline"]) <= 500 and ("digitalSourceType" in graph) == (term is not None)


def test_a_wrong_property_or_value_would_be_found() -> None:
    for wrong in ({"headLine": "x"}, {"datePublished": "yesterday"}, {"publisher": {"@type": "CorrectionComment"}}):
        with pytest.raises(AssertionError):
            expect_types({"@type": "NewsArticle", **wrong})
