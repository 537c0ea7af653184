"""What may be said of several arms, and what may not; every expected number is computed by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from frostformer.results.compare import findings, listed, short_labels
from frostformer.results.result import Result
from frostformer.results.seeds import summarise
from results.made import labels, numbers, result, stored

CLAIM = re.compile(r"is (above|below)|Every seed|cannot be told apart")
RANDOM = {"weights": "random"}


def arm(accuracies: list[float], **changes) -> list[Result]:
    return [result(accuracy, seed=seed, **changes) for seed, accuracy in enumerate(accuracies)]


def finding(results: list[Result], reference=None) -> str:
    (text,) = findings(summarise(results), reference).values()
    return text


@pytest.fixture
def scored(tmp_path):
    """A function: share of right answers, runs and settings -> runs of an arm with 400 test scores each."""
    generator = np.random.default_rng(1)

    def make(share: float, runs: int = 3, **changes) -> list[Result]:
        made = []
        for seed in range(runs):
            scores = (generator.random(400) < share).astype(float)
            folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
            made.append(stored(folder, result(scores.mean(), seed=seed, **changes), scores))
        return made

    return make


def test_short_labels():
    assert short_labels(["x, pretrained, y", "x, random, y"]) == ["pretrained", "random"]
    assert short_labels(["x, y", "x, y, z"]) == ["x, y", "z"]
    assert short_labels(["x, y"]) == ["x, y"]


def test_listed():
    assert [listed(list(names)) for names in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    assert listed(["a, 1", "b", "c"]) == "a, 1; b and c"
    assert listed(list("abcde")) == "a, b, c and 2 more"


def test_scores_are_ranges_in_the_order_of_the_table():
    text = finding(arm([0.9, 0.92], **RANDOM) + arm([0.95, 0.97]))
    assert text.startswith("Test accuracy: random 91.0 ± 1.4 % (2 seeds, 90.0 to 92.0 %) and pretrained 96.0 ± 1.4 %")


@pytest.mark.parametrize("reference", [None, RANDOM])
@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_than_three_seeds_are_never_compared(scored, seeds, reference):
    text = finding(scored(0.9, seeds) + scored(0.5, seeds, **RANDOM), reference)
    assert "No arm is compared with another (fewer than 3 seeds)." in text
    assert not CLAIM.search(text)


@pytest.mark.parametrize("reference", [None, RANDOM])
def test_runs_without_stored_scores_are_never_compared(reference):
    text = finding(arm([0.9, 0.91, 0.92]) + arm([0.1, 0.2, 0.3], **RANDOM), reference)
    assert "No arm is compared with another (no stored test scores)." in text
    assert not CLAIM.search(text)


@pytest.mark.parametrize("reference", [None, RANDOM])
def test_arms_that_are_not_compared_are_named_by_reason(scored, reference):
    text = finding(
        scored(0.9) + scored(0.5, 2, **RANDOM) + arm([0.1, 0.2, 0.3], weights="shuffled", data_fingerprint="d" * 64),
        reference,
    )
    for words in ("Not compared: ", "(fewer than 3 seeds)", "shuffled (no stored test scores)"):
        assert words in text
    assert not CLAIM.search(text)


def test_without_a_reference_it_is_said_how_to_name_one(scored):
    text = finding(scored(0.9) + scored(0.5, trainable="full"))
    assert "no reference arm is named: `frostformer report` with, for example, `--reference trainable=full`" in text
    assert not CLAIM.search(text)


def test_answers_with_their_intervals(scored):
    arms = scored(0.6, **RANDOM), scored(0.9), scored(0.3, weights="shuffled"), scored(0.6, weights="statistics")
    text = finding([one for runs in arms for one in runs], RANDOM)
    how = "random on test by accuracy, under this budget (95 % intervals, corrected for 3 comparisons)"
    found = re.search(
        re.escape(f"Compared with {how}: ") + r"pretrained is above it by ([\d.]+) points \(([\d.]+) to ([\d.]+)\); "
        r"shuffled is below it by ([\d.]+) points \(([\d.]+) to ([\d.]+)\); "
        r"statistics cannot be told apart from it \((-[\d.]+) to ([\d.]+) points\)\.",
        text,
    )
    ends = list(map(float, found.groups()))
    assert ends[1] < ends[0] < ends[2]
    assert ends[4] < ends[3] < ends[5]
    assert ends[0] == pytest.approx(30, abs=6)
    assert ends[3] == pytest.approx(30, abs=6)


def test_one_comparison_needs_no_correction(scored):
    assert "(95 % intervals): pretrained is above it" in finding(scored(0.9) + scored(0.5, **RANDOM), RANDOM)


def test_each_task_has_its_own_comparisons(scored):
    results = [
        one for task in ("bit-xor", "digits") for changes in ({}, RANDOM) for one in scored(0.7, task=task, **changes)
    ]
    found = findings(summarise(results), RANDOM)
    assert list(found) == ["bit-xor", "digits"]
    assert all(text.count("cannot be told apart") == 1 and "for 2 comparisons" in text for text in found.values())


def test_errors_are_told_in_their_unit(tmp_path):
    generator, made = np.random.default_rng(1), []
    for weights, error in (("pretrained", 2.0), ("random", 3.0)):
        for seed in range(5):
            scores = -np.abs(generator.normal(error, 0.1, 400))
            made.append(stored(tmp_path / f"{weights}{seed}", numbers(0.5, seed=seed, weights=weights), scores))
    text = finding(made, RANDOM)
    assert "by mean absolute error, where above means a smaller one, under this budget" in text
    assert re.search(r"pretrained is above it by (0\.99\d|1\.0\d) \(0\.9\d\d to 1\.0\d\)", text)
    assert "points" not in text


def test_settings_of_one_arm_are_ranked_by_validation_alone(scored):
    good_on_test, good_on_validation = scored(0.9, learning_rate=0.01), scored(0.5, learning_rate=0.001)
    for run in good_on_test:
        run.metrics["validation"]["accuracy"] = 0.6
    for run in good_on_validation:
        run.metrics["validation"]["accuracy"] = 0.8
    for reference in (None, RANDOM):
        text = finding(good_on_test + good_on_validation, reference)
        assert (
            "Settings of one arm are ranked by validation accuracy alone, best first: "
            "learning_rate 0.001 (80.0 ± 0.0 %) and learning_rate 0.01 (60.0 ± 0.0 %)." in text
        )
        assert not CLAIM.search(text)


def test_a_setting_with_a_run_that_diverged_is_ranked_last():
    made = [numbers(0.9, seed=0, learning_rate=0.01), numbers(None, seed=1, learning_rate=0.01)]
    text = finding([*made, numbers(0.1, seed=0), numbers(0.1, seed=1)])
    assert (
        "best first: learning_rate 0.001 (0.100 ± 0.000) and learning_rate 0.01 (0.900 (1 of 2 without a score))."
        in text
    )


@pytest.mark.parametrize("changes", [{"data_fingerprint": "e" * 64}, {"division": 3}, {"trainable": "full"}])
def test_what_is_no_setting_of_one_arm_is_not_ranked(scored, changes):
    assert "ranked" not in finding(
        scored(0.9, data_fingerprint="d" * 64) + scored(0.5, **({"data_fingerprint": "d" * 64} | changes))
    )


def test_a_single_arm_is_compared_with_nothing():
    assert "no other arm" in finding(arm([0.9, 0.8]))


def test_an_arm_at_the_trivial_level_is_named():
    assert "majority class" not in finding(arm([0.51]))
    text = finding(arm([0.5]) + arm([0.6], **RANDOM))
    assert text.endswith("Mean test score no higher than that of the rule “majority class” (50.0 %): pretrained.")


def test_r_squared_is_named_and_has_its_own_rule():
    made = [numbers(r2, seed=i) for i, r2 in enumerate((0.5, 0.52))]
    made += [numbers(r2, seed=i, weights="random") for i, r2 in enumerate((-0.02, -0.03))]
    assert finding(made) == (
        "Test R²: pretrained 0.510 ± 0.014 (2 seeds, 0.500 to 0.520) and random -0.025 ± 0.007 (2 seeds, -0.030 to "
        "-0.020). No arm is compared with another (fewer than 3 seeds). "
        "Mean test score no higher than that of the rule “mean of the training targets” (-0.010): random."
    )


def test_without_a_rule_none_is_named():
    made = numbers(-0.5)
    made.task["trivial"] = {}
    assert "rule" not in finding([made])


def test_labels_are_told_by_accuracy():
    assert finding([labels(0.95)]).startswith("Test accuracy: embedded, pretrained, frozen 95.0 % (one seed).")


def test_a_run_without_a_score_is_told():
    made = [numbers(0.5, seed=0), numbers(None, seed=1)]
    made += [numbers(r2, seed=i, weights="random") for i, r2 in enumerate((0.1, 0.2))]
    text = finding(made)
    assert text.startswith("Test R²: pretrained 0.500 (1 of 2 seeds, 0.500) and random 0.150 ± 0.071 (2 seeds")
    assert (
        "Without a score, because it is not a finite number: 1 run of pretrained; such a run counts as the worst."
        in text
    )


def test_all_without_a_score():
    made = [numbers(None, seed=seed, weights=weights) for weights in ("pretrained", "random") for seed in (0, 1)]
    text = finding(made)
    assert "Without a score, because it is not a finite number: 2 runs of pretrained and 2 runs of random;" in text


def test_arms_on_other_data_are_not_compared(scored):
    text = finding(scored(0.9, data_fingerprint="a" * 64) + scored(0.5, data_fingerprint="b" * 64, **RANDOM), RANDOM)
    assert "data aaaaaaaaaaaa" in text
    assert "(not known to be of the same data as its reference arm)." in text
    assert not CLAIM.search(text)


def test_a_result_made_in_memory_is_as_one_that_was_read(scored):
    made = scored(0.9) + scored(0.5, **RANDOM)
    assert "is above" in finding(made, RANDOM)
    assert "(no stored test scores)" in finding([replace(one, folder=None) for one in made], RANDOM)
