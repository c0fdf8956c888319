"""Splits "Source: text" into who says so and what; it knows colons and nothing of who may publish.

1. A separator is a colon of any of the scripts we meet: Latin, fullwidth, small, vertical.
2. A colon between digits is a time or a ratio, one inside a web address is part of it; neither separates.
3. A registered source's label wins where several colons could separate, the longest of several registered ones;
   otherwise the first colon does.
4. Nothing is split where the label would be longer than a source may be, or the text empty.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ticker.contract.site import Site
from ticker.contract.text import SOURCE_LIMIT

# U+003A, and its fullwidth, small and vertical forms. Arabic writes the Latin colon.
SEPARATORS: Final = frozenset(":\uff1a\ufe55\ufe13")
_SEPARATOR: Final = re.compile(f"[{''.join(SEPARATORS)}]")


class Split(msgspec.Struct, frozen=True):
    """The two halves of a line, and the registry's id of the source if it is a known one."""

    label: str
    text: str
    source: str | None


def split(line: str, site: Site) -> Split | None:
    """The split of `line`, or None where it names no source."""
    first: Split | None = None
    registered: Split | None = None
    for position in _separators(line):
        label, text = line[:position].strip(), line[position + 1 :].strip()
        if len(label) > SOURCE_LIMIT:
            break
        if not label or not text:
            continue
        found = Split(label, text, site.find_source(label))
        if found.source:
            registered = found
        first = first or found
    return registered or first


def _separators(line: str) -> Iterator[int]:
    for found in _SEPARATOR.finditer(line):
        position = found.start()
        if not _between_digits(line, position) and not _in_address(line, position):
            yield position


def _between_digits(line: str, position: int) -> bool:
    # str.isdecimal covers Arabic-Indic digits too.
    return line[position - 1 : position].isdecimal() and line[position + 1 : position + 2].isdecimal()


def _in_address(line: str, position: int) -> bool:
    if line.startswith("://", position):
        return True
    start = max(line.rfind(" ", 0, position), line.rfind("\u00a0", 0, position)) + 1
    return "://" in line[start:position]
