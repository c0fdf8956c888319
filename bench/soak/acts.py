"""The items of a soak: of every 25, five correct, hold, release or withdraw what was published before.

A replay leaves out a version that a newer one replaces, and so does what a client that was behind is given; what is on
hold or withdrawn comes without its words there. All who count know from here which numbers may be left out, and find
the number of what may lose its words in the note, which stays.
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
    """So many numbers back is the version that it replaces; 0: that is older than the backlog."""


_ACTS: Final = {
    0: _Act("withdraw", "canceled", 2, 1, 1),
    5: _Act("correction", "usable", 2, 1, 1),
    10: _Act("hold", "withheld", 2, 1, 1),
    15: _Act("release", "usable", 3, 6, 5),
    20: _Act("correction", "usable", 2, 0, 0),
}
_REPLACED: Final = {(position - act.replaces) % _EVERY: act.replaces for position, act in _ACTS.items() if act.replaces}


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
