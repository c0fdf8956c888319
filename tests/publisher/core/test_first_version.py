"""The first version: the item that a request becomes, and every reason for a refusal."""

import re
from typing import Any

import msgspec
import pytest

from publisher.core.decode import decode
from publisher.core.digital_source import DIGITAL_SOURCE_TYPES
from publisher.core.first_version import first_version
from publisher.core.refusals import RefusalsError
from publisher.core.request import ItemRequest
from publisher.core.sentences import sentence
from tests.support.sample_items import NOW, URI, line
from ticker.contract.item import InfoSource, Item, Story, Text, decode_item, encode_item
from ticker.contract.site import load_site

_SITE = load_site(None)


def drafted(**fields: Any) -> Item:
    body = msgspec.json.encode(fields)
    return first_version(decode(body, ItemRequest), _SITE, uri=URI, now=NOW)


def refused(**fields: Any) -> dict[str, str]:
    with pytest.raises(RefusalsError) as error:
        drafted(**fields)
    return {refusal.field: refusal.code for refusal in error.value.refusals}


def test_a_line_of_a_registered_source_becomes_a_complete_item() -> None:
    item = drafted(**line())
    assert item.headline == Text("Bridge in the old town closed", "en", "ltr")
    assert item.info_sources == (InfoSource(Text("Civil Defence", "en", "ltr"), "official", "civil-defence"),)
    assert (item.version, item.act, item.pub_status, item.urgency) == (1, "publish", "usable", 4)
    assert item.first_created == item.version_created
    assert decode_item(encode_item(item)) == item


def test_a_registered_source_is_named_in_the_language_of_the_item() -> None:
    item = drafted(text="Civil Defence: إغلاق الجسر", edition="ar")
    assert item.info_sources[0].name == Text("الدفاع المدني", "ar", "rtl")
    assert item.headline == Text("إغلاق الجسر", "ar", "rtl")


def test_an_unknown_source_with_a_role_is_accepted() -> None:
    item = drafted(text="A neighbour: Blast heard", role="eyewitness", edition="en")
    assert item.info_sources == (InfoSource(Text("A neighbour", "en", "ltr"), "eyewitness"),)


def test_an_unknown_source_without_a_role_is_refused_with_the_roles() -> None:
    with pytest.raises(RefusalsError) as refused_item:
        drafted(text="A neighbour: Blast heard", edition="en")
    (refusal,) = refused_item.value.refusals
    assert re.search(r"correspondent, platform, .*organisation", sentence(refusal))
    assert refused(text="A neighbour: Blast heard", edition="en") == {"role": "source-unknown"}


def test_a_registered_source_is_not_given_another_role() -> None:
    assert refused(**line(role="platform")) == {"role": "source-role"}
    assert drafted(**line(role="official")).info_sources[0].role == "official"


def test_a_source_is_named_by_name_or_by_id() -> None:
    by_id = drafted(headline="x", infoSources=[{"uri": "civil-defence"}], edition="es")
    by_name = drafted(headline="x", infoSources=[{"name": "Civil Defence"}], edition="es")
    assert by_id.info_sources == by_name.info_sources
    assert by_id.info_sources[0].name.value == "Protección Civil"
    assert refused(headline="x", infoSources=[{"uri": "nobody"}], edition="en") == {"infoSources[0].uri": "source-uri"}
    assert refused(headline="x", infoSources=[{}], edition="en") == {"infoSources[0].name": "missing"}


def test_a_language_without_a_direction_is_auto_and_never_guessed() -> None:
    assert drafted(**line(language="fr")).headline.direction == "auto"
    assert drafted(**line(language="fr", direction="ltr")).headline.direction == "ltr"
    assert drafted(**line(language="en")).headline.direction == "ltr"
    message = drafted(
        headline={"value": "x", "language": "he", "direction": "rtl"},
        infoSources=[{"uri": "civil-defence"}],
        edition="en",
    )
    assert message.headline == Text("x", "he", "rtl")


def test_a_time_is_brought_to_utc_with_milliseconds() -> None:
    item = drafted(**line(expires="2027-01-01T02:00:00+02:00", pinnedUntil="2026-12-31T23:59:59.5Z"))
    assert (item.expires, item.pinned_until) == ("2027-01-01T00:00:00.000Z", "2026-12-31T23:59:59.500Z")


@pytest.mark.parametrize(
    ("fields", "where", "code"),
    [
        ({"text": "no colon here"}, "text", "no-source"),
        ({"text": "   "}, "text", "text-empty"),
        ({"text": "Civil Defence: " + "a" * 501}, "text", "text-long"),
        ({"text": "a" * 1000}, "text", "text-long"),
        ({"text": "Civil Defence: on\u202ely"}, "text", "text-character"),
        ({"headline": "x"}, "text", "text-and-headline"),
        ({"edition": "xx"}, "edition", "unknown-name"),
        ({"urgency": 0}, "urgency", "urgency"),
        ({"urgency": 9}, "urgency", "urgency"),
        ({"sections": ["nowhere"]}, "sections", "unknown-name"),
        ({"sections": ["world", "world"]}, "sections", "repeated"),
        ({"places": ["atlantis"]}, "places", "unknown-name"),
        ({"link": "http://example.org/"}, "link", "link"),
        ({"link": "javascript:alert(1)"}, "link", "link"),
        ({"expires": "tomorrow"}, "expires", "time"),
        ({"expires": "2027-01-01"}, "expires", "time"),
        ({"expires": "2027-01-01T00:00:00"}, "expires", "time"),
        ({"expires": "0001-01-01T00:00:00+23:59"}, "expires", "time"),
        ({"expires": "2020-01-01T00:00:00Z"}, "expires", "time-past"),
        ({"pinnedUntil": "2020-01-01T00:00:00Z"}, "pinnedUntil", "time-past"),
        ({"language": "not a tag"}, "language", "language"),
        ({"translationOf": "urn:other:1"}, "translationOf", "uri"),
        ({"publishAt": "2001-01-01T00:00:00Z"}, "publishAt", "time-past"),
        ({"embargoedUntil": "tomorrow"}, "embargoedUntil", "time"),
        ({"edNote": "x" * 2001}, "edNote", "text-long"),
    ],
)
def test_a_refusal_names_its_field(fields: dict[str, Any], where: str, code: str) -> None:
    assert refused(**line(**fields)) == {where: code}


def test_a_headline_form_needs_a_headline_and_a_source() -> None:
    assert refused(edition="en") == {"headline": "no-headline", "infoSources": "no-source"}
    assert refused(edition="en", headline="x", infoSources=[]) == {"infoSources": "no-source"}
    assert refused(edition="en", headline="x", infoSources=[{"uri": "civil-defence"}], role="agency") == {
        "role": "role-place"
    }


def test_a_source_is_named_once_and_there_are_few() -> None:
    twice = [{"uri": "civil-defence"}, {"name": "protección civil"}]
    assert refused(headline="x", infoSources=twice, edition="en") == {"infoSources[1].name": "source-twice"}
    sources = [{"name": f"n{number}", "role": "agency"} for number in range(6)]
    assert refused(headline="x", infoSources=sources, edition="en") == {"infoSources": "sources-many"}


def test_all_errors_are_reported_at_once() -> None:
    wrong = refused(
        text="Nobody: x", edition="xx", urgency=99, link="ftp://x", publishAt="2001-01-01T00:00:00Z", expires="x"
    )
    assert set(wrong) == {"edition", "role", "urgency", "link", "publishAt", "expires"}


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ("2026-12-31t23:59:59z", "2026-12-31T23:59:59.000Z"),
        ("2026-12-31T23:59:59.25z", "2026-12-31T23:59:59.250Z"),
        ("2026-12-31 23:59:59Z", "2026-12-31T23:59:59.000Z"),
        ("2026-12-31T23:59Z", "2026-12-31T23:59:00.000Z"),
        ("2026-12-31T23:59:59-00:00", "2026-12-31T23:59:59.000Z"),
        ("2026-12-31T23:59:59.123456789Z", "2026-12-31T23:59:59.123Z"),
        ("2026-12-31T23:59:59.1234567890123456789012+00:00", "2026-12-31T23:59:59.123Z"),
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00.000Z"),
        ("2026-12-31T23:59:60.5Z", "2027-01-01T00:00:00.500Z"),
        ("2027-01-01T01:59:60+02:00", "2027-01-01T00:00:00.000Z"),
        ("2026-12-31T18:29:60-05:30", "2027-01-01T00:00:00.000Z"),
        ("2027-01-01T02:00:00+0200", "2027-01-01T00:00:00.000Z"),
        *(
            (wrong, None)
            for wrong in (
                "2026-12-31T23:58:60Z",
                "2026-12-31T23:59:61Z",
                "2026-12-31T24:00:00Z",
                "2026-12-31T23:59:59",
                "2026-12-31T23:59:59.Z",
                "2026-12-31T23:59:59+25:00",
                "2026-12-31T23:59:59+14:60",
                "2026-12-31T23:59:59-0199",
                "2026-02-30T00:00:00Z",
                "20261231T235959Z",
                "2026-W53-4T23:59:59Z",
                "2026-12-31T23:59:59Z ",
                "٢٠٢٦-12-31T23:59:59Z",
                "2026-12-31TZ",
                "9999-12-31T23:59:60Z",
            )
        ),
    ],
)
def test_a_time_is_read_as_rfc_3339_has_it_and_written_in_one_form(value: str, normal: str | None) -> None:
    if normal is None:
        assert refused(**line(expires=value))["expires"] == "time"
    else:
        item = drafted(**line(expires=value, pinnedUntil=value))
        assert (item.expires, item.pinned_until) == (normal, normal)


def test_an_item_names_its_story_in_its_own_language() -> None:
    item = drafted(text="Civil Defence: إغلاق الجسر", edition="ar", story={"id": "flood-2026", "title": "الفيضان"})
    assert item.story == Story("flood-2026", Text("الفيضان", "ar", "rtl"))


def test_a_story_without_an_id_is_a_new_one_that_a_repeat_of_the_same_item_gives_again() -> None:
    first, again = (drafted(**line(story={"title": "The bridge"})) for _ in range(2))
    assert first.story == again.story and first.story is not None
    assert first.story.id == URI.removeprefix("urn:flashwire:")


@pytest.mark.parametrize("story_id", ["", "Flood", "-flood", "flood 2026", "f" * 65, "فيضان"])
def test_a_story_id_has_the_form_that_filters_take(story_id: str) -> None:
    assert refused(**line(story={"id": story_id, "title": "x"})) == {"story.id": "story-id"}


def test_a_story_needs_a_title_without_marks_that_lines_refuse() -> None:
    assert refused(**line(story={"id": "flood", "title": " "})) == {"story.title": "text-empty"}
    assert refused(**line(story={"id": "flood", "title": "a\u200eb"})) == {"story.title": "text-character"}
    assert refused(**line(story={"id": "flood", "title": "x" * 121})) == {"story.title": "text-long"}


@pytest.mark.parametrize(
    "prefix", ["", *(f"{s}://cv.iptc.org/newscodes/digitalsourcetype/" for s in ("http", "https"))]
)
def test_a_digital_source_type_is_a_term_of_the_iptc_or_its_address(prefix: str) -> None:
    for term in DIGITAL_SOURCE_TYPES:
        assert drafted(**line(digitalSourceType=prefix + term)).digital_source_type == term


@pytest.mark.parametrize("value", ["", "AI", "softwareImage", "TrainedAlgorithmicMedia", "https://example.org/print"])
def test_other_digital_source_types_are_refused(value: str) -> None:
    assert refused(**line(digitalSourceType=value)) == {"digitalSourceType": "digital-source-type"}


def test_the_reviewer_is_one_line_of_text() -> None:
    assert drafted(**line(reviewedBy="Night editor")).reviewed_by == "Night editor"
    assert drafted(**line(reviewedBy=None)).reviewed_by is None
    assert refused(**line(reviewedBy="a\nb")) == {"reviewedBy": "text-character"}
