"""The cursor: a place in one particular stream; opaque to clients, one value for every transport.

`<epoch>.<seq>.<check>`: the stream's random id, the entry's number in it, and a digest of the entry itself.
An entry id alone would not do: after a wipe, a restored backup or a rollback another entry can stand at the
same place, and Redis answers a cursor that it no longer knows with silence.
"""

import hashlib
from typing import Final

import msgspec

CHECK_DIGITS: Final = 10
NO_EPOCH: Final = "none"
EPOCH_LIMIT: Final = 40
_LONGEST: Final = 80


class Cursor(msgspec.Struct, frozen=True):
    """A place: after entry `seq` (0: before the first) of the stream `epoch`, proved by `check`."""

    epoch: str
    seq: int
    check: str

    def __str__(self) -> str:
        return f"{self.epoch}.{self.seq}.{self.check}"


def is_epoch(text: str) -> bool:
    """Whether a stream's id can stand in a cursor; entries and the stream's own key are held to the same rule."""
    # A stream of that name could not be told from no stream at all.
    return text.isascii() and text.isalnum() and len(text) <= EPOCH_LIMIT and text != NO_EPOCH


def read_cursor(text: str) -> Cursor | None:
    """The cursor that `text` spells, or None: an unreadable cursor is a lost one, never an error."""
    parts = text.split(".") if len(text) <= _LONGEST else []
    if len(parts) != 3 or not all(part.isascii() and part.isalnum() for part in parts):
        return None
    epoch, seq, check = parts
    # A leading zero would give one place two spellings, and caches would hold both.
    if not seq.isdigit() or (seq[0] == "0" and seq != "0"):
        return None
    return Cursor(epoch, int(seq), check)


def origin(epoch: str) -> Cursor:
    """The place before the first entry of `epoch`."""
    return Cursor(epoch, 0, "0")


def entry_check(entry_id: bytes, body: bytes) -> str:
    """The digest of one stored entry; differs wherever the id or a byte of the entry does."""
    return hashlib.blake2s(entry_id + b" " + body, digest_size=CHECK_DIGITS // 2).hexdigest()
