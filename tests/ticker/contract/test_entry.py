"""The sealed entry: only what our desk signed for our brand is read; everything else is poison, and only that."""

import base64
import hmac

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.items import item, items
from ticker.contract.cursor import EPOCH_LIMIT, NO_EPOCH, Cursor, entry_check
from ticker.contract.entry import BODY_LIMIT, LAST_NUMBER, SCHEMA, Keyring, PoisonError, read_entry, seal, unseal
from ticker.contract.facets import facets_of
from ticker.contract.item import Item, encode_item
from ticker.contract.sentences import RefusedError

KEYS = Keyring("k1", {"k1": b"a" * 32, "k0": b"b" * 32}, "news")
ITEM = encode_item(item())
BODY = seal(ITEM, KEYS)
FIELDS = {b"epoch": b"e1", b"seq": b"7", b"body": BODY}
REASONS = {"oversize", "malformed", "schema", "key", "signature"}


def poison(body: bytes, keyring: Keyring = KEYS) -> str:
    with pytest.raises(PoisonError) as caught:
        unseal(body, keyring)
    return caught.value.reason


def poisonous(fields: dict[bytes, bytes], entry_id: bytes = b"1777627800125-0") -> str:
    with pytest.raises(PoisonError) as caught:
        read_entry(entry_id, fields, KEYS)
    assert str(caught.value) == caught.value.reason
    return caught.value.reason


@given(items)
def test_a_sealed_item_is_unsealed_unchanged(original: Item) -> None:
    data = encode_item(original)
    assert unseal(seal(data, KEYS), KEYS) == data


def test_the_sealed_form_is_as_documented() -> None:
    schema, key_id, signature, data = BODY.split(b".", 3)
    assert (schema, key_id, data) == (b"fw1", b"k1", ITEM)
    assert len(signature) == 43 and b"=" not in signature
    assert len(base64.urlsafe_b64decode(signature + b"=")) == 32


def test_the_signature_is_the_same_on_every_machine() -> None:
    assert seal(b"{}", KEYS) == b"fw1.k1.4i-sqrXUCl0hMW2QdhReGyAUnqG0x1z2UAz1L25dLFE.{}"


EARLIER = (facets_of(item()), facets_of(item(edition="en", urgency=4)))


def test_the_signature_covers_the_facets_of_earlier_versions() -> None:
    body = seal(ITEM, KEYS, EARLIER)
    entry = read_entry(b"1-0", {**FIELDS, b"body": body}, KEYS)
    assert (entry.item_json, entry.earlier) == (ITEM, EARLIER)
    assert body.split(b".", 3)[3] == ITEM
    mark = body.split(b".", 3)[2]
    signature, _, carried = mark.partition(b"~")
    assert poison(b".".join((b"fw1", b"k1", signature, ITEM))) == "signature"
    # The same bytes are signed, so that only the item's own form refuses this one.
    assert poisonous({**FIELDS, b"body": b".".join((b"fw1", b"k1", signature, ITEM + b"\0" + carried))}) == "schema"


def test_a_newer_schema_of_the_same_form_is_read_and_another_form_is_not() -> None:
    newer = b"fw2.k1." + signed(b"fw2", ITEM) + b"." + ITEM
    assert unseal(newer, KEYS) == ITEM
    assert poison(b"fw2.k1.otherwise-signed." + ITEM) == "schema"
    assert poison(b"fw2.k1." + signed(b"fw2", b"{}") + b"." + ITEM) == "schema"
    lacking = b'{"uri":"urn:flashwire:1"}'
    fields = {**FIELDS, b"body": b"fw2.k1." + signed(b"fw2", lacking) + b"." + lacking}
    assert poisonous(fields) == "schema"


def signed(schema: bytes, data: bytes) -> bytes:
    digest = hmac.digest(KEYS.keys["k1"], b"\0".join((schema, b"news", data)), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=")


def test_an_entry_has_its_cursor_its_item_and_its_time() -> None:
    entry = read_entry(b"1777627800125-0", FIELDS, KEYS)
    assert entry.cursor == Cursor("e1", 7, entry_check(b"1777627800125-0", BODY))
    assert (entry.seq, entry.item, entry.item_json, entry.added) == (7, item(), ITEM, 1777627800.125)


def test_a_field_of_a_later_version_of_the_stream_is_ignored() -> None:
    assert read_entry(b"1-0", {**FIELDS, b"trace": b"x"}, KEYS).seq == 7


def test_the_first_entry_of_a_stream_is_number_one() -> None:
    assert read_entry(b"1-0", {**FIELDS, b"seq": b"1"}, KEYS).seq == 1


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_any_changed_byte_is_poison(position: int, change: int) -> None:
    changed = BODY[:position] + bytes([BODY[position] ^ change]) + BODY[position + 1 :]
    assert poison(changed) in REASONS
    assert poisonous({**FIELDS, b"body": changed}) in REASONS


@given(st.integers(0, len(BODY) - 1))
def test_any_shortened_body_is_poison(length: int) -> None:
    assert poison(BODY[:length]) in REASONS


def test_bytes_added_to_a_body_are_poison() -> None:
    assert poison(BODY + b" ") == "signature"
    assert poison(b" " + BODY) == "schema"


def test_each_kind_of_poison_has_its_own_reason() -> None:
    signature = BODY.split(b".", 3)[2]
    assert poison(b"") == "malformed"
    assert poison(b"fw1.k1." + signature) == "malformed"
    assert poison(b"fw2." + BODY[4:]) == "schema"
    assert poison(b"FW1." + BODY[4:]) == "schema"
    assert poison(b"fw1.k9." + signature + b"." + ITEM) == "key"
    assert poison(b"fw1.." + signature + b"." + ITEM) == "key"
    assert poison("fw1.κ1.".encode() + signature + b"." + ITEM) == "key"
    assert poison(b"fw1.\xff." + signature + b"." + ITEM) == "key"
    assert poison(b"fw1.k0." + signature + b"." + ITEM) == "signature"
    assert poison(b"fw1.k1.." + ITEM) == "signature"
    assert poison(b"fw1.k1." + signature + b"=." + ITEM) == "signature"
    assert poison(ITEM) == "schema" if ITEM.count(b".") >= 3 else "malformed"


def test_another_key_another_brand_and_a_missing_signature_are_poison() -> None:
    assert poison(seal(ITEM, Keyring("k1", {"k1": b"c" * 32}, "news"))) == "signature"
    assert poison(seal(ITEM, Keyring("k1", KEYS.keys, "sport"))) == "signature"
    assert poison(seal(ITEM, Keyring("k2", {"k2": b"a" * 32}, "news"))) == "key"


def test_bytes_cannot_move_between_brand_and_item() -> None:
    # Without the NUL between them, brand `news` with `x{}` would be signed as brand `newsx` with `{}`.
    longer = Keyring("k1", KEYS.keys, "newsx")
    signature = seal(b"x{}", KEYS).split(b".", 3)[2]
    assert poison(b"fw1.k1." + signature + b".{}", longer) == "signature"


def test_a_key_that_no_longer_signs_still_verifies() -> None:
    earlier = seal(ITEM, Keyring("k0", KEYS.keys, "news"))
    assert earlier.startswith(b"fw1.k0.") and unseal(earlier, KEYS) == ITEM


def test_a_body_over_the_limit_is_poison_and_is_never_sealed() -> None:
    overhead = len(seal(b"", KEYS))
    largest = seal(b"x" * (BODY_LIMIT - overhead), KEYS)
    assert len(largest) == BODY_LIMIT and unseal(largest, KEYS)
    assert poison(largest + b"x") == "oversize"
    with pytest.raises(RefusedError) as caught:
        seal(b"x" * (BODY_LIMIT - overhead + 1), KEYS)
    assert caught.value.code == "item-large"
    assert poison(b"x" * 1_000_000) == "oversize"


MALFORMED: dict[str, dict[bytes, bytes]] = {
    "no epoch": {b"seq": b"7", b"body": BODY},
    "no seq": {b"epoch": b"e1", b"body": BODY},
    "no body": {b"epoch": b"e1", b"seq": b"7"},
    "nothing": {},
    "an empty epoch": {**FIELDS, b"epoch": b""},
    "an epoch with a dot": {**FIELDS, b"epoch": b"e.1"},
    "an epoch with a quote": {**FIELDS, b"epoch": b'e"1'},
    "an epoch that is not ASCII": {**FIELDS, b"epoch": "é".encode()},
    "an epoch of bad UTF-8": {**FIELDS, b"epoch": b"\xff"},
    "an epoch too long for a cursor": {**FIELDS, b"epoch": b"e" * (EPOCH_LIMIT + 1)},
    "seq 0": {**FIELDS, b"seq": b"0"},
    "a negative seq": {**FIELDS, b"seq": b"-1"},
    "a seq with a sign": {**FIELDS, b"seq": b"+7"},
    "a seq with spaces": {**FIELDS, b"seq": b" 7"},
    "a seq with an underscore": {**FIELDS, b"seq": b"1_0"},
    "a fraction": {**FIELDS, b"seq": b"7.0"},
    "an empty seq": {**FIELDS, b"seq": b""},
    "a seq with a leading zero": {**FIELDS, b"seq": b"07"},
    "a seq that Lua cannot count": {**FIELDS, b"seq": b"%d" % (LAST_NUMBER + 1)},
    "an epoch that stands for no stream": {**FIELDS, b"epoch": NO_EPOCH.encode()},
    "a seq of 21 digits": {**FIELDS, b"seq": b"1" * 21},
    "a seq of 5,000 digits": {**FIELDS, b"seq": b"1" * 5000},
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED.keys())
def test_an_entry_of_another_shape_is_malformed(fields: dict[bytes, bytes]) -> None:
    assert poisonous(fields) == "malformed"


@pytest.mark.parametrize("entry_id", [b"", b"-", b"x-0", b"-1-0", b"1" * 400 + b"-0", b"1" * 5000, b"\xff-0"])
def test_an_entry_with_an_invalid_id_is_malformed(entry_id: bytes) -> None:
    assert poisonous(FIELDS, entry_id) == "malformed"


def test_the_longest_epoch_and_the_largest_seq_make_a_cursor_that_clients_can_send() -> None:
    fields = {**FIELDS, b"epoch": b"e" * EPOCH_LIMIT, b"seq": b"%d" % LAST_NUMBER}
    assert len(str(read_entry(b"1-0", fields, KEYS).cursor)) <= 80


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b'{"uri":1}', b"\xff", ITEM[:-1], ITEM + b"x", b'{"a":' + b"[" * 30_000]
)
def test_signed_bytes_that_are_no_item_are_of_an_unknown_schema(data: bytes) -> None:
    assert poisonous({**FIELDS, b"body": seal(data, KEYS)}) == "schema"


@given(
    st.binary(max_size=40) | st.just(b"1-0"),
    st.dictionaries(st.sampled_from([b"epoch", b"seq", b"body"]) | st.binary(max_size=5), st.binary(max_size=90)),
    st.binary(max_size=90),
)
@example(b"1-0", {}, b"fw1.k1..")
def test_arbitrary_bytes_are_poison_and_fail_in_one_way(
    entry_id: bytes, fields: dict[bytes, bytes], body: bytes
) -> None:
    assert poisonous(fields, entry_id) in REASONS
    assert poisonous({**FIELDS, b"body": body}, entry_id) in REASONS
    assert poisonous({**FIELDS, b"body": SCHEMA + b".k1." + body}, entry_id) in REASONS
    assert poisonous({**FIELDS, b"body": seal(body, KEYS)}, entry_id) in REASONS


def test_a_verified_entry_is_not_verified_again_and_another_is(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {**FIELDS, b"body": seal(ITEM, KEYS, EARLIER)}
    entry = read_entry(b"1-0", fields, KEYS)
    verified = {entry.cursor: entry}
    assert read_entry(b"2-0", fields, KEYS, verified) is not entry, "another entry"
    forged = {**fields, b"body": fields[b"body"].replace(b".k1.", b".k1.x")}
    with pytest.raises(PoisonError, match="signature"):
        read_entry(b"1-0", forged, KEYS, verified)
    # As if somebody had found other words with the same check.
    other = encode_item(item(uri="urn:flashwire:" + "9" * 26))
    monkeypatch.setattr("ticker.contract.entry.entry_check", lambda entry_id, body: entry.cursor.check)
    with pytest.raises(PoisonError, match="signature"):
        read_entry(b"1-0", {**fields, b"body": fields[b"body"].replace(ITEM, other)}, KEYS, verified)
    monkeypatch.undo()
    monkeypatch.setattr("ticker.contract.entry.open_body", lambda body, keyring: pytest.fail("verified"))
    assert read_entry(b"1-0", fields, KEYS, verified) is entry
