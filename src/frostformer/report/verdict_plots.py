"""Plots of a verdict's page as Vega-Lite specifications: intervals of differences, and scores by number of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frostformer.report.plot_parts import (
    ROW_HEIGHT,
    SHOWN,
    Scale,
    Spec,
    arm_rows,
    colours,
    dashes,
    opacity,
    plot,
    rounded,
)


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


def bar_plot(bars: Sequence[Bar], scale: Scale) -> Spec:
    """An interval for each arm with its middle, and a line at zero."""
    values = [
        {"series": bar.series, "arm": bar.arm}
        | {name: rounded(getattr(bar, name)) for name in ("low", "middle", "high")}
        for bar in bars
    ]
    tooltip = [{"field": "arm"}, *(scale.shown(name) | {"title": name} for name in ("low", "middle", "high"))]
    place = {"type": "quantitative", "axis": scale.axis()}
    return plot(
        height=ROW_HEIGHT * len(bars),
        layer=[
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "stroke": "var(--quiet)", "strokeDash": [4, 3]},
                "encoding": {"x": {"field": "zero"} | place},
            },
            {
                "data": {"values": values},
                "encoding": {"y": arm_rows(), "color": colours(bars), "tooltip": tooltip},
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
        {"series": point.series, "arm": point.arm, "labels": point.labels, "score": rounded(score)}
        for point in points
        for score in point.scores
    ]
    return plot(
        height=300,
        data={"values": values},
        params=[{"name": "shown", "value": []}],
        encoding={
            "x": {"field": "labels", "type": "quantitative", "scale": {"type": "log"}, "title": "labelled sequences"}
            | {"axis": {"values": sorted({point.labels for point in points}), "grid": False}},
            "color": colours(points),
        },
        layer=[
            {
                "mark": {"type": "line", "strokeWidth": 1.6},
                "encoding": {
                    "y": {"aggregate": "mean", "field": "score", "type": "quantitative"}
                    | {"scale": {"zero": False}, "axis": scale.axis()},
                    "strokeDash": dashes(points),
                    "opacity": opacity(many=False),
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 25, "opacity": 0.7},
                "encoding": {
                    "y": {"field": "score", "type": "quantitative", "scale": {"zero": False}, "axis": scale.axis()},
                    "tooltip": [{"field": "arm"}, {"field": "labels"}, scale.shown("score")],
                },
                "transform": [{"filter": SHOWN}],
            },
        ],
    )
