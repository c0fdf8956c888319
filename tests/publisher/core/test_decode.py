"""Decoding requests: every wrong field is named, and no input ends in a traceback."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.core.decode import MalformedError, decode
from publisher.core.refusals import RefusalsError
from publisher.core.request import ActRequest, ItemRequest
from publisher.core.sentences import sentence


def refused(body: bytes) -> dict[str, str]:
    with pytest.raises(RefusalsError) as error:
        decode(body, ItemRequest)
    return {refusal.field: refusal.code for refusal in error.value.refusals}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"text": "x"} trailing',
        b'{"text": "\xff"}',
        b'{"text": "\\ud800"}',
        b'{"headline": {"value": "\\ud800"}}',
        b'{"urgency": NaN}',
        b'{"edition": "en", "sections": ' + b"[" * 60_000,
        b'{"x": ' + b'{"x":' * 60_000,
        b"\xef\xbb\xbf{}",
        b"\0",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_body_that_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError) as error:
        decode(body, ItemRequest)
    assert error.value.code == "malformed"


@pytest.mark.parametrize(
    "body", [b"[]", b'"text"', b"1", b"null", b"true", b"[" * 60_000], ids=lambda body: repr(body[:9])
)
def test_json_that_is_no_object_has_its_own_refusal(body: bytes) -> None:
    with pytest.raises(MalformedError) as error:
        decode(body, ItemRequest)
    assert error.value.code == "not-an-object"


def test_every_wrong_field_is_named_at_once() -> None:
    body = b'{"txt":1,"urgency":1.5,"sections":"a","role":"king","headline":{"val":1},"infoSources":[{"name":3}]}'
    assert refused(body) == {
        "txt": "unknown-field",
        "edition": "missing",
        "urgency": "wrong-type",
        "sections": "wrong-type",
        "role": "not-one-of",
        "headline.val": "unknown-field",
        "infoSources[0].name": "wrong-type",
    }


@pytest.mark.parametrize(
    ("field", "sentences"),
    [
        (b'"urgency": "1"', ("a whole number", "عددًا صحيحًا", "un número entero")),
        (b'"urgency": 1e400', ("a whole number", "عددًا صحيحًا", "un número entero")),
        (b'"link": 1', ("text", "نصًا", "un texto")),
        (b'"sections": "a"', ("a list", "قائمة", "una lista")),
        (b'"dryRun": "yes"', ("true or false", "true أو false", "true o false")),
        (b'"infoSources": [1]', ("an object", "كائنًا", "un objeto")),
    ],
)
def test_a_wrong_type_is_named_in_plain_words(field: bytes, sentences: tuple[str, str, str]) -> None:
    with pytest.raises(RefusalsError) as error:
        decode(b'{"edition": "en", %b}' % field, ItemRequest)
    [refusal] = error.value.refusals
    assert [sentence(refusal, language) for language in ("en", "ar", "es")] == [
        f"This must be {sentences[0]}.",
        f"يجب أن تكون القيمة {sentences[1]}.",
        f"Debe ser {sentences[2]}.",
    ]


def test_both_types_are_named_if_two_are_accepted() -> None:
    with pytest.raises(RefusalsError) as error:
        decode(b'{"act": "correction", "note": 1}', ActRequest)
    [refusal] = error.value.refusals
    assert sentence(refusal) in ("This must be text or an object.", "This must be an object or text.")
    assert "`" not in sentence(refusal, "ar") and " o " in sentence(refusal, "es")


def test_an_unknown_name_reaches_no_answer_raw() -> None:
    with pytest.raises(RefusalsError) as error:
        decode(b'{"edition": "en", "a\\u001b[31m\\u202e": 1}', ItemRequest)
    [refusal] = error.value.refusals
    assert sentence(refusal).isprintable() and refusal.field.isprintable()


def test_a_number_beyond_every_type_is_a_wrong_type() -> None:
    assert refused(b'{"edition": "en", "urgency": 1e400}') == {"urgency": "wrong-type"}


def test_of_a_key_given_twice_the_last_one_counts() -> None:
    assert decode(b'{"edition": "en", "edition": "ar"}', ItemRequest).edition == "ar"


def test_left_out_is_not_null() -> None:
    request = decode(b'{"act": "update", "link": null}', ActRequest)
    assert request.link is None and request.expires is msgspec.UNSET


_NAMES = ["edition", "text", "headline", "value", "infoSources", "name", "urgency", "x"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=60) | _JSON.map(msgspec.json.encode))
def test_any_body_is_decoded_or_refused_with_a_sentence(body: bytes) -> None:
    try:
        assert isinstance(decode(body, ItemRequest), ItemRequest)
    except MalformedError as error:
        assert sentence(error, "ar")
    except RefusalsError as errors:
        assert all(sentence(refusal, "es") and refusal.field for refusal in errors.refusals)
