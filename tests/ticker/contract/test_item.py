"""The item: what travels comes back as it was, and nothing else is taken for one."""

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.items import item, items
from ticker.contract.item import ACTS, ROLES, Act, Item, Role, decode_item, encode_item, instant, moment


@given(items)
def test_an_item_comes_back_as_it_was(original: Item) -> None:
    assert decode_item(encode_item(original)) == original


def test_an_item_has_every_field_under_its_public_name() -> None:
    fields = json.loads(encode_item(item()))
    assert fields == {
        "uri": "urn:flashwire:01JD0000000000000000000000",
        "version": 1,
        "act": "publish",
        "pubStatus": "usable",
        "urgency": 2,
        "headline": {"value": "زلزال يضرب الساحل — “5.9”", "language": "ar", "direction": "rtl"},
        "infoSources": [{"name": {"value": "Civil Defence", "language": "en", "direction": "ltr"}, "role": "official"}],
        "edition": "ar",
        "sections": ["world"],
        "places": [],
        "link": None,
        "note": None,
        "firstCreated": "2026-05-01T09:30:00.125Z",
        "versionCreated": "2026-05-01T09:30:00.125Z",
        "expires": None,
        "pinnedUntil": None,
        "translationOf": None,
        "corrections": [],
        "story": None,
        "digitalSourceType": None,
        "reviewedBy": None,
    }


def test_an_item_without_corrections_of_a_release_before_them_has_none() -> None:
    fields = json.loads(encode_item(item()))
    del fields["corrections"]
    assert decode_item(json.dumps(fields).encode()) == item()


@pytest.mark.parametrize(("field", "value"), [("act", "translate"), ("act", "fact-check"), ("role", "union")])
def test_an_act_or_role_of_a_newer_release_is_read(field: str, value: str) -> None:
    fields = json.loads(encode_item(item()))
    target = fields["infoSources"][0] if field == "role" else fields
    target[field] = value
    read = decode_item(json.dumps(fields).encode())
    assert value in (read.act, read.info_sources[0].role)


def test_a_field_of_a_later_version_is_ignored() -> None:
    fields = {**json.loads(encode_item(item())), "genre": {"a": [1]}}
    assert decode_item(json.dumps(fields).encode()) == item()


CHANGES: dict[str, list[object]] = {
    "uri": [None, "", 1, "urn:other:1", "flashwire:1", "Urn:flashwire:1"],
    "version": [0, -1, None, "1", 1.5, True],
    "act": ["", "Publish", "a b", "x" * 41, None],
    "pubStatus": ["cancelled", "", None],
    "urgency": [0, 9, -1, None, "2"],
    "headline": [
        None,
        "text",
        {},
        {"value": "x", "language": "en"},
        {"value": "x", "language": "en", "direction": "up"},
    ],
    "infoSources": [[], None, {}, ["x"], [{"role": "official"}]],
    "edition": [None, 1],
    "sections": [None, "world", [1]],
    "places": [None, [None]],
    "link": [1],
    "note": ["x"],
    "firstCreated": [None, "", "yesterday", "2026-05-01", "2026-05-01T09:30:00"],
    "versionCreated": [None, 1, "2026-13-01T00:00:00Z"],
    "expires": ["", "never", "2026-W18-5T09:30:00Z"],
    "pinnedUntil": ["2026-05-01T09:30", "9999-12-31T23:59:59-23:59"],
    "translationOf": [1],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in CHANGES.items() for value in values])
def test_an_object_with_one_wrong_field_is_no_item(field: str, value: object) -> None:
    fields = {**json.loads(encode_item(item())), field: value}
    with pytest.raises(msgspec.DecodeError):
        decode_item(json.dumps(fields).encode())


@pytest.mark.parametrize("field", CHANGES)
def test_an_object_without_one_field_is_no_item(field: str) -> None:
    fields = json.loads(encode_item(item()))
    del fields[field]
    with pytest.raises(msgspec.DecodeError):
        decode_item(json.dumps(fields).encode())


@given(st.binary(max_size=60))
@example(b'{"a":' + b"[" * 30_000)
@example(b'"\xff"')
@example(b"NaN")
@example(encode_item(item()).replace("زلزال".encode(), b"\\ud800"))
@example(encode_item(item()).replace("زلزال".encode(), b"\xed\xa0\x80"))
@example(encode_item(item()) + b" {}")
@example(encode_item(item())[:-1] + b',"later":"\xff"}')
@example(encode_item(item())[:-1] + b',\n"later":1}')
@example(encode_item(item())[:-1] + b"\r}")
def test_other_bytes_are_no_item_and_fail_in_one_way(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_item(data)


def test_the_bounds_of_urgency_and_version_belong_to_an_item() -> None:
    for changes in ({"urgency": 1}, {"urgency": 8}, {"version": 2**40}):
        assert decode_item(encode_item(item(**changes))) == item(**changes)


def test_only_a_usable_item_that_has_not_expired_is_current() -> None:
    assert item().current(4e9)
    assert not item(pub_status="withheld").current(0) and not item(pub_status="canceled").current(0)
    until = item(expires="2026-05-01T09:30:00Z")
    expiry = instant("2026-05-01T09:30:00Z")
    assert until.current(expiry - 0.001) and not until.current(expiry)


def test_an_item_is_pinned_until_its_time() -> None:
    pinned = item(pinned_until="2026-05-01T09:30:00Z")
    until = instant("2026-05-01T09:30:00Z")
    assert not item().pinned(0)
    assert pinned.pinned(until - 0.001) and not pinned.pinned(until)


def test_times_are_read_with_their_offset() -> None:
    assert instant("2026-05-01T09:30:00.125Z") == instant("2026-05-01T11:30:00.125+02:00") == 1777627800.125
    assert moment(1777627800.125) == "2026-05-01T09:30:00.125Z"


@given(st.floats(0, 253402300799))
def test_a_formatted_time_is_read_within_a_millisecond(seconds: float) -> None:
    assert abs(instant(moment(seconds)) - seconds) <= 0.0011


NO_TIMES = ["", "now", "1777627800", "2026-05-01", "2026-05-01T09:30:00", "2026-05-01T09:30Z", "20260501T093000Z"]
NO_TIMES += ["2026-02-30T00:00:00Z", "2026-05-01T24:00:00Z", "2026-05-01T09:30:00+25:00", "２０２６-05-01T09:30:00Z"]
NO_TIMES += ["2026-05-01T09:30:00Z\n", "\ud800", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"]


@pytest.mark.parametrize("original", NO_TIMES)
def test_any_other_time_is_refused(original: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        instant(original)
    str(caught.value).encode()


def test_the_lists_of_roles_and_acts_are_those_of_their_types() -> None:
    assert set(ROLES) == set(Role.__args__)  # type: ignore[attr-defined]  # a Literal's values
    assert set(ACTS) == set(Act.__args__)  # type: ignore[attr-defined]  # a Literal's values
