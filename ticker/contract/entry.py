"""The sealed entry: an item's bytes with the publisher's signature; without I/O.

A body is `fw1.<key id>.<signature>.<item JSON>`: schema, key, HMAC-SHA256 in unpadded base64url, and the exact bytes
that clients get. If earlier versions had other facets, `~` and those facets (JSON in unpadded base64url) follow the
signature. The signature covers schema, brand, item and facets. So an entry of one site is not valid in the stream of
another, and write access to Redis is not enough to publish.

A newer release may raise the number of the schema and keep this form. Its entries are read if the signature is valid
and the fields that this release needs are present.
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
# A headline of 500 and a source of 120 code points in four bytes each, a note and names need far less.
BODY_LIMIT: Final = 32_768
LAST_NUMBER: Final = 2**53 - 1
_NUMBER: Final = re.compile(rb"0|[1-9][0-9]{0,15}")
_URI: Final = re.compile(rb'"uri":"(urn:flashwire:[0-9A-Za-z]{1,40})"')


class PoisonError(Exception):
    """An entry that no client may get; `reason` is one of a few fixed words, so it can be the label of a metric."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Keyring(msgspec.Struct, frozen=True):
    """Keys by id. `signer` signs and all verify, so that a key can be changed while nodes run."""

    signer: str
    keys: Mapping[str, bytes]
    brand: str


class Entry(msgspec.Struct, frozen=True):
    """One verified entry: its cursor, its item, and the bytes of the item as signed."""

    cursor: Cursor
    item: Item
    item_json: bytes
    added: float
    """When it was added to the stream: seconds since 1970 by the clock of Redis."""
    earlier: tuple[Facets, ...] = ()
    """The distinct facets of earlier versions of the item."""

    @property
    def seq(self) -> int:
        return self.cursor.seq


class Opened(msgspec.Struct, frozen=True):
    """The parts of a verified body."""

    item_json: bytes
    earlier: tuple[Facets, ...]
    key_id: str
    """The key that signed it."""


def seal(item_json: bytes, keyring: Keyring, earlier: Sequence[Facets] = ()) -> bytes:
    """Returns the body for `item_json`; raises `RefusedError` if it is longer than nodes accept."""
    facets = _base64(encode_facets(earlier)) if earlier else b""
    signature = _sign(SCHEMA, item_json, facets, keyring.signer, keyring)
    signed = signature + b"~" + facets if facets else signature
    body = b".".join((SCHEMA, keyring.signer.encode(), signed, item_json))
    if len(body) > BODY_LIMIT:
        raise RefusedError("item-large", limit=BODY_LIMIT)
    return body


def unseal(body: bytes, keyring: Keyring) -> bytes:
    """Returns the item's bytes in `body`; raises `PoisonError` if schema, key or signature is not valid."""
    return open_body(body, keyring).item_json


def open_body(body: bytes, keyring: Keyring) -> Opened:
    """Returns the parts of `body`; raises `PoisonError` if schema, key or signature is not valid."""
    if len(body) > BODY_LIMIT:
        raise PoisonError("oversize")
    parts = body.split(b".", 3)
    if len(parts) != 4:
        raise PoisonError("malformed")
    schema, key_id, signed, item_json = parts
    if not _SCHEMAS.fullmatch(schema):
        raise PoisonError("schema")
    if not key_id.isalnum() or key_id.decode() not in keyring.keys:
        raise PoisonError("key")
    signature, _, facets = signed.partition(b"~")
    if not hmac.compare_digest(signature, _sign(schema, item_json, facets, key_id.decode(), keyring)):
        # The signature of another schema may also be computed differently.
        raise PoisonError("signature" if schema == SCHEMA else "schema")
    try:
        earlier = decode_facets(base64.urlsafe_b64decode(facets + b"=" * (-len(facets) % 4))) if facets else ()
    except (ValueError, msgspec.DecodeError):
        raise PoisonError("schema") from None
    return Opened(item_json, earlier, key_id.decode())


def named_uri(body: bytes) -> str | None:
    """Returns the uri of the item that an unreadable body names, or None. The uri is not verified."""
    match = _URI.search(body[:BODY_LIMIT])
    return match[1].decode() if match else None


def read_entry(
    entry_id: bytes,
    fields: Mapping[bytes, bytes],
    keyring: Keyring,
    known: Mapping[Cursor, Entry] | None = None,
) -> Entry:
    """Returns the entry with this id and these fields in Redis; raises `PoisonError` and nothing else.

    `known` are entries that were verified with the same keys. They are returned without verifying and decoding them
    again, which takes 40 µs.
    """
    try:
        body, epoch, seq = fields[b"body"], fields[b"epoch"].decode("ascii"), read_number(fields[b"seq"])
        added = _milliseconds(entry_id) / 1000
    except (KeyError, ValueError):
        raise PoisonError("malformed") from None
    if seq < 1 or not is_epoch(epoch):
        raise PoisonError("malformed")
    cursor = Cursor(epoch, seq, entry_check(entry_id, body))
    verified = None if known is None else known.get(cursor)
    # The check in the cursor is short, so the item is compared too.
    if verified is not None and body.endswith(verified.item_json):
        return verified
    opened = open_body(body, keyring)
    try:
        item = decode_item(opened.item_json)
    except msgspec.DecodeError:
        raise PoisonError("schema") from None
    return Entry(cursor, item, opened.item_json, added, opened.earlier)


def read_number(digits: bytes) -> int:
    """Returns the number of an entry, by the rule of publisher/stream/publish.lua; raises `ValueError`."""
    # int() alone would accept signs, spaces, underscores and leading zeros; Lua counts exactly up to 2^53.
    if not _NUMBER.fullmatch(digits) or (number := int(digits)) > LAST_NUMBER:
        raise ValueError
    return number


def _milliseconds(entry_id: bytes) -> int:
    digits = entry_id.split(b"-", 1)[0]
    # Redis stores them in 64 bits.
    if not digits.isdigit() or len(digits) > 20:
        raise ValueError
    return int(digits)


def _sign(schema: bytes, item_json: bytes, facets: bytes, key_id: str, keyring: Keyring) -> bytes:
    # Neither JSON nor base64 contains a NUL byte, so different parts never give the same signed bytes.
    parts: tuple[bytes, ...] = (schema, keyring.brand.encode(), item_json)
    if facets:
        parts += (facets,)
    return _base64(hmac.digest(keyring.keys[key_id], b"\0".join(parts), hashlib.sha256))


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
