"""Records of the stream that a node skipped: which items they belong to, and whether the stream is ahead of the node.

Anyone who can write to Redis can add records without raising the counter; those are skipped and ignored. A record with
a number up to the counter, which no readable entry has, is an entry that the desk published.
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


class SkippedRecord(msgspec.Struct, frozen=True):
    """A record that cannot be read, with the reason."""

    reason: str
    epoch: str | None
    """None if it names none that a stream may have."""
    number: int | None
    """None if it has a body but no readable number; 0 if it has no body either."""
    uri: str | None
    """The item that it names; not verified."""
    index: int
    """The number of readable entries before it."""

    def is_of_another(self, epoch: str | None) -> bool:
        """Whether its number belongs to another epoch, and so says nothing about the counter of `epoch`."""
        return self.epoch is not None and self.epoch != epoch


def describe_skipped(fields: Mapping[bytes, bytes], reason: str, index: int) -> SkippedRecord:
    """Returns what can be read of a record, whose signature does not verify."""
    number: int | None
    try:
        number = read_number(fields.get(b"seq", b""))
    except ValueError:
        number = None if b"body" in fields else 0
    epoch = fields.get(b"epoch", b"").decode("ascii", "replace")
    return SkippedRecord(reason, epoch if is_epoch(epoch) else None, number, named_uri(fields.get(b"body", b"")), index)


def ahead_reason(records: Iterable[SkippedRecord], epoch: str | None, newest: int, counter: int) -> str | None:
    """Returns why the stream is ahead of a node whose newest readable number in `epoch` is `newest`, or None.

    `records` are those after that entry.
    """
    reasons = [
        record.reason
        for record in records
        if not record.is_of_another(epoch) and (record.number is None or newest < record.number <= counter)
    ]
    if counter <= newest or not reasons:
        return None
    kind = reasons[-1]
    return f"the stream holds entries that this node cannot verify ({kind}): {_ADVICE.get(kind, _OTHER_ADVICE)}"


def unread_items(
    records: Iterable[SkippedRecord], entries: Sequence[Entry], epoch: str | None, counter: int
) -> tuple[dict[str, int], list[int]]:
    """Returns the items that unreadable published entries name, each with the highest number of those entries.

    An entry of another epoch counts with the number before the next entry of `epoch`, because it leaves the stream
    before that. Also returns the numbers of published entries that name no item.
    """
    indexes = [index for index, entry in enumerate(entries) if entry.cursor.epoch == epoch]
    numbers = {entries[index].seq for index in indexes}
    numbers_by_uri: dict[str, int] = {}
    unnamed: list[int] = []
    for record in records:
        if record.uri is not None and record.is_of_another(epoch):
            later = bisect_left(indexes, record.index)
            number = entries[indexes[later]].seq - 1 if later < len(indexes) else counter
            numbers_by_uri[record.uri] = max(number, numbers_by_uri.get(record.uri, 0))
            continue
        if record.number is None or record.number in numbers or not 0 < record.number <= counter:
            continue
        if record.uri is None:
            unnamed.append(record.number)
        else:
            numbers_by_uri[record.uri] = max(record.number, numbers_by_uri.get(record.uri, 0))
    return numbers_by_uri, unnamed
