"""Stale translations: the original was corrected, held or withdrawn, and the translation was not settled since.

Everything follows from the two newest versions, so that it holds after a restart and on every desk.

1. A withdrawal of the original is dealt with by a withdrawal, a hold by a hold or a withdrawal, a correction by a later
   correction or a withdrawal. An update or a refile deals with nothing.
2. An editor may settle it: nothing has to change for this version of the original, nor for those before it.
3. A translation that was first published after the correction translates the corrected text.
4. A translation is not published while its original is withdrawn or on hold, and one that waited for its time or for
   a second person not after a correction of its original, unless a person has looked at it since.
"""

import msgspec

from ticker.contract.item import Item, Text


class Stale(msgspec.Struct, frozen=True):
    """Why a translation is stale."""

    since: str
    act: str
    """What happened to the original: correction, hold or withdraw."""
    uri: str
    """The original."""
    version: int
    """The version of the original that did it."""
    note: Text | None


def stale_reason(item: Item, original: Item, settled: int = 0) -> Stale | None:
    """Why `item` is stale, or None; it translates `original`, and was settled up to version `settled` of that.

    Both are in their newest versions.
    """
    if item.pub_status == "canceled":
        return None
    reason = _removal(item, original) or _correction(item, original)
    return None if reason is None or reason.version <= settled else reason


def obstacle(original: Item, written: str | None = None) -> str | None:
    """Why a new translation of `original` is not published now: the problem type, or None.

    `written` is the time at which a translation that waited was written, as the items have times.
    """
    if original.pub_status == "canceled":
        return "original-withdrawn"
    if original.pub_status == "withheld":
        return "original-held"
    if written is not None and original.corrections and original.corrections[-1].version_created > written:
        return "original-corrected"
    return None


def _removal(item: Item, original: Item) -> Stale | None:
    if original.pub_status == "canceled":
        return Stale(original.version_created, "withdraw", original.uri, original.version, original.note)
    if original.pub_status == "withheld" and item.pub_status == "usable":
        return Stale(original.version_created, "hold", original.uri, original.version, original.note)
    return None


def _correction(item: Item, original: Item) -> Stale | None:
    if not original.corrections:
        return None
    correction = original.corrections[-1]
    handled = item.corrections[-1].version_created if item.corrections else item.first_created
    if max(handled, item.first_created) >= correction.version_created:
        return None
    return Stale(correction.version_created, correction.act, original.uri, correction.version, correction.note)
