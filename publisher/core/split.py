"""Splits "Source: text" into the source and the text.

1. The separator is a colon: Latin, fullwidth, small or vertical.
2. A colon between digits (a time, a ratio) or inside a web address is no separator.
3. If several colons could separate, the longest label of a registered source wins, otherwise the first colon.
4. There is no split if the label would be longer than a source may be, or if the text would be empty.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ticker.contract.site import Site
from ticker.contract.text import SOURCE_LIMIT

# U+003A and its fullwidth, small and vertical forms. Arabic uses the Latin colon.
SEPARATORS: Final = frozenset(":\uff1a\ufe55\ufe13")
_SEPARATOR: Final = re.compile(f"[{''.join(SEPARATORS)}]")


class Split(msgspec.Struct, frozen=True):
    """The two halves of a line, and the id of the source if it is registered."""

    label: str
    text: str
    source: str | None


def split(line: str, site: Site) -> Split | None:
    """The split of `line`, or None if it names no source."""
    first: Split | None = None
    registered: Split | None = None
    for position in _separators(line):
        label, text = line[:position].strip(), line[position + 1 :].strip()
        if len(label) > SOURCE_LIMIT:
            break
        if not label or not text:
            continue
        candidate = Split(label, text, site.find_source(label))
        if candidate.source:
            registered = candidate
        first = first or candidate
    return registered or first


def _separators(line: str) -> Iterator[int]:
    for match in _SEPARATOR.finditer(line):
        position = match.start()
        if not _between_digits(line, position) and not _in_address(line, position):
            yield position


def _between_digits(line: str, position: int) -> bool:
    # str.isdecimal is true for Arabic-Indic digits, too.
    return line[position - 1 : position].isdecimal() and line[position + 1 : position + 2].isdecimal()


def _in_address(line: str, position: int) -> bool:
    if line.startswith("://", position):
        return True
    start = max(line.rfind(" ", 0, position), line.rfind("\u00a0", 0, position)) + 1
    return "://" in line[start:position]
