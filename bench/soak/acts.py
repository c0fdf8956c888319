"""The items of a soak: of every 25, five correct, hold, release or withdraw an earlier one.

A replay leaves out versions that newer ones replace, and so does the catch-up of a lagging client; items on hold or
withdrawn come without their words there. This module tells every counter which numbers may be left out. The note of
an item, which is never redacted, repeats its number.
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
    """So many numbers back the item was published."""
    replaces: int
    """So many numbers back is the version that it replaces."""


_ACTS: Final = {
    0: _Act("withdraw", "canceled", 2, 1, 1),
    5: _Act("correction", "usable", 2, 1, 1),
    10: _Act("hold", "withheld", 2, 1, 1),
    15: _Act("release", "usable", 3, 6, 5),
    20: _Act("correction", "usable", 2, 13, 13),
}
_REPLACED: Final = {(position - act.replaces) % _EVERY: act.replaces for position, act in _ACTS.items()}


def act_json(number: int) -> bytes:
    """The JSON of item `number`."""
    plain = numbered(number)
    act = _ACTS.get(number % _EVERY)
    if act is None or not number:
        return plain
    item = decode_item(plain)
    note = None if act.act == "release" else "What stood here was wrong."
    headline = item.headline
    if act.status != "usable":
        # Once in each message, where it stays.
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
    """The number of what replaces the version that came with `number`, if anything does."""
    back = _REPLACED.get(number % _EVERY)
    return None if back is None else number + back


def replaced(first: int, last: int) -> list[int]:
    """The numbers that those from `first` to `last` replace."""
    earliest = max(0, first - max(_REPLACED.values()))
    return [number for number in range(earliest, last) if first <= (replaced_by(number) or 0) <= last]


def number_in(item: bytes) -> int:
    """The number of an item, from its JSON."""
    start = item.index(MARK) + len(MARK)
    return int(item[start : start + DIGITS])
