"""Presence: which user edits which item, one entry for each open page, which ends by itself.

1. An entry ends `LIFETIME_SECONDS` after its page last reported; a page reports every five seconds and at each change.
2. One person has at most `PAGES_PER_PERSON` entries, and there are at most `LIMIT`: the oldest report goes first.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

LIFETIME_SECONDS: Final = 20.0
PAGES_PER_PERSON: Final = 20
LIMIT: Final = 500


class Presence(msgspec.Struct, frozen=True):
    """One page: its person, and what they have open; times in seconds since 1970."""

    page: str
    name: str
    uri: str
    """The item whose form is open, or empty."""
    act: str
    since: float
    """When this person opened it."""
    seen: float


def reported(stored: Presence | None, report: Presence) -> Presence:
    """The entry after `report`: `since` stays while the same person does the same."""
    if stored and (stored.name, stored.uri, stored.act) == (report.name, report.uri, report.act):
        return msgspec.structs.replace(report, since=stored.since)
    return report


def current(entries: Iterable[Presence], now: float) -> list[Presence]:
    """The entries that have not ended, the latest report of each person first."""
    remaining: list[Presence] = []
    pages: dict[str, int] = {}
    for entry in sorted(entries, key=lambda entry: entry.seen, reverse=True):
        pages[entry.name] = pages.get(entry.name, 0) + 1
        if now - entry.seen < LIFETIME_SECONDS and pages[entry.name] <= PAGES_PER_PERSON and len(remaining) < LIMIT:
            remaining.append(entry)
    return remaining
