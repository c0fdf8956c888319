"""Entries that a node skipped, and whether the stream is ahead of it because of them.

Anybody who can write to Redis can put records beside the counter; those are skipped and no more. But a record whose
number the counter has passed, and which no readable entry has, is an entry that the desk published.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ticker.contract.entry import read_number

_ENTRY_FIELDS: Final = frozenset((b"epoch", b"seq", b"body"))
_ADVICE: Final[Mapping[str, str]] = {
    "key": "give this node the keys that the desk signs with (FLASHWIRE_SIGNING_KEYS) and restart it",
    "signature": "compare FLASHWIRE_SIGNING_KEYS and FLASHWIRE_BRAND with those of the desk",
    "schema": "install the desk's release on this node",
}
_OTHER_ADVICE: Final = "look for another writer to Redis; docs/operating.md says how"


class Skipped(msgspec.Struct, frozen=True):
    """A record that is not shown, by the reason for it."""

    reason: str
    number: int | None
    """None where it has the form of an entry and its number cannot be read."""


def skipped(fields: Mapping[bytes, bytes], reason: str) -> Skipped | None:
    """What is known of a record that cannot be read; None where it has not even the form of an entry."""
    try:
        return Skipped(reason, read_number(fields.get(b"seq", b"")))
    except ValueError:
        return Skipped(reason, None) if fields.keys() >= _ENTRY_FIELDS else None


def ahead_reason(records: Iterable[Skipped], newest: int, counter: int) -> str | None:
    """Why the stream is ahead of a node whose newest readable number is `newest`, or None if it is not.

    `records` are those that came after that entry.
    """
    reasons = [one.reason for one in records if one.number is None or newest < one.number <= counter]
    if counter <= newest or not reasons:
        return None
    kind = reasons[-1]
    return f"the stream holds entries that this node cannot verify ({kind}): {_ADVICE.get(kind, _OTHER_ADVICE)}"
