"""Siblings of one request: what they share, what is theirs, and every error at once."""

from typing import Any

import msgspec
import pytest

from publisher.core.decode import decode
from publisher.core.refusals import RefusalsError
from publisher.core.request import ItemRequest
from publisher.core.siblings import SIBLINGS_LIMIT, Family, family_of
from tests.support.sample_items import NOW, a_uri, line
from ticker.contract.item import Text
from ticker.contract.site import load_site

_SITE = load_site(None)
_ARABIC = {"edition": "ar", "text": "Civil Defence: إغلاق الجسر"}
_SPANISH = {"edition": "es", "text": "Civil Defence: Cierran el puente"}


def family(*siblings: dict[str, Any], titles: dict[str, Text] | None = None, **fields: Any) -> Family:
    body = msgspec.json.encode({**line(**fields), "siblings": siblings})
    uris = [a_uri() for _ in range(1 + len(siblings))]
    return family_of(decode(body, ItemRequest), _SITE, uris=uris, now=NOW, titles=titles or {})


def refused(*siblings: dict[str, Any], **fields: Any) -> dict[str, str]:
    with pytest.raises(RefusalsError) as error:
        family(*siblings, **fields)
    return {refusal.field: refusal.code for refusal in error.value.refusals}


def test_siblings_translate_the_first_item_and_are_first_versions_in_their_editions() -> None:
    first, arabic, spanish = family(_ARABIC, _SPANISH).items
    assert [item.edition for item in (first, arabic, spanish)] == ["en", "ar", "es"]
    assert first.translation_of is None and arabic.translation_of == spanish.translation_of == first.uri
    assert arabic.headline == Text("إغلاق الجسر", "ar", "rtl")
    assert arabic.info_sources[0].name == Text("الدفاع المدني", "ar", "rtl")
    assert len({item.uri for item in (first, arabic, spanish)}) == 3


def test_translations_of_a_translation_belong_to_the_same_original() -> None:
    original = "urn:flashwire:" + "0" * 26
    assert {item.translation_of for item in family(_ARABIC, translationOf=original).items} == {original}


def test_a_sibling_has_what_is_the_same_in_every_language_unless_it_says_otherwise() -> None:
    shared: dict[str, Any] = {
        "urgency": 2,
        "link": "https://example.org/",
        "digitalSourceType": "humanEdits",
        "reviewedBy": "Editor",
    }
    first, arabic, spanish = family({**_ARABIC, "urgency": 3, "link": None}, _SPANISH, **shared).items
    assert (first.urgency, arabic.urgency, spanish.urgency) == (2, 3, 2)
    assert (arabic.link, spanish.link) == (None, "https://example.org/")
    assert arabic.reviewed_by == "Editor" and spanish.digital_source_type == "humanEdits"


def test_siblings_are_in_one_story_with_the_title_that_each_edition_uses() -> None:
    titles = {"es": Text("El puente", "es", "ltr")}
    items = family(_ARABIC, _SPANISH, titles=titles, story={"title": "The bridge"}).items
    assert len({item.story.id for item in items if item.story}) == 1
    assert [item.story.title.value for item in items if item.story] == ["The bridge", "The bridge", "El puente"]
    own = {**_ARABIC, "story": {"title": "الجسر"}}
    first, arabic = family(own, story={"title": "The bridge"}).items
    assert arabic.story and first.story and arabic.story.id == first.story.id
    assert arabic.story.title == Text("الجسر", "ar", "rtl")
    assert family({**_ARABIC, "story": None}, story={"title": "The bridge"}).items[1].story is None


def test_a_sibling_without_a_line_is_a_missing_translation() -> None:
    whole = family({"edition": "ar"}, _SPANISH)
    assert [item.edition for item in whole.items] == ["en", "es"]
    assert [sibling.edition for sibling in whole.missing] == ["ar"]


def test_every_error_names_its_sibling_and_shared_ones_are_named_once() -> None:
    assert refused(_ARABIC, {**_SPANISH, "text": "no source"}, urgency=9) == {
        "urgency": "urgency",
        "siblings[1].text": "no-source",
    }
    assert refused({**_ARABIC, "urgency": 9}) == {"siblings[0].urgency": "urgency"}


@pytest.mark.parametrize(
    ("siblings", "expected"),
    [
        ([{**_ARABIC, "edition": "en"}], {"siblings[0].edition": "repeated"}),
        ([_ARABIC, {"edition": "ar"}], {"siblings[1].edition": "repeated"}),
        ([{"edition": "xx"}], {"siblings[0].edition": "unknown-name"}),
        ([{**_ARABIC, "dryRun": True}], {"siblings[0].dryRun": "unknown-field"}),
    ],
)
def test_each_sibling_has_an_edition_of_its_own(siblings: list[dict[str, Any]], expected: dict[str, str]) -> None:
    assert refused(*siblings) == expected


def test_a_family_has_one_time_and_nothing_in_it_expires_before_that() -> None:
    later = "2100-01-01T00:00:00Z"
    assert len(family(_ARABIC, _SPANISH, publishAt=later).items) == 3
    early = {**_ARABIC, "expires": "2099-12-31T00:00:00Z"}
    assert refused(early, publishAt=later) == {"siblings[0].expires": "time-past"}
    assert refused(_ARABIC, publishAt="soon").keys() == {"publishAt"}


def test_siblings_are_not_too_many() -> None:
    many = [{"edition": "ar"}] * (SIBLINGS_LIMIT + 1)
    assert refused(*many)["siblings"] == "siblings-many"
