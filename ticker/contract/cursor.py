"""The cursor: a position in one stream. It is opaque to clients and the same for every transport.

`<epoch>.<seq>.<check>`: the stream's random id, the number of an entry in it, and a digest of that entry. The id of an
entry in Redis is not enough: after a wipe, a restored backup or a rollback another entry may have the same id, and
Redis does not report an error for an id that no longer exists.
"""

import hashlib
from typing import Final

import msgspec

CHECK_DIGITS: Final = 10
NO_EPOCH: Final = "none"
EPOCH_LIMIT: Final = 40
_LENGTH_LIMIT: Final = 80


class Cursor(msgspec.Struct, frozen=True):
    """The position after entry `seq` (0: before the first) of the stream `epoch`, proved by `check`."""

    epoch: str
    seq: int
    check: str

    def __str__(self) -> str:
        return f"{self.epoch}.{self.seq}.{self.check}"


def is_epoch(text: str) -> bool:
    """Whether `text` may be a stream's id, in a cursor, in an entry and in the stream's own key."""
    # NO_EPOCH is excluded, because it means that there is no stream.
    return text.isascii() and text.isalnum() and len(text) <= EPOCH_LIMIT and text != NO_EPOCH


def read_cursor(text: str) -> Cursor | None:
    """Returns the cursor in `text`, or None: an unreadable cursor is treated as a lost one, not as an error."""
    parts = text.split(".") if len(text) <= _LENGTH_LIMIT else []
    if len(parts) != 3 or not all(part.isascii() and part.isalnum() for part in parts):
        return None
    epoch, seq, check = parts
    # With a leading zero one position would have two spellings, and caches would store both.
    if not seq.isdigit() or (seq[0] == "0" and seq != "0"):
        return None
    return Cursor(epoch, int(seq), check)


def origin(epoch: str) -> Cursor:
    """Returns the position before the first entry of `epoch`."""
    return Cursor(epoch, 0, "0")


def entry_check(entry_id: bytes, body: bytes) -> str:
    """Returns the digest of a stored entry; it changes with the id and with every byte of the body."""
    return hashlib.blake2s(entry_id + b" " + body, digest_size=CHECK_DIGITS // 2).hexdigest()
