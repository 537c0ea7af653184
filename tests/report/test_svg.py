"""Pictures: points where the axes say, labels apart, shades by value."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree

from frostformer.report import svg

PERCENT = svg.Scale("validation accuracy", is_percent=True)


def test_chart_puts_points_where_the_axes_say():
    line = svg.Line(0, "one", "one, seed 0", [(0, 0.5), (50, 0.75), (100, 1.0)])
    chart = svg.line_chart([line], "Curves", PERCENT)
    assert 'd="M62.0 300.0L477.0 157.0L892.0 14.0"' in chart  # left bottom, middle, right top
    assert ">50 %<" in chart
    assert ">100 %<" in chart
    assert ">100<" in chart


def test_chart_labels_do_not_touch():
    lines = [svg.Line(i, f"arm {i}", f"arm {i}, seed 0", [(1, 0.9), (2, 0.9)]) for i in range(4)]
    root = ElementTree.fromstring(svg.line_chart(lines, "Curves", PERCENT))
    heights = sorted(float(text.get("y")) for text in root.iter("text") if text.get("class") == "label")
    assert [round(b - a) for a, b in itertools.pairwise(heights)] == [18, 18, 18]


def test_panels_show_their_own_lines_in_front_of_all():
    lines = [svg.Line(i, f"arm {i}", f"arm {i}, seed {seed}", [(1, 0.5), (2, 1.0)]) for i in (3, 1) for seed in (0, 1)]
    panels = svg.line_panels(lines, "Curves on x", PERCENT)
    assert list(panels) == [3, 1]
    first, second = panels.values()
    assert first.count('id="Curves-on-x"') == 1
    assert first.count('class="line"') == second.count('class="line"') == 2
    assert "arm 3, seed 1" in first
    assert "arm 1" not in first
    assert '<use href="#Curves-on-x"/>' in second
    others = ElementTree.fromstring(first).find("path[@class='others']").get("d")
    assert others == "M167.0 104.0L288.0 8.0" * 4  # half way, bottom; right, top


def test_heat_map_shades_by_the_square_root_and_leaves_zeros_out():
    root = ElementTree.fromstring(svg.heat_map([[1.0, 0.0], [0.25, 0.25]], "Map"))
    cells = {path.get("fill-opacity"): path.get("d") for path in root.iter("path") if path.get("fill-opacity")}
    assert cells == {"0.500": "M0 1h1v1h-1zM1 1h1v1h-1z", "1.000": "M0 0h1v1h-1z"}  # column, then row


def test_dots_lie_between_lowest_and_highest():
    strip = svg.dot_strip([0.5, 0.75, 1.0], 0.5, 1.0, 0, "Dots")
    assert re.findall(r'cx="([\d.]+)"', strip) == ["8.0", "68.0", "128.0"]
    assert re.findall(r'cx="([\d.]+)"', svg.dot_strip([0.5], 0.5, 0.5, 0, "Dot")) == ["68.0"]


def test_plain_numbers_go_below_zero():
    line = svg.Line(0, "one", "one, seed 0", [(0, -1.0), (100, 0.5)])
    chart = svg.line_chart([line], "Curves", svg.Scale("validation R² <x>", is_percent=False))
    numbers = re.findall(r'text-anchor="end">([^<]*)</text>', chart)
    assert numbers == ["-1", "-0.5", "0", "0.5"]
    assert "validation R² &lt;x&gt;</text>" in chart
    assert "%" not in chart
    assert 'd="M62.0 300.0L892.0 14.0"' in chart
