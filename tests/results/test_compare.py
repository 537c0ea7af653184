"""What may be said of several arms, and what may not; every expected number is computed by hand."""

from __future__ import annotations

import pytest

from frostformer.results.compare import compare, listed, short_labels
from frostformer.results.result import Result
from frostformer.results.seeds import summarise
from results.made import labels, numbers, result


def arm(accuracies: list[float], **changes) -> list[Result]:
    return [result(accuracy, seed=seed, **changes) for seed, accuracy in enumerate(accuracies)]


def test_short_labels():
    assert short_labels(["x, pretrained, y", "x, random, y"]) == ["pretrained", "random"]
    assert short_labels(["x, y", "x, y, z"]) == ["x, y", "z"]
    assert short_labels(["x, y"]) == ["x, y"]


def test_listed():
    assert [listed(list(names)) for names in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    assert listed(["a, 1", "b", "c"]) == "a, 1; b and c"
    assert listed(list("abcde")) == "a, b, c and 2 more"


def test_ranges_apart():
    text = compare(summarise(arm([0.9, 0.92], weights="random") + arm([0.95, 0.97], weights="pretrained")))
    assert text.startswith("Test accuracy: pretrained 96.0 ± 1.4 % (2 seeds, 95.0 to 97.0 %) and random 91.0 ± 1.4 %")
    assert text.endswith("Every seed of pretrained scored above every seed of random.")


@pytest.mark.parametrize("touching", [0.92, 0.921])
def test_overlapping_ranges_cannot_be_told_apart(touching):
    text = compare(summarise(arm([0.9, touching], weights="random") + arm([0.92, 0.97], weights="pretrained")))
    assert "cannot be told from these runs" in text
    assert "scored above" not in text


def test_one_seed_cannot_be_told_from_chance():
    text = compare(summarise(arm([0.5], weights="random") + arm([0.92, 0.97], weights="pretrained")))
    assert "a difference cannot be told from chance" in text
    assert "scored above" not in text


def test_each_arm_is_compared_with_the_best():
    pretrained, random = arm([0.9, 0.96]), arm([0.94, 0.95], weights="random")
    text = compare(summarise(pretrained + random + arm([0.6, 0.7], trainable="output-only")))
    assert "Every seed of random, frozen scored above every seed of pretrained, output-only." in text
    assert "The seeds of random, frozen overlap in range with those of pretrained, frozen:" in text


def test_a_single_arm_is_compared_with_nothing():
    assert "no other arm" in compare(summarise(arm([0.9, 0.8])))


def test_an_arm_at_the_trivial_level_is_named():
    assert "majority class" not in compare(summarise(arm([0.51])))
    text = compare(summarise(arm([0.5]) + arm([0.6], weights="random")))
    assert text.endswith("No better than the rule “majority class” (50.0 %): pretrained.")


def test_r_squared_is_named_and_has_its_own_rule():
    made = [numbers(r2, seed=i) for i, r2 in enumerate((0.5, 0.52))]
    made += [numbers(r2, seed=i, weights="random") for i, r2 in enumerate((-0.02, -0.03))]
    assert compare(summarise(made)) == (
        "Test R²: pretrained 0.510 ± 0.014 (2 seeds, 0.500 to 0.520) and random -0.025 ± 0.007 (2 seeds, -0.030 to "
        "-0.020). Every seed of pretrained scored above every seed of random. "
        "No better than the rule “mean of the training targets” (-0.010): random."
    )


def test_without_a_rule_none_is_named():
    made = numbers(-0.5)
    made.task["trivial"] = {}
    assert "rule" not in compare(summarise([made]))


def test_labels_are_compared_by_accuracy():
    assert compare(summarise([labels(0.95)])).startswith(
        "Test accuracy: embedded, pretrained, frozen 95.0 % (one seed)."
    )


def test_a_run_without_a_score_is_told_and_never_above():
    made = [numbers(0.5, seed=0), numbers(None, seed=1)]
    made += [numbers(r2, seed=i, weights="random") for i, r2 in enumerate((0.1, 0.2))]
    text = compare(summarise(made))
    assert text.startswith("Test R²: random 0.150 ± 0.071 (2 seeds, 0.100 to 0.200) and pretrained 0.500 (1 of 2 seeds")
    assert (
        "Without a score, because it is not a finite number: 1 run of pretrained; such a run counts as the worst."
        in text
    )
    assert "The seeds of random overlap in range with those of pretrained" in text
    assert "scored above" not in text


def test_all_without_a_score():
    made = [numbers(None, seed=seed, weights=weights) for weights in ("pretrained", "random") for seed in (0, 1)]
    text = compare(summarise(made))
    assert "Without a score, because it is not a finite number: 2 runs of pretrained and 2 runs of random;" in text
    assert "cannot be told from these runs" in text


def test_arms_on_other_data_are_not_ranked():
    text = compare(summarise(arm([0.9, 0.91], data="a" * 64) + arm([0.5, 0.51], data="b" * 64, weights="random")))
    assert "data aaaaaaaaaaaa 90.5 ± 0.7 %" in text
    assert text.endswith("Not all of them are known to be of the same data: which is better cannot be told.")
    assert "scored above" not in text
