"""Every plot is one that Vega-Lite accepts, in the page's colours, and is told apart without them."""

from __future__ import annotations

import json

import pytest
import vl_convert

from frostformer.report.plot_parts import Scale, colour, dash
from frostformer.report.plots import Dot, Line, dot_plot, heat_map, line_plot

ACCURACY = Scale("accuracy", is_percent=True)
LINES = [Line(i, f"arm {i}", 0, [(100, 0.5), (200, 0.6123456)]) for i in range(3)]
DOTS = [Dot(0, "pretrained", 0, 0.9, ""), Dot(1, "random", 0, 0.8, "training diverged at step 7")]
BLOCKS = [[[1.0, 0.0], [0.25, 0.75]], [[1.0, 0.0], [0.75, 0.25]]]


@pytest.mark.parametrize(
    "plot",
    [
        line_plot(LINES, ACCURACY),
        line_plot(LINES * 5, Scale("R²", is_percent=False)),
        dot_plot(DOTS, ACCURACY, {"guessing": 0.5}),
        heat_map(BLOCKS),
        heat_map([[[0.25, 0.5, 0.25]]], [[True, False, True]]),
    ],
    ids=["lines", "many lines", "dots", "map", "marked map"],
)
def test_the_library_draws_it_in_the_colours_of_the_page(plot):
    drawn = vl_convert.vegalite_to_svg(json.dumps(plot))
    assert "var(--" in drawn
    assert "NaN" not in drawn


def test_neighbours_differ_without_colour():
    for series in range(30):
        assert dash(series) != dash(series + 1)
    assert len({(colour(series), tuple(dash(series))) for series in range(30)}) == 30


def test_many_points_are_thinned_but_first_and_last_stay():
    lines = [Line(0, "arm", seed, [(step, 0.5) for step in range(160)]) for seed in range(150)]
    values = line_plot(lines, ACCURACY)["data"]["values"]
    assert {len(line["step"]) for line in values} == {40}
    assert (values[0]["step"][0], values[0]["step"][-1]) == (0, 159)


def test_the_mean_map_is_block_0_and_the_others_count_from_1():
    rows = heat_map(BLOCKS)["data"]["values"]
    assert [(row["block"], row["query"], row["shares"]) for row in rows] == [
        (0, 1, [1.0, 0.0]),
        (0, 2, [0.5, 0.5]),
        (1, 1, [1.0, 0.0]),
        (1, 2, [0.25, 0.75]),
        (2, 1, [1.0, 0.0]),
        (2, 2, [0.75, 0.25]),
    ]


def test_names_are_data_and_no_part_of_an_expression():
    hostile = "'+alert(1)+'"
    plots = [
        line_plot([Line(0, hostile, 0, [(1, 0.5), (2, 0.6)])], ACCURACY),
        dot_plot([Dot(0, hostile, 0, 0.5, "")], ACCURACY, {hostile: 0.1}),
    ]
    for plot in plots:
        plot.pop("data", None)
        for layer in plot["layer"]:
            layer.pop("data", None)
        assert hostile not in json.dumps(plot)


def test_the_name_of_an_arm_is_whole_on_a_narrow_plot():
    long = "embedded, pretrained, output-norms, 6 layers, learning_rate 0.001"
    drawn = vl_convert.vegalite_to_svg(json.dumps(dot_plot([Dot(0, long, 0, 0.9, "")], ACCURACY, {}) | {"width": 320}))
    assert "…" not in drawn
    assert all(
        f">{line}</t" in drawn for line in ("embedded, pretrained, output-norms, 6 layers,", "learning_rate 0.001")
    )
