"""Plots as Vega-Lite specifications, plain dictionaries; colours are the page's, so that they follow its theme.

`--c0` to `--c5` and `--heat` are in `page.css`. Names that come from outside are data, never part of an expression.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frostformer.results.result import thin

Spec = dict[str, Any]

_COLOURS = 6  # with 5 dashes and shapes, 30 series look different, and neighbours do so without colour, too
_DASHES = ([1, 0], [7, 3], [2, 2], [8, 3, 2, 3], [12, 4])
_SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down")
_ROW = 26  # height of an arm, in pixels
_MOST_POINTS = 6000  # of one plot; each is an element of the page
_MANY = 6  # lines of more arms are drawn paler, and their points only under the pointer
_SHOWN = "!length(shown) || indexof(shown, datum.series) >= 0"


@dataclass(frozen=True)
class Line:
    """The learning curve of one run."""

    series: int
    """Gives colour and dashes; the runs of an arm share them."""

    arm: str
    seed: int

    points: Sequence[tuple[float, float]]
    """(step, score), at least one."""


@dataclass(frozen=True)
class Dot:
    """The test score of one run."""

    series: int
    arm: str
    seed: int
    score: float

    remark: str
    """What is to be said of the run, such as that it diverged; may be empty."""


@dataclass(frozen=True)
class Bar:
    """The interval of a difference."""

    series: int
    arm: str
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Point:
    """The test scores of an arm with so many labelled sequences."""

    series: int
    arm: str
    labels: int
    scores: Sequence[float]


@dataclass(frozen=True)
class Scale:
    """What an axis of scores counts."""

    label: str
    is_percent: bool
    """Whether the scores are shares, written as percent."""

    def axis(self) -> Spec:
        """The axis of a plot."""
        number = "format(100 * datum.value, '~g') + ' %'" if self.is_percent else "format(datum.value, '~g')"
        return {"title": self.label, "labelExpr": number, "tickCount": 5}

    def shown(self, field: str) -> Spec:
        """The score where a pointer rests."""
        return {"field": field, "title": self.label, "format": ".1%" if self.is_percent else ".4~g"}


def line_plot(lines: Sequence[Line], scale: Scale) -> Spec:
    """Scores against steps; the signal `shown` is a list of the series to see, all if it is empty."""
    most = max(2, _MOST_POINTS // len(lines))
    values = []
    for line in lines:
        step, score = zip(*thin(list(line.points), most), strict=True)
        values.append(
            {"series": line.series, "arm": line.arm, "seed": line.seed, "step": step, "score": _rounded(score)}
        )
    many = len({line.series for line in lines}) > _MANY
    near = {"type": "point", "on": "pointerover", "clear": "pointerout", "nearest": True, "fields": ["series"]}
    return _plot(
        height=300,
        data={"values": values},
        params=[{"name": "shown", "value": []}],
        transform=[{"flatten": ["step", "score"]}],
        encoding={
            "x": {"field": "step", "type": "quantitative", "axis": {"tickCount": 5, "grid": False}, "title": "step"}
            | {"scale": {"zero": True}},
            "y": {"field": "score", "type": "quantitative", "scale": {"zero": False}, "axis": scale.axis()},
            "color": _colours(lines),
            "detail": {"field": "seed"},
        },
        layer=[
            {
                "mark": {"type": "line", "strokeWidth": 1.6, "strokeJoin": "round"},
                "encoding": {"strokeDash": _dashes(lines), "opacity": _seen(many)},
            },
            {
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 18,
                    "opacity": 0 if many else 0.9,
                    "tooltip": _near(scale),
                },
                "params": [{"name": "near", "select": near}],
                "transform": [{"filter": _SHOWN}],
            },
        ],
    )


def _seen(many: bool) -> Spec:
    """How strong a line is: pale where others are chosen; among many lines, strong where it is chosen or pointed at."""
    chosen: Spec = {"test": _SHOWN, "value": 0.35 if many else 0.9}
    alone = {"test": f"length(shown) && {_SHOWN}", "value": 0.9}
    near = {"param": "near", "empty": False, "value": 0.9}
    return {"condition": [alone, near, chosen] if many else [chosen], "value": 0.05}


def dot_plot(dots: Sequence[Dot], scale: Scale, trivial: Mapping[str, float]) -> Spec:
    """One dot for each run, a row for each arm, and a line for each rule that needs no model."""
    values = [
        {"series": dot.series, "arm": dot.arm, "seed": dot.seed, "score": _round(dot.score), "remark": dot.remark}
        for dot in dots
    ]
    rules = [{"rule": f"{rule} (no model)", "score": _round(score)} for rule, score in trivial.items()]
    tooltip = [{"field": "arm"}, {"field": "seed"}, scale.shown("score"), {"field": "remark"}]
    score = {"field": "score", "type": "quantitative", "scale": {"zero": False}, "axis": scale.axis()}
    without_model = {
        "data": {"values": rules},
        "mark": {"type": "rule", "stroke": "var(--quiet)", "strokeDash": [4, 3]},
        "encoding": {"x": score, "tooltip": [{"field": "rule"}, scale.shown("score")]},
    }
    filled = {"condition": {"test": "datum.remark == ''", "value": 0.75}, "value": 0}
    return _plot(
        height=_ROW * len({dot.arm for dot in dots}),
        layer=[
            *([without_model] if rules else []),
            {
                "data": {"values": values},
                "mark": {"type": "point", "size": 60},
                "encoding": {
                    "x": score,
                    "y": _arms(),
                    "yOffset": {"field": "seed", "type": "ordinal"},
                    "color": _colours(dots),
                    "fill": _colours(dots),
                    "shape": _by_series(dots, lambda series: _SHAPES[series % len(_SHAPES)]),
                    "fillOpacity": filled,
                    "tooltip": tooltip,
                },
            },
        ],
    )


def bar_plot(bars: Sequence[Bar], scale: Scale) -> Spec:
    """An interval for each arm with its middle, and a line at zero."""
    values = [
        {"series": bar.series, "arm": bar.arm}
        | {name: _round(getattr(bar, name)) for name in ("low", "middle", "high")}
        for bar in bars
    ]
    tooltip = [{"field": "arm"}, *(scale.shown(name) | {"title": name} for name in ("low", "middle", "high"))]
    place = {"type": "quantitative", "axis": scale.axis()}
    return _plot(
        height=_ROW * len(bars),
        layer=[
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "stroke": "var(--quiet)", "strokeDash": [4, 3]},
                "encoding": {"x": {"field": "zero"} | place},
            },
            {
                "data": {"values": values},
                "encoding": {"y": _arms(), "color": _colours(bars), "tooltip": tooltip},
                "layer": [
                    {
                        "mark": {"type": "rule", "strokeWidth": 3},
                        "encoding": {"x": {"field": "low"} | place, "x2": {"field": "high"}},
                    },
                    {
                        "mark": {"type": "point", "filled": True, "size": 70},
                        "encoding": {"x": {"field": "middle"} | place},
                    },
                ],
            },
        ],
    )


def size_plot(points: Sequence[Point], scale: Scale) -> Spec:
    """Scores against the number of labelled sequences: a line through the means, a dot for each replicate."""
    values = [
        {"series": point.series, "arm": point.arm, "labels": point.labels, "score": _round(score)}
        for point in points
        for score in point.scores
    ]
    return _plot(
        height=300,
        data={"values": values},
        params=[{"name": "shown", "value": []}],
        encoding={
            "x": {"field": "labels", "type": "quantitative", "scale": {"type": "log"}, "title": "labelled sequences"}
            | {"axis": {"values": sorted({point.labels for point in points}), "grid": False}},
            "color": _colours(points),
        },
        layer=[
            {
                "mark": {"type": "line", "strokeWidth": 1.6},
                "encoding": {
                    "y": {"aggregate": "mean", "field": "score", "type": "quantitative"}
                    | {"scale": {"zero": False}, "axis": scale.axis()},
                    "strokeDash": _dashes(points),
                    "opacity": _seen(many=False),
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 25, "opacity": 0.7},
                "encoding": {
                    "y": {"field": "score", "type": "quantitative", "scale": {"zero": False}, "axis": scale.axis()},
                    "tooltip": [{"field": "arm"}, {"field": "labels"}, scale.shown("score")],
                },
                "transform": [{"filter": _SHOWN}],
            },
        ],
    )


def heat_map(blocks: Sequence[Sequence[Sequence[float]]], combined: Sequence[Sequence[bool]] | None = None) -> Spec:
    """Matrices of shares; the signal `block` says which one is seen, 0 for the mean of all.

    Positions are counted from 1, and more is darker. Rows are query positions, the lowest one first.

    Args:
        blocks: for each block a matrix (R, T), of the last R of T query positions.
        combined: (R, T) places to mark; none if not given.
    """
    height, width = len(blocks[0]), len(blocks[0][0])
    first = width - height + 1
    values = [
        {"block": block, "query": query, "shares": _rounded(row)}
        | ({} if combined is None else {"marks": [int(mark) for mark in combined[query - first]]})
        for block, matrix in enumerate([_mean(blocks), *blocks])
        for query, row in enumerate(matrix, first)
    ]
    cell = min(max(150, 6 * width), 300) / width
    return _plot(
        width=cell * width,
        height=cell * height,
        view={"fill": "var(--tint)"},
        autosize="pad",
        data={"values": values},
        params=[{"name": "block", "value": 0}],
        transform=[
            {"filter": "datum.block == block"},
            {"flatten": ["shares"] if combined is None else ["shares", "marks"], "as": ["share", "mark"]},
            {"window": [{"op": "row_number", "as": "key"}], "groupby": ["query"]},
        ],
        encoding={
            "x": {"field": "key", "type": "ordinal", "title": "looked at", "axis": _numbered(1, width)},
            "y": {"field": "query", "type": "ordinal", "title": "looks", "axis": _numbered(first, width)},
        },
        layer=[_shades(), *([] if combined is None else [_FRAMES])],
    )


def _arms() -> Spec:
    """A row for each arm, in the order of the data."""
    labels = {"title": None, "labelLimit": {"expr": "max(90, 0.35 * containerSize()[0])"}, "domain": False}
    return {"field": "arm", "type": "nominal", "sort": None, "axis": labels | {"ticks": False, "grid": True}}


def _numbered(first: int, last: int) -> Spec:
    """An axis at which about six positions have their number."""
    numbers = list(range(first, last + 1, math.ceil((last - first + 1) / 6)))
    return {"values": numbers, "labelAngle": 0, "ticks": False, "domain": False}


def _shades() -> Spec:
    """A rectangle for each share of attention; the square root keeps small ones apart, where most of them lie."""
    shade = {"type": "sqrt", "domain": [0, 1], "range": [0, 1], "clamp": True}
    tooltip = [
        {"field": "query", "title": "query position"},
        {"field": "key", "title": "key position"},
        {"field": "share", "title": "share of its attention", "format": ".1%"},
    ]
    opacity = {"field": "share", "type": "quantitative", "scale": shade, "legend": None}
    return {
        "mark": {"type": "rect", "fill": "var(--heat)"},
        "encoding": {"fillOpacity": opacity, "tooltip": tooltip},
    }


_FRAMES: Spec = {
    "mark": {"type": "rect", "fill": None, "stroke": "var(--c1)", "strokeWidth": 1.5},
    "transform": [{"filter": "datum.mark == 1"}],
}


def colour(series: int) -> str:
    """Of a series, in the page's words."""
    return f"var(--c{series % _COLOURS})"


def dash(series: int) -> list[int]:
    """Lengths of line and gap."""
    return _DASHES[series % len(_DASHES)]


def _plot(**parts: Any) -> Spec:
    """A plot as wide as its place, unless the parts say otherwise; the page's script gives its looks."""
    return {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}} | parts


def _near(scale: Scale) -> Spec:
    """What is shown of the point nearest to the pointer; there Vega-Lite itself finds numbers, but no names."""
    point = "(datum.datum || datum)"
    shown = scale.shown("score")
    score = f"{json.dumps(shown['title'])}: format({point}.score, {json.dumps(shown['format'])})"
    return {"expr": f"{{arm: {point}.arm, seed: {point}.seed, step: format({point}.step, ','), {score}}}"}


def _colours(marks: Sequence[Line | Dot | Bar | Point]) -> Spec:
    return _by_series(marks, colour)


def _dashes(marks: Sequence[Line | Point]) -> Spec:
    return _by_series(marks, dash)


def _by_series(marks: Sequence[Line | Dot | Bar | Point], looks: Any) -> Spec:
    series = sorted({mark.series for mark in marks})
    scale = {"domain": series, "range": [looks(one) for one in series]}
    return {"field": "series", "type": "nominal", "scale": scale, "legend": None}


def _mean(blocks: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    """Of matrices, number by number."""
    return [[sum(values) / len(blocks) for values in zip(*rows, strict=True)] for rows in zip(*blocks, strict=True)]


def _rounded(values: Sequence[float]) -> list[float]:
    return [_round(value) for value in values]


def _round(value: float) -> float:
    """Digits that a page can show."""
    return float(f"{value:.4g}")
