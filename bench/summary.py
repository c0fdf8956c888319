"""Draws the picture that opens "Targets and results": how long the last reader waits, and what a reader costs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

import msgspec

from bench.plot import STYLE
from bench.scenario import OURS
from bench.stats import Figure, figure

WIDTH: Final = 760
_NAMES, _BARS, _GAP, _BAR, _STEP, _TOP = 150, 196, 100, 20, 34, 76
# What somebody could install instead, by the names of the contenders.
NAMES: Final = {
    OURS: "Flashwire",
    "nchan": "nchan (nginx)",
    "mercure": "Mercure",
    "centrifugo": "Centrifugo",
    "centrifugo-redis": "Centrifugo, Redis",
    "nats": "NATS",
    "socketio": "Socket.IO, Redis",
}


class Peer(msgspec.Struct, frozen=True):
    """One row of the picture."""

    name: str
    last_ms: Figure
    memory_kib: Figure
    """For each reader, the kernel's structures included if they were measured."""


def peers(data: Mapping[str, Sequence[Mapping[str, float]]]) -> tuple[list[Peer], bool]:
    """Returns the rows from the data of `steady`, ours first and then by time, and whether memory has the kernel's."""
    has_kernel = all("kernel_kib" in turn for turns in data.values() for turn in turns)
    found = [
        Peer(
            title,
            figure([turn["last_ms"] for turn in data[name]]),
            figure([turn["memory_kib"] + (turn["kernel_kib"] if has_kernel else 0.0) for turn in data[name]]),
        )
        for name, title in NAMES.items()
        if data.get(name)
    ]
    return found[:1] + sorted(found[1:], key=lambda peer: peer.last_ms.median), has_kernel


def summary_picture(data: Any) -> tuple[str, str]:  # Any: the JSON of `steady`
    """Returns an SVG and a sentence with the same figures; both are empty without data of ours."""
    if not data or not data.get(OURS) or not all(isinstance(turn, dict) for turns in data.values() for turn in turns):
        return "", ""
    rows, has_kernel = peers(data)
    memory = "Memory of a reader, kernel included" if has_kernel else "Server memory of a reader"
    says = _sentence(rows, "the memory, kernel included," if has_kernel else "the server's memory")
    parts: list[str] = []
    columns = (
        ("The last of 10,000 readers has an item after", "ms", 0, [row.last_ms for row in rows], _NAMES),
        (memory, "KiB", 1, [row.memory_kib for row in rows], _NAMES + _BARS + _GAP),
    )
    for title, unit, digits, figures, left in columns:
        first = 16 if left == _NAMES else left
        parts.append(f'<text class="title" x="{first}" y="24">{escape(title)}</text>')
        parts.append(f'<text class="name" x="{left}" y="46">{unit}; shorter is better</text>')
        largest = max(one.highest for one in figures) or 1
        for number, one in enumerate(figures):
            y, width = _TOP - 16 + number * _STEP, max(2.0, one.median / largest * (_BARS - 12))
            parts.append(
                f'<rect class="{"other" if number else "first"}" x="{left}" y="{y}" width="{width:.1f}" '
                f'height="{_BAR}" rx="3"/>'
            )
            weight = "" if number else ' class="title"'
            parts.append(
                f'<text{weight} x="{left + width + 8:.1f}" y="{y + 15}">{one.median:,.{digits}f} {unit}</text>'
            )
    for number, row in enumerate(rows):
        css = "name" if number else "title"
        parts.append(f'<text class="{css}" x="16" y="{_TOP - 1 + number * _STEP}">{escape(row.name)}</text>')
    height = _TOP + len(rows) * _STEP - 4
    label = escape(says, {'"': "&quot;"})
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{label}">'
    )
    return f"{head}\n<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n", says


def _sentence(rows: Sequence[Peer], memory: str) -> str:
    figures = "; ".join(f"{row.name} {row.last_ms.median:,.0f} ms and {row.memory_kib.median:,.1f} KiB" for row in rows)
    return f"Time until the last of 10,000 readers has an item, and {memory} of a reader: {figures}."
