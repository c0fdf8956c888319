"""The sealed entry: an item's bytes under the publisher's signature; it does no I/O.

A body is `fw1.<key id>.<signature>.<item JSON>`: schema, key, HMAC-SHA256 in unpadded base64url, and the very
bytes that clients get. Where earlier versions matched other filters, `~` and their facets (JSON in unpadded base64url)
follow the signature. The signature covers schema, brand, item and facets, so that a line signed for one site's stream
is not valid in another's, and write access to Redis alone does not make news.

A newer release may raise the schema's number while it keeps this form: its entry is read like one of ours if the
signature is good and the fields that this release needs are there.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ticker.contract.cursor import Cursor, entry_check, is_epoch
from ticker.contract.facets import Facets, decode_facets, encode_facets
from ticker.contract.item import Item, decode_item
from ticker.contract.sentences import RefusedError

SCHEMA: Final = b"fw1"
_SCHEMAS: Final = re.compile(rb"fw[1-9][0-9]{0,3}")
# 500 + 120 code points in four bytes each, a note, names in an entry: far below this; a megabyte is poison.
BODY_LIMIT: Final = 32_768
LAST_NUMBER: Final = 2**53 - 1
_NUMBER: Final = re.compile(rb"0|[1-9][0-9]{0,15}")
_URI: Final = re.compile(rb'"uri":"(urn:flashwire:[0-9A-Za-z]{1,40})"')


class PoisonError(Exception):
    """An entry that no client may be shown; `reason` is one of a few fixed words, fit for a metric's label."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Keyring(msgspec.Struct, frozen=True):
    """Keys by id; `signer` signs, all verify, so that a key can be changed while nodes run."""

    signer: str
    keys: Mapping[str, bytes]
    brand: str


class Entry(msgspec.Struct, frozen=True):
    """One verified entry: its place, its item, and the item's bytes as signed."""

    cursor: Cursor
    item: Item
    item_json: bytes
    added: float
    """When the stream took it: seconds since 1970 by the clock of Redis."""
    earlier: tuple[Facets, ...] = ()
    """What filters looked at in earlier versions of the item, where that differs."""

    @property
    def seq(self) -> int:
        return self.cursor.seq


class Opened(msgspec.Struct, frozen=True):
    """What a verified body holds."""

    item_json: bytes
    earlier: tuple[Facets, ...]
    key_id: str
    """The key that signed it."""


def seal(item_json: bytes, keyring: Keyring, earlier: Sequence[Facets] = ()) -> bytes:
    """The body that goes into the stream for `item_json`; raises `RefusedError` where no node would take it."""
    carried = _base64(encode_facets(earlier)) if earlier else b""
    signature = _sign(SCHEMA, item_json, carried, keyring.signer, keyring)
    mark = signature + b"~" + carried if carried else signature
    body = b".".join((SCHEMA, keyring.signer.encode(), mark, item_json))
    if len(body) > BODY_LIMIT:
        raise RefusedError("item-large", limit=BODY_LIMIT)
    return body


def unseal(body: bytes, keyring: Keyring) -> bytes:
    """The item's bytes in `body`; raises `PoisonError` where schema, key or signature is not one of ours."""
    return open_body(body, keyring).item_json


def open_body(body: bytes, keyring: Keyring) -> Opened:
    """All that `body` holds; raises `PoisonError` where schema, key or signature is not one of ours."""
    if len(body) > BODY_LIMIT:
        raise PoisonError("oversize")
    parts = body.split(b".", 3)
    if len(parts) != 4:
        raise PoisonError("malformed")
    schema, key_id, mark, item_json = parts
    if not _SCHEMAS.fullmatch(schema):
        raise PoisonError("schema")
    if not key_id.isalnum() or key_id.decode() not in keyring.keys:
        raise PoisonError("key")
    signature, _, carried = mark.partition(b"~")
    if not hmac.compare_digest(signature, _sign(schema, item_json, carried, key_id.decode(), keyring)):
        # Another schema may also be signed in another way.
        raise PoisonError("signature" if schema == SCHEMA else "schema")
    try:
        earlier = decode_facets(base64.urlsafe_b64decode(carried + b"=" * (-len(carried) % 4))) if carried else ()
    except (ValueError, msgspec.DecodeError):
        raise PoisonError("schema") from None
    return Opened(item_json, earlier, key_id.decode())


def named_uri(body: bytes) -> str | None:
    """The item that an unreadable body names, or None; nobody has verified it."""
    found = _URI.search(body[:BODY_LIMIT])
    return found[1].decode() if found else None


def read_entry(
    entry_id: bytes,
    fields: Mapping[bytes, bytes],
    keyring: Keyring,
    known: Mapping[Cursor, Entry] | None = None,
) -> Entry:
    """The entry that Redis holds under `entry_id`; raises `PoisonError` and nothing else.

    `known` are entries that were verified with the same keys: one that is there is returned as it is, and neither
    verified nor decoded again, which takes 40 µs.
    """
    try:
        body, epoch, seq = fields[b"body"], fields[b"epoch"].decode("ascii"), read_number(fields[b"seq"])
        added = _milliseconds(entry_id) / 1000
    except (KeyError, ValueError):
        raise PoisonError("malformed") from None
    if seq < 1 or not is_epoch(epoch):
        raise PoisonError("malformed")
    cursor = Cursor(epoch, seq, entry_check(entry_id, body))
    same = None if known is None else known.get(cursor)
    # The check is short, so the words are compared, too: what is returned was verified, whatever stands in the stream.
    if same is not None and body.endswith(same.item_json):
        return same
    opened = open_body(body, keyring)
    try:
        item = decode_item(opened.item_json)
    except msgspec.DecodeError:
        raise PoisonError("schema") from None
    return Entry(cursor, item, opened.item_json, added, opened.earlier)


def read_number(digits: bytes) -> int:
    """The number of an entry, by the rule of the desk (publisher/stream/publish.lua); raises `ValueError`."""
    # Not int() alone: it also takes signs, spaces, underscores and leading zeros, and Lua counts to 2^53 exactly.
    if not _NUMBER.fullmatch(digits) or (number := int(digits)) > LAST_NUMBER:
        raise ValueError
    return number


def _milliseconds(entry_id: bytes) -> int:
    digits = entry_id.split(b"-", 1)[0]
    # Redis counts these in 64 bits.
    if not digits.isdigit() or len(digits) > 20:
        raise ValueError
    return int(digits)


def _sign(schema: bytes, item_json: bytes, carried: bytes, key_id: str, keyring: Keyring) -> bytes:
    # JSON has no NUL byte and base64 neither, so that no two sets of parts are signed as the same bytes.
    parts = (
        (schema, keyring.brand.encode(), item_json, carried) if carried else (schema, keyring.brand.encode(), item_json)
    )
    return _base64(hmac.digest(keyring.keys[key_id], b"\0".join(parts), hashlib.sha256))


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
