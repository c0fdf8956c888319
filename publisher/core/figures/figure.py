"""One figure of a line, with what is known about it."""

from typing import Literal

import msgspec

Bound = Literal["", "lower", "upper", "about"]


class Figure(msgspec.Struct, frozen=True):
    """A number with its place in the line; `values` has two readings where a separator is ambiguous."""

    values: tuple[float, ...]
    high: float
    """The upper end of a range; else the value."""
    text: str
    start: int
    end: int
    kind: str = ""
    """`percent`, `money`, `name`, or empty for a count."""
    label: str = ""
    """What it counts, such as `dead`; empty if no word says it."""
    noun: str = ""
    """The stem of the first content word after it."""
    bound: Bound = ""
    tolerance: float = 0.0
    """Half of the last digit of "1.2 million"."""
    is_certain: bool = True
    """False for a year and for "one": it can agree and never disagree."""
