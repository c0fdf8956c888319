"""The items of the soak: five of every 25 correct, hold, release or withdraw an earlier item.

A replay and the catch-up of a lagging client omit versions that a newer one replaced, and redact items that are on
hold or withdrawn. This module computes which numbers may be omitted. The note of an item is never redacted, so it
contains the number too.
"""

from typing import Final, NamedTuple

import msgspec

from bench.items import numbered
from bench.load_reports import DIGITS, MARK
from ticker.contract.item import Act, PubStatus, Text, decode_item, encode_item

_EVERY: Final = 25


class _Act(NamedTuple):
    act: Act
    status: PubStatus
    version: int
    item: int
    """How many numbers earlier the item was first published."""
    replaces: int
    """How many numbers earlier the version was published that it replaces."""


_ACTS: Final = {
    0: _Act("withdraw", "canceled", 2, 1, 1),
    5: _Act("correction", "usable", 2, 1, 1),
    10: _Act("hold", "withheld", 2, 1, 1),
    15: _Act("release", "usable", 3, 6, 5),
    20: _Act("correction", "usable", 2, 13, 13),
}
_REPLACED: Final = {(position - act.replaces) % _EVERY: act.replaces for position, act in _ACTS.items()}


def act_json(number: int) -> bytes:
    """Returns the JSON of item `number`."""
    plain = numbered(number)
    act = _ACTS.get(number % _EVERY)
    if act is None or not number:
        return plain
    item = decode_item(plain)
    note = None if act.act == "release" else "What stood here was wrong."
    headline = item.headline
    if act.status != "usable":
        # The number must occur once per message, in a field that is not redacted.
        note, headline = headline.value, msgspec.structs.replace(headline, value="What stands here was wrong")
    return encode_item(
        msgspec.structs.replace(
            item,
            uri=decode_item(numbered(number - act.item)).uri,
            version=act.version,
            act=act.act,
            pub_status=act.status,
            headline=headline,
            note=None if note is None else Text(note, "en", "ltr"),
        )
    )


def replaced_by(number: int) -> int | None:
    """Returns the number of the item that replaces the version published as `number`, or `None`."""
    back = _REPLACED.get(number % _EVERY)
    return None if back is None else number + back


def replaced(first: int, last: int) -> list[int]:
    """Returns the numbers that the items from `first` to `last` replace."""
    earliest = max(0, first - max(_REPLACED.values()))
    return [number for number in range(earliest, last) if first <= (replaced_by(number) or 0) <= last]


def number_in(item: bytes) -> int:
    """Returns the number in the JSON of an item."""
    start = item.index(MARK) + len(MARK)
    return int(item[start : start + DIGITS])
