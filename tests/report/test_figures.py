"""Which points are drawn, in which form, and what is said of those that are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from frostformer.report.figures import MOST_NUMBERS, Curves, attention_maps, curve, dots, learning_curves
from frostformer.results.attention import ATTENTION_NAME
from frostformer.results.seeds import Summary, summarise
from results.made import classes, labels, numbers, result


def series(summaries: list[Summary]) -> dict[str, int]:
    return {summary.arm: i for i, summary in enumerate(summaries)}


def curves(summaries: list[Summary]) -> Curves:
    return learning_curves(summaries, series(summaries))


def drawn(plot) -> list[dict]:
    return plot["data"]["values"]


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
    flat = [number for point in curve(made) for number in point]
    assert flat == pytest.approx([number for point in points for number in point])


def test_points_without_a_score_are_skipped():
    made = result()
    made.curve[1]["validation_accuracy"] = None
    assert [step for step, _ in curve(made)] == [1000, 3000]
    found = curves(summarise([made]))
    assert found.note == "Validation accuracy. Evaluations whose score is not a finite number are left out."
    assert drawn(found.plot)[0]["step"] == (1000, 3000)


def test_all_arms_are_in_one_plot_each_run_with_its_seed():
    found = curves(summarise([result(seed=0), result(seed=1), result(weights="random", seed=4)]))
    assert [(line["series"], line["arm"], line["seed"]) for line in drawn(found.plot)] == [
        (0, "pretrained", 0),
        (0, "pretrained", 1),
        (1, "random", 4),
    ]
    assert found.arms == [(0, "pretrained"), (1, "random")]


def test_an_arm_without_any_score_is_left_out_of_the_plot():
    found = curves(summarise([numbers(0.5), numbers(None, weights="random")]))
    assert found.arms == [(0, "pretrained")]
    assert len(drawn(found.plot)) == 1
    none = curves(summarise([numbers(None)]))
    assert (none.plot, none.arms) == (None, [])


def test_two_metrics_on_one_axis_are_both_named():
    found = curves(summarise([result(), classes([[8, 2], [2, 8]])]))
    assert found.note == "Validation accuracy or balanced accuracy."


def test_dots_leave_out_runs_without_a_score():
    summaries = summarise([numbers(0.5, seed=0), numbers(None, seed=1), numbers(0.7, seed=2)])
    shown = dots(summaries, series(summaries))["layer"][1]["data"]["values"]
    assert [(dot["seed"], dot["score"]) for dot in shown] == [(0, 0.5), (2, 0.7)]
    summaries = summarise([numbers(None)])
    assert dots(summaries, series(summaries)) is None


def test_a_dot_says_that_its_run_diverged():
    summaries = summarise([result(seed=0), replace(result(seed=1), diverged=1200)])
    shown = dots(summaries, series(summaries))["layer"][1]["data"]["values"]
    assert [dot["remark"] for dot in shown] == ["", "training diverged at step 1,200"]


def test_rules_without_a_model_are_lines_among_the_dots():
    summaries = summarise([result()])
    rules = dots(summaries, series(summaries))["layer"][0]["data"]["values"]
    assert rules == [{"rule": "majority class (no model)", "score": 0.5}]


def test_maps_are_of_the_first_run_that_has_any():
    made = [replace(result(seed=0), attention=None), result(seed=1)]
    (maps,) = attention_maps(summarise(made))
    assert (maps.title, maps.blocks) == ("bit-xor, 2 blocks", 2)
    assert [name for name, _ in maps.maps] == ["embedded, pretrained, frozen, seed 1"]


def test_arms_of_other_depths_have_a_slider_of_their_own():
    shallow = replace(result(weights="random"), attention=[[[1.0, 0.0], [0.5, 0.5]]])
    made = [result(), shallow, result(weights="statistics")]
    shown = [(maps.title, [name for name, _ in maps.maps]) for maps in attention_maps(summarise(made))]
    assert shown == [
        ("bit-xor, 2 blocks", ["pretrained, seed 0", "statistics, seed 0"]),
        ("bit-xor, 1 block", ["embedded, random, frozen, seed 0"]),
    ]


MAPS = np.full((2, 2, 4), 0.25, np.float16)
COMBINED = np.array([[True, False, True, False], [False, True, False, True]])


def with_file(folder, maps: np.ndarray):
    folder.mkdir()
    combined = np.broadcast_to(COMBINED[:1, :1], maps.shape[1:]) if maps.shape[1:] != COMBINED.shape else COMBINED
    np.savez(
        folder / ATTENTION_NAME, maps=maps, combined=combined, row=np.int64(-1), inputs=np.zeros((0, maps.shape[2]))
    )
    return replace(result(), folder=folder)


def test_maps_beside_the_result_come_first_with_the_places_that_answers_are_made_of(tmp_path):
    (maps,) = attention_maps(summarise([with_file(tmp_path / "run", MAPS)]))
    ((_, plot),) = maps.maps
    rows = [(row["query"], row["shares"], row["marks"]) for row in plot["data"]["values"] if row["block"] == 0]
    assert rows == [(3, [0.25] * 4, [1, 0, 1, 0]), (4, [0.25] * 4, [0, 1, 0, 1])]


@pytest.mark.parametrize("content", [b"not an archive", None])
def test_maps_that_cannot_be_read_or_are_too_large_give_way_to_those_of_the_result(tmp_path, content):
    assert MOST_NUMBERS < 128**2
    large = np.full((1, 128, 128), 1 / 128, np.float16)
    made = with_file(tmp_path / "run", large)
    if content:
        (tmp_path / "run" / ATTENTION_NAME).write_bytes(content)
    (maps,) = attention_maps(summarise([made]))
    assert maps.blocks == 2
