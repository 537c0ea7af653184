"""What the plots of all pages share: axes, colours, dashes and sizes, as parts of Vega-Lite specifications.

Colours are the page's, so that plots follow its theme: `--c0` to `--c5` are in `page.css`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Spec = dict[str, Any]

_COLOURS = 6  # with 5 dashes and shapes, 30 series look different, and neighbours do so without colour, too
_DASHES = ([1, 0], [7, 3], [2, 2], [8, 3, 2, 3], [12, 4])
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down")
ROW_HEIGHT = 46  # of an arm, in pixels
_NAME = 0.5  # of it is for the arm's name above its marks
SHOWN = "!length(shown) || indexof(shown, datum.series) >= 0"


class Mark(Protocol):
    """What is drawn with the looks of a series."""

    @property
    def series(self) -> int:
        """Gives colour, dashes and shape."""
        ...


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


def plot(**parts: Any) -> Spec:
    """A plot as wide as its place, unless the parts say otherwise; the page's script gives its looks."""
    return {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}} | parts


def arm_rows() -> Spec:
    """A row for each arm, in the order of the data, its name above it: beside it, a phone has no room for a name."""
    width = "max(300, containerSize()[0])"
    two_lines = "split(replace(datum.label, regexp('^(.{20,52}), '), '$1,\\n'), '\\n')"
    names = {
        "labelExpr": f"7 * length(datum.label) < {width} ? datum.label : {two_lines}",
        "labelLimit": {"expr": width},
        "labelAlign": "left",
        "labelPadding": 0,
        "labelOffset": -ROW_HEIGHT / 2,
    }
    rows = {"type": "band", "paddingInner": _NAME, "paddingOuter": _NAME / 2, "align": 1}  # all space above
    axis = names | {"title": None, "domain": False, "ticks": False, "grid": True}
    return {"field": "arm", "type": "nominal", "sort": None, "scale": rows, "axis": axis}


def opacity(many: bool) -> Spec:
    """How strong a line is: pale where others are chosen; among many lines, strong where it is chosen or pointed at."""
    chosen: Spec = {"test": SHOWN, "value": 0.35 if many else 0.9}
    alone = {"test": f"length(shown) && {SHOWN}", "value": 0.9}
    near = {"param": "near", "empty": False, "value": 0.9}
    return {"condition": [alone, near, chosen] if many else [chosen], "value": 0.05}


def colour(series: int) -> str:
    """Of a series, in the page's words."""
    return f"var(--c{series % _COLOURS})"


def dash(series: int) -> list[int]:
    """Lengths of line and gap."""
    return _DASHES[series % len(_DASHES)]


def colours(marks: Sequence[Mark]) -> Spec:
    """The colour of each mark."""
    return by_series(marks, colour)


def dashes(marks: Sequence[Mark]) -> Spec:
    """The dashes of each line."""
    return by_series(marks, dash)


def by_series(marks: Sequence[Mark], looks: Callable[[int], Any]) -> Spec:
    """What a mark looks like, from the number of its series."""
    series = sorted({mark.series for mark in marks})
    scale = {"domain": series, "range": [looks(one) for one in series]}
    return {"field": "series", "type": "nominal", "scale": scale, "legend": None}


def rounded_all(values: Sequence[float]) -> list[float]:
    """Each with the digits that a page can show."""
    return [rounded(value) for value in values]


def rounded(value: float) -> float:
    """Digits that a page can show."""
    return float(f"{value:.4g}")
