"""Items whose newest version may be missing from the stream, and what the ledger says of them; it does no I/O.

A number that no readable entry has is a hole. A version of any item may stand in it, a withdrawal too, so an item that
did not come in a new version after the hole is in doubt.
"""

from collections.abc import Sequence

import msgspec

from ticker.contract.entry import Entry, Keyring, PoisonError, open_body
from ticker.contract.item import decode_item


class Doubt(msgspec.Struct, frozen=True):
    """An item whose held version is not known to be its newest, or of which no version can be read."""

    version: int
    """The least version that is current."""
    newest: Entry | None = None
    """The newest version where the ledger has it; its place is that of the held entry."""
    number: int | None = None
    """The number of its unreadable entry, where there is one."""


def doubtful(entries: Sequence[Entry], epoch: str | None, seq: int) -> dict[str, Entry]:
    """The newest entry of every item in doubt, by uri; `epoch` and `seq` are where the stream says that it stands."""
    if not entries:
        return {}
    last = entries[-1]
    # Without its number a stream does not say whether its last entries are gone.
    end_missing = epoch is None or last.cursor.epoch != epoch or last.seq < seq
    begin = len(entries) if end_missing else _after_last_hole(entries)
    newest: dict[str, Entry] = {}
    after: set[str] = set()
    for number, entry in enumerate(entries):
        held = newest.get(entry.item.uri)
        if held is not None and entry.item.version < held.item.version:
            continue
        newest[entry.item.uri] = entry
        # A version once more proves nothing: anybody who can write to Redis may have copied its old body.
        if number >= begin and (held is None or entry.item.version > held.item.version):
            after.add(entry.item.uri)
    return {uri: entry for uri, entry in newest.items() if uri not in after}


def judged(held: Entry, count: int, body: bytes, keyring: Keyring) -> Doubt | None:
    """What a ledger of `count` versions, the newest of them `body`, says of `held`; None where it confirms it.

    Where it cannot be read, or contradicts itself, the item is not current: what is hidden may be a withdrawal.
    """
    version = held.item.version
    if count == version:
        return None
    unknown = Doubt(max(version + 1, count))
    if count < version:
        return unknown
    try:
        opened = open_body(body, keyring)
        item = decode_item(opened.item_json)
    except (PoisonError, msgspec.DecodeError):
        return unknown
    if item.uri != held.item.uri or item.version != count:
        return unknown
    return Doubt(count, Entry(held.cursor, item, opened.item_json, held.added, opened.earlier))


def _after_last_hole(entries: Sequence[Entry]) -> int:
    for number in range(len(entries) - 1, 0, -1):
        before, entry = entries[number - 1].cursor, entries[number].cursor
        if entry.epoch != before.epoch or entry.seq != before.seq + 1:
            return number
    return 0
