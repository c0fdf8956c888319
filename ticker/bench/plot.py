"""The figures as a picture: an SVG of bars with their spread, readable on light and on dark ground."""

from typing import Final
from xml.sax.saxutils import escape

from ticker.bench.report import Figure, Line, Report

WIDTH: Final = 760
_LEFT, _RIGHT, _BAR, _STEP, _HEAD = 16, 72, 16, 46, 38
_STYLE: Final = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 } .name { fill: #57606a }
  .first { fill: #b42318 } .other { fill: #8c959f } .spread { stroke: #24292f; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .name { fill: #9da7b3 } .first { fill: #f97066 } .other { fill: #6e7681 }
    .spread { stroke: #e6edf3 }
  }
"""
# What each panel shows: its title and whose figure.
_PANELS: Final = (
    ("Server CPU per delivery, µs", "cpu_us"),
    ("Server memory per quiet connection, KiB", "memory_kib"),
    ("From publishing to the last subscriber, ms", "last_ms"),
)


def svg(report: Report) -> str:
    """One panel a figure, one bar a contender, each panel with a scale of its own that begins at 0; less is better."""
    parts, top = [], 8
    for title, field in _PANELS:
        parts.append(f'<text class="title" x="{_LEFT}" y="{top + 16}">{escape(title)}</text>')
        figures = [_figure(line, field) for line in report.lines]
        largest = max((one.most for one in figures), default=0) or 1
        for number, (line, one) in enumerate(zip(report.lines, figures, strict=True)):
            parts.append(_bar(line, one, largest, top + _HEAD + number * _STEP, first=number == 0))
        top += _HEAD + len(report.lines) * _STEP + 14
    said = (f"{line.name}: {line.cpu_us.median:.1f} µs, {line.memory_kib.median:.1f} KiB" for line in report.lines)
    size = f'viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape("; ".join(said))}">'
    return f"{head}\n<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"


def _figure(line: Line, field: str) -> Figure:
    return {"cpu_us": line.cpu_us, "memory_kib": line.memory_kib, "last_ms": line.last_ms}[field]


def _bar(line: Line, one: Figure, largest: float, y: int, *, first: bool) -> str:
    def x(value: float) -> float:
        return round(_LEFT + max(0.0, value) / largest * (WIDTH - _LEFT - _RIGHT), 1)

    middle = y + 6 + _BAR / 2
    return (
        f'<text class="name" x="{_LEFT}" y="{y}">{escape(line.title)}</text>'
        f'<rect class="{"first" if first else "other"}" x="{_LEFT}" y="{y + 6}" '
        f'width="{max(1.0, x(one.median) - _LEFT):.1f}" height="{_BAR}" rx="2"/>'
        f'<line class="spread" x1="{x(one.least)}" x2="{x(one.most)}" y1="{middle}" y2="{middle}"/>'
        f'<text x="{x(one.most) + 8}" y="{middle + 5}">{one.median:.1f}</text>'
    )
