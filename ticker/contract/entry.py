"""The sealed entry: an item's bytes under the publisher's signature; it does no I/O.

A body is `fw1.<key id>.<signature>.<item JSON>`: schema, key, HMAC-SHA256 in unpadded base64url, and the very
bytes that clients get. The signature covers the brand too, so that a line signed for one site's stream
does not speak in another's. Nobody who can merely write to Redis can speak to readers.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

from ticker.contract.cursor import EPOCH_LIMIT, Cursor, entry_check
from ticker.contract.item import Item, decode_item
from ticker.contract.sentences import RefusedError

SCHEMA: Final = b"fw1"
# 500 + 120 code points in four bytes each, a note, names in an entry: far below this; a megabyte is poison.
BODY_LIMIT: Final = 32_768


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

    @property
    def seq(self) -> int:
        return self.cursor.seq


def seal(item_json: bytes, keyring: Keyring) -> bytes:
    """The body that goes into the stream for `item_json`; raises `RefusedError` where no node would take it."""
    body = b".".join((SCHEMA, keyring.signer.encode(), _sign(item_json, keyring.signer, keyring), item_json))
    if len(body) > BODY_LIMIT:
        raise RefusedError("item-large", limit=BODY_LIMIT)
    return body


def unseal(body: bytes, keyring: Keyring) -> bytes:
    """The item's bytes in `body`; raises `PoisonError` where schema, key or signature is not one of ours."""
    if len(body) > BODY_LIMIT:
        raise PoisonError("oversize")
    parts = body.split(b".", 3)
    if len(parts) != 4:
        raise PoisonError("malformed")
    schema, key_id, signature, item_json = parts
    if schema != SCHEMA:
        raise PoisonError("schema")
    if not key_id.isalnum() or key_id.decode() not in keyring.keys:
        raise PoisonError("key")
    if not hmac.compare_digest(signature, _sign(item_json, key_id.decode(), keyring)):
        raise PoisonError("signature")
    return item_json


def read_entry(entry_id: bytes, fields: Mapping[bytes, bytes], keyring: Keyring) -> Entry:
    """The entry that Redis holds under `entry_id`; raises `PoisonError` and nothing else."""
    try:
        body, epoch, seq = fields[b"body"], fields[b"epoch"].decode("ascii"), _number(fields[b"seq"])
        added = _number(entry_id.split(b"-", 1)[0]) / 1000
    except (KeyError, ValueError):
        raise PoisonError("malformed") from None
    if seq < 1 or not epoch.isalnum() or len(epoch) > EPOCH_LIMIT:
        raise PoisonError("malformed")
    item_json = unseal(body, keyring)
    try:
        item = decode_item(item_json)
    except msgspec.DecodeError:
        raise PoisonError("schema") from None
    return Entry(Cursor(epoch, seq, entry_check(entry_id, body)), item, item_json, added)


def _number(digits: bytes) -> int:
    # int() alone also takes signs, spaces and underscores, and Redis counts in 64 bits.
    if not digits.isdigit() or len(digits) > 20:
        raise ValueError
    return int(digits)


def _sign(item_json: bytes, key_id: str, keyring: Keyring) -> bytes:
    signed = b"\0".join((SCHEMA, keyring.brand.encode(), item_json))
    digest = hmac.digest(keyring.keys[key_id], signed, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=")
