"""Entries that a node skipped: whether the stream is ahead of it because of them, and which items they are of.

Anybody who can write to Redis can put records beside the counter; those are skipped and no more. But a record whose
number the counter has passed, and which no readable entry has, is an entry that the desk published.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from ticker.contract.cursor import is_epoch
from ticker.contract.entry import Entry, named_uri, read_number

_ADVICE: Final[Mapping[str, str]] = {
    "key": "give this node the keys that the desk signs with (FLASHWIRE_SIGNING_KEYS) and restart it",
    "signature": "compare FLASHWIRE_SIGNING_KEYS and FLASHWIRE_BRAND with those of the desk",
    "schema": "install the desk's release on this node",
}
_OTHER_ADVICE: Final = "look for another writer to Redis; docs/monitor.md says how"


class Skipped(msgspec.Struct, frozen=True):
    """A record that is not shown, by the reason for it."""

    reason: str
    epoch: str | None
    """None where it names none that a stream may have."""
    number: int | None
    """None where it has a body and its number cannot be read; 0 where it has no body either."""
    uri: str | None
    """The item that it names; nobody has verified that."""
    place: int
    """How many readable entries come before it."""

    def is_of_another(self, epoch: str | None) -> bool:
        """Whether its number is one of another epoch than `epoch`, and says nothing about the counter of that."""
        return self.epoch is not None and self.epoch != epoch


def skipped(fields: Mapping[bytes, bytes], reason: str, place: int) -> Skipped:
    """What is known of a record that cannot be read."""
    number: int | None
    try:
        number = read_number(fields.get(b"seq", b""))
    except ValueError:
        number = None if b"body" in fields else 0
    epoch = fields.get(b"epoch", b"").decode("ascii", "replace")
    return Skipped(reason, epoch if is_epoch(epoch) else None, number, named_uri(fields.get(b"body", b"")), place)


def ahead_reason(records: Iterable[Skipped], epoch: str | None, newest: int, counter: int) -> str | None:
    """Why the stream is ahead of a node whose newest readable number in `epoch` is `newest`, or None if it is not.

    `records` are those that came after that entry.
    """
    reasons = [
        one.reason
        for one in records
        if not one.is_of_another(epoch) and (one.number is None or newest < one.number <= counter)
    ]
    if counter <= newest or not reasons:
        return None
    kind = reasons[-1]
    return f"the stream holds entries that this node cannot verify ({kind}): {_ADVICE.get(kind, _OTHER_ADVICE)}"


def unread_items(
    records: Iterable[Skipped], entries: Sequence[Entry], epoch: str | None, counter: int
) -> tuple[dict[str, int], list[int]]:
    """The items that published entries name which cannot be read, each with the highest number of those.

    An entry of another epoch counts with the number before the next entry of `epoch`: it leaves the stream before that.
    Also the numbers of published entries that name no item: any of them may be an item that nothing else names.
    """
    places = [place for place, entry in enumerate(entries) if entry.cursor.epoch == epoch]
    numbers = {entries[place].seq for place in places}
    found: dict[str, int] = {}
    unnamed: list[int] = []
    for one in records:
        if one.uri is not None and one.is_of_another(epoch):
            later = bisect_left(places, one.place)
            number = entries[places[later]].seq - 1 if later < len(places) else counter
            found[one.uri] = max(number, found.get(one.uri, 0))
            continue
        if one.number is None or one.number in numbers or not 0 < one.number <= counter:
            continue
        if one.uri is None:
            unnamed.append(one.number)
        else:
            found[one.uri] = max(one.number, found.get(one.uri, 0))
    return found, unnamed
