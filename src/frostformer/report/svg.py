"""Pictures as SVG text, pure functions of numbers; the colours are the page's `--c0` to `--c5` and follow its theme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from statistics import mean

COLOURS = 6  # --c0 to --c5 in the template; further series take the same colours with dashes
_DASHES = ("", "6 3", "2 3", "8 3 2 3")
_SHADES = 24  # of a heat map
_MAP_SIDE = 118


@dataclass(frozen=True)
class Line:
    """One line of a chart."""

    series: int
    """Gives colour and dashes; lines of one series share them and one label."""

    label: str
    """Name of the series, written at the end of its lines."""

    name: str
    """Name of this line, which a browser shows when the pointer is on it."""

    points: Sequence[tuple[float, float]]
    """(step, score), at least one."""


@dataclass(frozen=True)
class Scale:
    """What the vertical axis of a chart counts."""

    label: str
    """Written beside the axis."""

    is_percent: bool
    """Whether the scores are shares, written as percent."""

    def text(self, score: float) -> str:
        """A round score beside the axis."""
        return f"{100 * score:.0f} %" if self.is_percent else f"{score:g}"


@dataclass(frozen=True)
class _Axes:
    """Where a step and a score lie in a box of these edges."""

    left: float
    right: float
    top: float
    bottom: float
    last: float
    low: float
    high: float
    scale: Scale

    @staticmethod
    def around(lines: Sequence[Line], scale: Scale, *, left: float, right: float, top: float, bottom: float) -> _Axes:
        """Axes from step 0 and between whole tenths."""
        scores = [y for line in lines for _, y in line.points]
        low = math.floor(round(min(scores) * 10, 6)) / 10
        high = max(math.ceil(round(max(scores) * 10, 6)) / 10, low + 0.1)
        return _Axes(left, right, top, bottom, max(x for line in lines for x, _ in line.points), low, high, scale)

    def across(self, step: float) -> float:
        return self.left + (self.right - self.left) * step / self.last

    def down(self, score: float) -> float:
        return self.bottom - (self.bottom - self.top) * (score - self.low) / (self.high - self.low)

    def path(self, line: Line) -> str:
        return "M" + "L".join(f"{self.across(x):.1f} {self.down(y):.1f}" for x, y in line.points)

    def drawn(self, numbers: int) -> list[str]:
        """The axes, each with about `numbers` numbers."""
        parts = []
        for y in _ticks(self.low, self.high, numbers, 0.01):
            parts.append(f'<path class="grid" d="M{self.left} {self.down(y):.1f}H{self.right}"/>')
            place = f'x="{self.left - 8}" y="{self.down(y) + 4:.1f}"'
            parts.append(f'<text {place} text-anchor="end">{self.scale.text(y)}</text>')
        for x in _ticks(0, self.last, numbers, 1):
            parts.append(f'<path class="axis" d="M{self.across(x):.1f} {self.bottom}v5"/>')
            parts.append(f'<text x="{self.across(x):.1f}" y="{self.bottom + 20}" text-anchor="middle">{x:,.0f}</text>')
        parts.append(f'<path class="axis" d="M{self.left} {self.bottom}H{self.right}"/>')
        return parts


def line_chart(lines: Sequence[Line], title: str, scale: Scale) -> str:
    """Scores against steps, one thin line each, each of a few series labelled at its end."""
    labels = {line.series: _shorten(line.label) for line in lines}
    direct = labels if len(labels) > 1 else {}
    right = 920 - max((18 + 7 * len(label) for label in direct.values()), default=28)
    axes = _Axes.around(lines, scale, left=62, right=right, top=14, bottom=300)
    parts = [_open(920, 350, title, "chart"), *axes.drawn(5)]
    parts.append(f'<text x="{(axes.left + axes.right) / 2}" y="{axes.bottom + 42}" text-anchor="middle">step</text>')
    middle = f"translate(13 {(axes.top + axes.bottom) / 2}) rotate(-90)"
    parts.append(f'<text transform="{middle}" text-anchor="middle">{escape(scale.label)}</text>')
    parts += [_line(line, axes, _dash(line.series)) for line in lines]
    ends = {series: mean(axes.down(line.points[-1][1]) for line in lines if line.series == series) for series in direct}
    for series, y in _spread(ends, 18, axes.bottom).items():
        place = f'x="{axes.right + 10}" y="{y + 4:.1f}" fill="{_colour(series)}"'
        parts.append(f'<text class="label" {place}>{escape(direct[series])}</text>')
    return "".join([*parts, "</svg>"])


def line_panels(lines: Sequence[Line], title: str, scale: Scale) -> dict[int, str]:
    """A small chart for each series, its lines in front of all others; for more series than one chart can show.

    The first panel draws the grey lines and the rest refer to them: all must be on one page, no two with one title.
    """
    axes = _Axes.around(lines, scale, left=46, right=288, top=8, bottom=104)
    name = "".join(letter if letter.isalnum() else "-" for letter in title)
    others = f'<path class="others" id="{name}" d="{"".join(map(axes.path, lines))}"/>'
    panels: dict[int, str] = {}
    for series in dict.fromkeys(line.series for line in lines):
        own = [line for line in lines if line.series == series]
        parts = [_open(300, 130, f"{title}: {own[0].label}", "chart panel"), *axes.drawn(2)]
        parts += [others, *(_line(line, axes, "") for line in own), "</svg>"]
        panels[series] = "".join(parts)
        others = f'<use href="#{name}"/>'
    return panels


def heat_map(matrix: Sequence[Sequence[float]], title: str) -> str:
    """A square matrix of fractions, row 1 on top, darker for more; positions are counted from 1."""
    size = len(matrix)
    cell = _MAP_SIDE / size
    cells: dict[int, list[str]] = {}
    for i, row in enumerate(matrix):
        for j, value in enumerate(row):
            if shade := round(_SHADES * _shade(value)):
                cells.setdefault(shade, []).append(f"M{j} {i}h1v1h-1z")
    parts = [_open(150, 146, title, "heat"), f'<g transform="translate(30 1) scale({cell:.4f})">']
    parts.append(f'<path class="back" d="M0 0h{size}v{size}h-{size}z"/>')
    parts += [f'<path fill-opacity="{shade / _SHADES:.3f}" d="{"".join(d)}"/>' for shade, d in sorted(cells.items())]
    parts.append("</g>")
    for i in range(0, size, math.ceil(size / 5)):
        centre = cell * (i + 0.5)
        parts.append(f'<text x="{30 + centre:.1f}" y="131" text-anchor="middle">{i + 1}</text>')
        parts.append(f'<text x="26" y="{4.5 + centre:.1f}" text-anchor="end">{i + 1}</text>')
    parts.append('<text x="89" y="144" text-anchor="middle">looked at</text>')
    parts.append('<text transform="translate(9 60) rotate(-90)" text-anchor="middle">looks</text>')
    return "".join([*parts, "</svg>"])


def heat_scale(title: str) -> str:
    """The key to the shades of `heat_map`."""
    width = 180 / _SHADES  # of one shade's box, centred at its value
    marks = [
        f'<text x="{8 + 180 * _shade(value):.1f}" y="27" text-anchor="middle">{value:g}</text>'
        for value in (0.0, 0.1, 0.25, 0.5, 1.0)
    ]
    steps = [
        f'<rect fill-opacity="{shade / _SHADES:.3f}" x="{8 + width * (shade - 0.5):.2f}" width="{width}" height="14"/>'
        for shade in range(_SHADES + 1)
    ]
    return "".join([_open(200, 32, title, "heat"), *steps, *marks, "</svg>"])


def dot_strip(values: Sequence[float], low: float, high: float, series: int, title: str) -> str:
    """One dot per value on a line from `low` to `high`."""
    scale = 120 / (high - low) if high > low else 0.0
    start = 8 if scale else 68
    dots = [f'<circle cx="{start + scale * (value - low):.1f}" cy="8" r="4"/>' for value in values]
    line = '<path class="grid" d="M2 8H134"/>'
    return "".join([_open(136, 16, title, "strip"), line, f'<g fill="{_colour(series)}">', *dots, "</g></svg>"])


def swatch(series: int) -> str:
    """A short piece of a series' line, for legends; it has no title because the text beside it says all."""
    stroke = f'stroke="{_colour(series)}" stroke-dasharray="{_dash(series)}"'
    return f'<svg class="swatch" aria-hidden="true" viewBox="0 0 22 8"><path {stroke} d="M1 4H21"/></svg>'


def _open(width: int, height: int, title: str, kind: str) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg class="{kind}" role="img" {size}><title>{escape(title)}</title>'


def _line(line: Line, axes: _Axes, dash: str) -> str:
    x, y = line.points[-1]
    return (
        f'<g stroke="{_colour(line.series)}" fill="{_colour(line.series)}"><title>{escape(line.name)}</title>'
        f'<path class="line" stroke-dasharray="{dash}" d="{axes.path(line)}"/>'
        f'<circle cx="{axes.across(x):.1f}" cy="{axes.down(y):.1f}" r="2"/></g>'
    )


def _ticks(low: float, high: float, count: int, least: float) -> list[float]:
    """About `count` round numbers from `low` to `high`, at least `least` apart."""
    wanted = max((high - low) / count, least)
    magnitude = 10 ** math.floor(math.log10(wanted))
    step = next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= wanted * (1 - 1e-9))
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _spread(wanted: dict[int, float], gap: float, bottom: float) -> dict[int, float]:
    """The heights moved apart so that texts do not touch, in the same order, none below `bottom`."""
    placed: dict[int, float] = {}
    lowest = -math.inf
    for series, y in sorted(wanted.items(), key=lambda item: item[1]):
        placed[series] = lowest = max(y, lowest + gap)
    return {series: y - max(0.0, lowest - bottom) for series, y in placed.items()}


def _shade(value: float) -> float:
    """0 to 1; the square root keeps a tenth and a twentieth apart, where most attention lies."""
    return math.sqrt(min(max(value, 0.0), 1.0))


def _shorten(label: str) -> str:
    return label if len(label) <= 28 else label[:27] + "…"


def _colour(series: int) -> str:
    return f"var(--c{series % COLOURS})"


def _dash(series: int) -> str:
    return _DASHES[series // COLOURS % len(_DASHES)]
