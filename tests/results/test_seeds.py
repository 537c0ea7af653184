"""What is pooled, what is not, and the numbers of a pool; every expected number is computed by hand."""

from __future__ import annotations

import math

import pytest

from frostformer.results.result import Result
from frostformer.results.seeds import summarise
from results.made import classes, labels, numbers, result


def arm(accuracies: list[float], **changes) -> list[Result]:
    return [result(accuracy, seed=seed, **changes) for seed, accuracy in enumerate(accuracies)]


def test_numbers_of_one_arm():
    (summary,) = summarise(arm([0.92, 0.90, 0.97]))
    assert (summary.task, summary.arm) == ("bit-xor", "embedded, pretrained, frozen")
    assert (summary.runs, summary.seeds, summary.repeats) == (3, [0, 1, 2], 0)
    assert summary.test_scores == [0.92, 0.90, 0.97]
    assert summary.mean == pytest.approx(0.93)
    assert summary.score_text == "93.0 ± 3.6 %"  # deviations -0.01, -0.03, 0.04
    assert summary.range_text == "90.0 to 97.0 %"


def test_one_run_has_no_deviation():
    (summary,) = summarise([result(0.9)])
    assert (summary.score_text, summary.range_text) == ("90.0 %", "90.0 %")


def test_the_validation_score_is_the_one_that_chose():
    made = [classes([[8, 2], [1, 3]], seed=0), classes([[6, 4], [1, 3]], seed=1)]
    for run, score in zip(made, (0.6, 0.7), strict=True):
        run.metrics["validation"] |= {"balanced_accuracy": score, "accuracy": 0.1}
    (summary,) = summarise(made)
    assert (summary.validation_mean, summary.validation_text) == (pytest.approx(0.65), "65.0 ± 7.1 %")


def test_steps_are_never_averaged_over_successes_in_silence():
    all_reached, some, one, none = ({"0.9": 1000}, {"0.9": 1400}), ({"0.9": 100}, {}), ({"0.9": 1050},), ({}, {})
    texts = [
        summarise([result(0.9, milestones, seed=i) for i, milestones in enumerate(seeds)])[0].steps_text("0.9")
        for seeds in (all_reached, some, one, none)
    ]
    assert texts == ["1,200 ± 283 (2 of 2)", "reached by 1 of 2 only: 100", "1,050 (1 of 1)", "not reached (0 of 2)"]


def test_steps_by_seed():
    results = [result(milestones={"0.9": 50}, seed=1), result(seed=0)]
    assert summarise(results)[0].steps_to("0.9") == [None, 50]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"learning_rate": 0.003}, "learning_rate 0.003"),
        ({"steps": 7}, "steps 7"),
        ({"patience": 3}, "patience 3"),
        ({"fingerprint": "a" * 64}, "fingerprint aaaaaaaaaaaa"),
    ],
)
def test_other_settings_are_not_pooled_but_named(change, named):
    one, other = summarise([result(seed=0), result(seed=1, **change)])
    assert other.arm == f"embedded, pretrained, frozen, {named}"
    assert (one.runs, other.runs) == (1, 1)
    assert one.arm != "embedded, pretrained, frozen"  # the setting is named on both sides


@pytest.mark.parametrize("change", [{"task_options": {"length": "20"}}, {"version": 2}])
def test_other_questions_are_other_tasks(change):
    plain, other = summarise([result(seed=0), result(seed=1, **change)])
    assert plain.task == "bit-xor"
    assert other.task in ("bit-xor, length 20", "bit-xor, version 2")
    assert plain.arm == other.arm == "embedded, pretrained, frozen"


def test_a_setting_that_differs_between_arms_is_named():
    arms = summarise([result(weights="pretrained"), result(weights="random", learning_rate=0.01)])
    assert [s.arm.split(", ")[-1] for s in arms] == ["learning_rate 0.001", "learning_rate 0.01"]


def test_random_seeds_and_devices_are_pooled():
    results = [
        result(weights="random", seed=0, fingerprint="a" * 64),
        result(weights="random", seed=1, fingerprint="b" * 64, device="cpu"),
    ]
    assert [summary.runs for summary in summarise(results)] == [2]


def test_a_repeated_seed_counts_once():
    (summary,) = summarise([result(0.5, seed=3), result(0.7, seed=1), result(0.9, seed=3, device="cpu")])
    assert (summary.seeds, summary.test_scores, summary.repeats) == ([1, 3], [0.7, 0.5], 1)


def test_order_is_task_then_first_appearance():
    results = [result(task=t, weights=w) for t, w in (("b", "random"), ("a", "pretrained"), ("a", "random"))]
    assert [(s.task, s.arm.split(", ")[1]) for s in summarise(results)] == [
        ("a", "random"),
        ("a", "pretrained"),
        ("b", "random"),
    ]


def test_settings_at_auto_are_pooled_by_what_they_became():
    said = {"weights": "pretrained: the backbone has a checkpoint", "backbone_precision": "fp32: the default on a CPU"}
    auto = {"weights": "auto", "backbone_precision": "auto"}
    (summary,) = summarise([result(seed=0), result(seed=1, resolved=said, **auto)])
    assert (summary.arm, summary.runs) == ("embedded, pretrained, frozen", 2)
    other = summarise([result(seed=0), result(seed=1, resolved=said | {"backbone_precision": "bf16: GPU"}, **auto)])
    assert [summary.arm for summary in other] == ["embedded, pretrained, frozen", "embedded, pretrained, frozen, bf16"]


def test_other_data_are_not_pooled_and_a_missing_fingerprint_is_one_of_its_own():
    made = [result(seed=i, data_fingerprint=data) for i, data in enumerate(("a" * 64, "b" * 64, None, "a" * 64))]
    assert [(s.arm.removeprefix("embedded, pretrained, frozen, "), s.runs) for s in summarise(made)] == [
        ("data aaaaaaaaaaaa", 2),
        ("data bbbbbbbbbbbb", 1),
        ("data not recorded", 1),
    ]


@pytest.mark.parametrize("data", ["a" * 64, None])
def test_equal_data_are_not_spoken_of(data):
    assert [s.arm for s in summarise([result(data_fingerprint=data), result(data_fingerprint=data, seed=1)])] == [
        "embedded, pretrained, frozen"
    ]


def test_runs_chosen_by_another_metric_are_not_pooled():
    made = [result(seed=0), classes([[8, 2], [1, 3]], seed=1)]
    assert [s.arm.rpartition(", ")[2] for s in summarise(made)] == ["chosen by accuracy", "chosen by balanced accuracy"]


def test_kinds_never_share_a_task():
    made = [result(), labels(), numbers(), classes([[8, 2], [1, 3]])]
    assert [s.task for s in summarise(made)] == [
        "bit-xor",
        "bit-xor",  # both are classes: pooled apart, compared
        "bit-xor, multilabel",
        "bit-xor, regression",
    ]


def test_numbers_of_a_regression():
    (summary,) = summarise([numbers(r2, mae, seed=i) for i, (r2, mae) in enumerate([(0.5, 1000), (0.52, 1003)])])
    assert summary.test_scores == [0.5, 0.52]
    assert (summary.score_text, summary.range_text) == ("0.510 ± 0.014", "0.500 to 0.520")
    assert summary.also_text == "mean absolute error 1,002 ± 2"
    assert (summary.metric.label, summary.validation_metric.label) == ("R²", "R²")


def test_the_second_line_of_classes_and_labels():
    (rare,) = summarise([classes([[8, 2], [1, 3]])])
    assert (rare.score_text, rare.also_text) == ("78.6 %", "balanced accuracy 77.5 %")  # 11 of 14; (0.8 + 0.75) / 2
    (several,) = summarise([labels(0.95, 0.6)])
    assert (several.score_text, several.also_text) == ("95.0 %", "all labels right 60.0 %")
    assert summarise([result()])[0].also_text is None


def test_marked_predictions_stand_in_the_second_line():
    made = arm([0.9, 0.9])
    for i, run in enumerate(made):
        run.task["marked"] = "hidden bits"
        run.metrics["test"]["marked_accuracy"] = 0.6 + 0.1 * i
    assert summarise(made)[0].also_text == "hidden bits 65.0 ± 7.1 %"


def test_a_run_without_a_score_counts_as_the_worst_and_is_told():
    (summary,) = summarise([numbers(0.5, seed=0), numbers(None, None, seed=1), numbers(0.52, seed=2)])
    assert summary.test_scores == [0.5, -math.inf, 0.52]
    assert (summary.mean, summary.without_score) == (-math.inf, 1)
    assert summary.score_text == "0.510 ± 0.014 (1 of 3 without a score)"
    assert summary.range_text == "0.500 to 0.520"
    assert summary.also_text == "mean absolute error 2.00 ± 0.00 (1 of 3 without a score)"
    (none,) = summarise([numbers(None, None)])
    assert (none.score_text, none.range_text) == ("no score", "no score")
