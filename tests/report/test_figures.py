"""Which points are drawn, in which form, and what is said of those that are not."""

from __future__ import annotations

import pytest

from frostformer.report import svg
from frostformer.report.figures import attention_maps, curve, dots, learning_curves
from frostformer.results.seeds import Summary, summarise
from results.made import classes, labels, numbers, result


def curves(summaries: list[Summary]):
    return learning_curves("x", summaries, {summary.arm: i for i, summary in enumerate(summaries)})


@pytest.mark.parametrize(
    ("made", "points"),
    [
        (result(0.9), [(1000, 0.8), (2000, 0.85), (3000, 0.9 - 0.1 / 3)]),
        (labels(0.9), [(1000, 0.8), (2000, 0.85), (3000, 0.9 - 0.1 / 3)]),
        (classes([[8, 2], [2, 8]]), [(1000, 0.7), (2000, 0.75), (3000, 0.8 - 0.1 / 3)]),
        (numbers(0.5), [(1000, -1.0), (2000, -1.0), (3000, 0.5 - 6 / 9)]),  # of -5.5, -1 and -0.17
    ],
    ids=["format 1", "multilabel", "balanced accuracy", "R²"],
)
def test_curves_are_of_the_metric_that_chose(made, points):
    drawn = [number for point in curve(made) for number in point]
    assert drawn == pytest.approx([number for point in points for number in point])


def test_points_without_a_score_are_skipped():
    made = result()
    made.curve[1]["validation_accuracy"] = None
    assert [step for step, _ in curve(made)] == [1000, 3000]
    drawn = curves(summarise([made]))
    assert drawn.note == "Validation accuracy. Evaluations whose score is not a finite number are left out."
    assert drawn.chart


def test_an_arm_without_any_score_is_left_out_of_the_chart():
    drawn = curves(summarise([numbers(0.5), numbers(None, weights="random")]))
    assert drawn.chart.count('class="line"') == 1
    none = curves(summarise([numbers(None)]))
    assert (none.chart, none.panels) == ("", {})


def test_an_arm_without_any_score_has_no_panel():
    made = [numbers(0.5, backbone=str(i)) for i in range(svg.COLOURS)] + [numbers(None, backbone="none")]
    drawn = curves(summarise(made))
    assert len(drawn.panels) == svg.COLOURS
    assert "Each arm is drawn in front of all others, which are grey." in drawn.note


def test_two_metrics_on_one_axis_are_both_named():
    drawn = curves(summarise([result(), classes([[8, 2], [2, 8]])]))
    assert drawn.note == "Validation accuracy or balanced accuracy."


def test_dots_leave_out_runs_without_a_score():
    strips = dots(summarise([numbers(0.5, seed=0), numbers(None, seed=1), numbers(0.7, seed=2)]), SERIES)
    assert strips[0].count("<circle") == 2
    assert "Test scores (R²) of embedded, pretrained, frozen: 0.500 to 0.700" in strips[0]
    assert dots(summarise([numbers(None)]), SERIES)[0].count("<circle") == 0


SERIES = {"embedded, pretrained, frozen": 0}


def test_maps_are_of_the_first_run_that_has_any():
    made = [result(seed=0), result(seed=1)]
    object.__setattr__(made[0], "attention", None)
    (maps,) = attention_maps(summarise(made))
    assert maps.caption == "bit-xor: embedded, pretrained, frozen, seed 1"
    assert len(maps.pictures) == 2
