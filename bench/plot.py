"""Draws SVG bar charts with spread and line charts, for light and dark backgrounds."""

import math
from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from bench.stats import Figure

WIDTH: Final = 760
_LEFT, _RIGHT, _BAR, _STEP, _HEAD = 16, 72, 16, 46, 38
STYLE: Final = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 } .name { fill: #57606a } .end { text-anchor: end } .middle { text-anchor: middle }
  .first { fill: #b42318 } .other { fill: #8c959f } .spread { stroke: #24292f; stroke-width: 1.5 }
  .grid { stroke: #d0d7de; stroke-width: 1 } .aim { stroke: #57606a; stroke-dasharray: 5 4 }
  .line { fill: none; stroke-width: 2 } .l0 { stroke: #b42318 } .l1 { stroke: #57606a } .l2 { stroke: #0969da }
  .l3 { stroke: #9a6700 } .l4 { stroke: #1a7f37 } .d0 { fill: #b42318 } .d1 { fill: #57606a } .d2 { fill: #0969da }
  .d3 { fill: #9a6700 } .d4 { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .name { fill: #9da7b3 } .first { fill: #f97066 } .other { fill: #6e7681 }
    .spread { stroke: #e6edf3 } .grid { stroke: #30363d } .aim { stroke: #9da7b3 }
    .l0 { stroke: #f97066 } .l1 { stroke: #9da7b3 } .l2 { stroke: #58a6ff } .l3 { stroke: #d29922 }
    .l4 { stroke: #3fb950 } .d0 { fill: #f97066 } .d1 { fill: #9da7b3 } .d2 { fill: #58a6ff }
    .d3 { fill: #d29922 } .d4 { fill: #3fb950 }
  }
"""


class Panel(msgspec.Struct, frozen=True):
    """A group of bars with one scale, which starts at 0."""

    title: str
    bars: Sequence[tuple[str, Figure]]
    """Names and figures; ours first."""
    digits: int = 1


class Lines(msgspec.Struct, frozen=True):
    """A line chart with one x axis."""

    title: str
    across: str
    series: Mapping[str, Sequence[tuple[float, float]]]
    """Points by name, sorted by x; ours first, at most five names."""
    logarithmic: bool = True
    """Whether the x axis is logarithmic. The y axis is linear and starts at 0."""


def bars(panels: Sequence[Panel]) -> str:
    """Returns an SVG with the panels below each other."""
    parts: list[str] = []
    top = 8
    for panel in panels:
        parts.append(_text("title", _LEFT, top + 16, panel.title))
        largest = max((bar.highest for _, bar in panel.bars), default=0) or 1
        for number, (name, bar) in enumerate(panel.bars):
            parts += _bar(name, bar, largest, top + _HEAD + number * _STEP, panel.digits, first=number == 0)
        top += _HEAD + len(panel.bars) * _STEP + 14
    caption = (
        f"{panel.title}: {', '.join(f'{name} {bar.median:.{panel.digits}f}' for name, bar in panel.bars)}"
        for panel in panels
    )
    return _svg(top, "; ".join(caption), parts)


def _bar(name: str, figure: Figure, largest: float, y: int, digits: int, *, first: bool) -> list[str]:
    def x(value: float) -> float:
        return round(_LEFT + max(0.0, value) / largest * (WIDTH - _LEFT - _RIGHT), 1)

    middle = y + 6 + _BAR / 2
    return [
        _text("name", _LEFT, y, name),
        f'<rect class="{"first" if first else "other"}" x="{_LEFT}" y="{y + 6}" '
        f'width="{max(1.0, x(figure.median) - _LEFT):.1f}" height="{_BAR}" rx="2"/>',
        f'<line class="spread" x1="{x(figure.lowest)}" x2="{x(figure.highest)}" y1="{middle}" y2="{middle}"/>',
        _text("", x(figure.highest) + 8, middle + 5, f"{figure.median:.{digits}f}"),
    ]


def lines(charts: Sequence[Lines]) -> str:
    """Returns an SVG with the charts below each other; the name of each line is at its right end."""
    parts: list[str] = []
    top = 8
    for chart in charts:
        parts += _chart(chart, top)
        top += 290
    captions = (f"{chart.title}, by {chart.across}: {', '.join(chart.series)}" for chart in charts)
    return _svg(top, "; ".join(captions), parts)


def _chart(chart: Lines, top: int) -> list[str]:
    left_edge, right, upper, lower = 64, WIDTH - 150, top + 34, top + 230
    across = sorted({x for points in chart.series.values() for x, _ in points})
    highest = max((y for points in chart.series.values() for _, y in points), default=0) or 1
    step = _round_step(highest / 4)
    ceiling = math.ceil(highest / step) * step

    def scaled(value: float) -> float:
        return math.log(value) if chart.logarithmic and value > 0 else value

    def x(value: float) -> float:
        low, high = scaled(across[0]), scaled(across[-1])
        return round(left_edge + (scaled(value) - low) / ((high - low) or 1) * (right - left_edge), 1)

    def y(value: float) -> float:
        return round(lower - value / ceiling * (lower - upper), 1)

    parts = [_text("title", _LEFT, top + 16, chart.title)]
    for number in range(round(ceiling / step) + 1):
        at = y(number * step)
        parts.append(f'<line class="grid" x1="{left_edge}" x2="{right}" y1="{at}" y2="{at}"/>')
        parts.append(_text("name end", left_edge - 8, at + 4, f"{number * step:g}"))
    marks = across if len(across) <= 8 else _marks(across, chart.logarithmic)
    parts += [_text("name middle", x(value), lower + 20, f"{value:,g}") for value in marks]
    parts.append(_text("name middle", (left_edge + right) / 2, lower + 40, chart.across))
    ends: list[float] = []
    for number, (name, points) in enumerate(chart.series.items()):
        path = " ".join(f"{x(a)},{y(b)}" for a, b in points)
        parts.append(f'<polyline class="line l{number % 5}" points="{path}"/>')
        if len(points) <= 12:
            parts += [f'<circle class="d{number % 5}" cx="{x(a)}" cy="{y(b)}" r="3"/>' for a, b in points]
        # Move the name down if another line ends at the same height.
        at = y(points[-1][1]) + 4
        while any(abs(at - other) < 15 for other in ends):
            at += 1
        ends.append(at)
        parts.append(f'<text class="d{number % 5}" x="{x(points[-1][0]) + 8}" y="{at}">{escape(name)}</text>')
    return parts


def _marks(across: Sequence[float], logarithmic: bool) -> list[float]:
    """Returns about eight labels for the x axis; round numbers if the axis is linear."""
    if logarithmic:
        return list(across[:: -(-len(across) // 8)])
    step = _round_step((across[-1] - across[0]) / 8)
    return [number * step for number in range(math.ceil(across[0] / step), math.floor(across[-1] / step) + 1)]


def _round_step(value: float) -> float:
    """Returns the smallest of 1, 2, 5, 10, … (times a power of ten) that is at least `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= value * 0.999)


def _text(css_class: str, x: float, y: float, text: str) -> str:
    attribute = f' class="{css_class}"' if css_class else ""
    return f'<text{attribute} x="{x}" y="{y}">{escape(text)}</text>'


def _svg(height: int, caption: str, parts: Sequence[str]) -> str:
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    label = escape(caption, {'"': "&quot;"})
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">'
    return f"{head}\n<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
