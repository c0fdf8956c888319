"""Items whose newest version may be missing from the stream, and what the ledger says about them; without I/O.

A number that no readable entry has is a hole. The missing entry may be a version of any item, also a withdrawal. So
every item is in doubt that has no new version after the hole.
"""

from collections.abc import Sequence

import msgspec

from ticker.contract.entry import Entry, Keyring, PoisonError, open_body
from ticker.contract.item import decode_item


class Doubt(msgspec.Struct, frozen=True):
    """An item whose known version may not be its newest, or of which no version can be read."""

    version: int
    """The lowest version that may be shown."""
    newest: Entry | None = None
    """The newest version if the ledger has it; its cursor is that of the item's entry in the stream."""
    number: int | None = None
    """The number of its unreadable entry, if there is one."""


def items_in_doubt(entries: Sequence[Entry], epoch: str | None, seq: int) -> dict[str, Entry]:
    """Returns the newest entry of every item in doubt, by uri; `epoch` and `seq` are the stream's own position."""
    if not entries:
        return {}
    last = entries[-1]
    # A stream without a number does not say whether its last entries are missing.
    is_end_missing = epoch is None or last.cursor.epoch != epoch or last.seq < seq
    start = len(entries) if is_end_missing else _after_last_hole(entries)
    newest: dict[str, Entry] = {}
    changed_since: set[str] = set()
    for number, entry in enumerate(entries):
        previous = newest.get(entry.item.uri)
        if previous is not None and entry.item.version < previous.item.version:
            continue
        newest[entry.item.uri] = entry
        # A repeated version proves nothing: anyone who can write to Redis may have copied an old body.
        if number >= start and (previous is None or entry.item.version > previous.item.version):
            changed_since.add(entry.item.uri)
    return {uri: entry for uri, entry in newest.items() if uri not in changed_since}


def compare_with_ledger(entry: Entry, count: int, body: bytes, keyring: Keyring) -> Doubt | None:
    """Compares `entry` with a ledger of `count` versions, the newest of which is `body`.

    Returns None if the ledger confirms that `entry` is the newest version. If the ledger cannot be read or contradicts
    itself, the item may not be shown, because the version that cannot be seen may be a withdrawal.
    """
    version = entry.item.version
    if count == version:
        return None
    unreadable = Doubt(max(version + 1, count))
    if count < version:
        return unreadable
    try:
        opened = open_body(body, keyring)
        item = decode_item(opened.item_json)
    except (PoisonError, msgspec.DecodeError):
        return unreadable
    if item.uri != entry.item.uri or item.version != count:
        return unreadable
    return Doubt(count, Entry(entry.cursor, item, opened.item_json, entry.added, opened.earlier))


def _after_last_hole(entries: Sequence[Entry]) -> int:
    for number in range(len(entries) - 1, 0, -1):
        previous, cursor = entries[number - 1].cursor, entries[number].cursor
        if cursor.epoch != previous.epoch or cursor.seq != previous.seq + 1:
            return number
    return 0
