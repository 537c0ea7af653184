"""Plots of runs as Vega-Lite specifications, plain dictionaries: learning curves, test scores, attention.

`--heat` is in `page.css`. Names that come from outside are data, never part of an expression.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from frostformer.report.plot_parts import (
    ROW_HEIGHT,
    SHAPES,
    SHOWN,
    Scale,
    Spec,
    arm_rows,
    by_series,
    colours,
    dashes,
    opacity,
    plot,
    rounded,
    rounded_all,
)
from frostformer.results.result import thin

_MOST_POINTS = 6000  # of one plot; each is an element of the page
_MANY = 6  # lines of more arms are drawn paler, and their points only under the pointer


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


def line_plot(lines: Sequence[Line], scale: Scale) -> Spec:
    """Scores against steps; the signal `shown` is a list of the series to see, all if it is empty."""
    most = max(2, _MOST_POINTS // len(lines))
    values = []
    for line in lines:
        step, score = zip(*thin(list(line.points), most), strict=True)
        values.append(
            {"series": line.series, "arm": line.arm, "seed": line.seed, "step": step, "score": rounded_all(score)}
        )
    many = len({line.series for line in lines}) > _MANY
    near = {"type": "point", "on": "pointerover", "clear": "pointerout", "nearest": True, "fields": ["series"]}
    return plot(
        height=300,
        data={"values": values},
        params=[{"name": "shown", "value": []}],
        transform=[{"flatten": ["step", "score"]}],
        encoding={
            "x": {"field": "step", "type": "quantitative", "axis": {"tickCount": 5, "grid": False}, "title": "step"}
            | {"scale": {"zero": True}},
            "y": {"field": "score", "type": "quantitative", "scale": {"zero": False}, "axis": scale.axis()},
            "color": colours(lines),
            "detail": {"field": "seed"},
        },
        layer=[
            {
                "mark": {"type": "line", "strokeWidth": 1.6, "strokeJoin": "round"},
                "encoding": {"strokeDash": dashes(lines), "opacity": opacity(many)},
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
                "transform": [{"filter": SHOWN}],
            },
        ],
    )


def dot_plot(dots: Sequence[Dot], scale: Scale, trivial: Mapping[str, float]) -> Spec:
    """One dot for each run, a row for each arm, and a line for each rule that needs no model."""
    values = [
        {"series": dot.series, "arm": dot.arm, "seed": dot.seed, "score": rounded(dot.score), "remark": dot.remark}
        for dot in dots
    ]
    rules = [{"rule": f"{rule} (no model)", "score": rounded(score)} for rule, score in trivial.items()]
    tooltip = [{"field": "arm"}, {"field": "seed"}, scale.shown("score"), {"field": "remark"}]
    score = {"field": "score", "type": "quantitative", "scale": {"zero": False}, "axis": scale.axis()}
    without_model = {
        "data": {"values": rules},
        "mark": {"type": "rule", "stroke": "var(--quiet)", "strokeDash": [4, 3]},
        "encoding": {"x": score, "tooltip": [{"field": "rule"}, scale.shown("score")]},
    }
    filled = {"condition": {"test": "datum.remark == ''", "value": 0.75}, "value": 0}
    return plot(
        height=ROW_HEIGHT * len({dot.arm for dot in dots}),
        layer=[
            *([without_model] if rules else []),
            {
                "data": {"values": values},
                "mark": {"type": "point", "size": 60},
                "encoding": {
                    "x": score,
                    "y": arm_rows(),
                    "yOffset": {"field": "seed", "type": "ordinal"},
                    "color": colours(dots),
                    "fill": colours(dots),
                    "shape": by_series(dots, lambda series: SHAPES[series % len(SHAPES)]),
                    "fillOpacity": filled,
                    "tooltip": tooltip,
                },
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
        {"block": block, "query": query, "shares": rounded_all(row)}
        | ({} if combined is None else {"marks": [int(mark) for mark in combined[query - first]]})
        for block, matrix in enumerate([_mean(blocks), *blocks])
        for query, row in enumerate(matrix, first)
    ]
    cell = min(max(220, 7 * width), 360) / width
    return plot(
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


def _near(scale: Scale) -> Spec:
    """What is shown of the point nearest to the pointer; there Vega-Lite itself finds numbers, but no names."""
    point = "(datum.datum || datum)"
    shown = scale.shown("score")
    score = f"{json.dumps(shown['title'])}: format({point}.score, {json.dumps(shown['format'])})"
    return {"expr": f"{{arm: {point}.arm, seed: {point}.seed, step: format({point}.step, ','), {score}}}"}


def _mean(blocks: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    """Of matrices, number by number."""
    return [[sum(values) / len(blocks) for values in zip(*rows, strict=True)] for rows in zip(*blocks, strict=True)]
