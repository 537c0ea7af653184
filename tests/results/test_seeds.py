"""What is pooled, what is not, and what may be said of it; every expected number is computed by hand."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from frostformer.config import RunConfig
from frostformer.results.result import Result
from frostformer.results.seeds import arm_label, compare, listed, short_labels, summarise, task_label


def result(accuracy: float = 0.9, milestones: dict[str, int] | None = None, **changes) -> Result:
    """A result of a run with these changes to the default configuration; `version` is the task's."""
    version, fingerprint = changes.pop("version", 1), changes.pop("fingerprint", "f" * 64)
    config = asdict(RunConfig(**changes))
    return Result(
        config=config,
        task={"name": config["task"], "version": version, "marked": None, "trivial": {"majority class": 0.5}},
        backbone={"fingerprint": fingerprint},
        groups=[],
        metrics={"test": {"loss": 0.1, "accuracy": accuracy}},
        chosen_step=100,
        steps=100,
        milestones=milestones or {},
        curve=[],
        seconds=1.0,
        adapter_bytes=1,
        attention=None,
        environment={},
    )


def arm(accuracies: list[float], **changes) -> list[Result]:
    return [result(accuracy, seed=seed, **changes) for seed, accuracy in enumerate(accuracies)]


def test_numbers_of_one_arm():
    (summary,) = summarise(arm([0.92, 0.90, 0.97]))
    assert (summary.task, summary.arm) == ("bit-xor", "embedded, pretrained, frozen")
    assert (summary.runs, summary.seeds, summary.repeats) == (3, [0, 1, 2], 0)
    assert summary.test_accuracies == [0.92, 0.90, 0.97]
    assert summary.mean == pytest.approx(0.93)
    assert summary.deviation == pytest.approx((0.0026 / 2) ** 0.5)  # deviations -0.01, -0.03, 0.04
    assert (summary.lowest, summary.highest) == (0.90, 0.97)
    assert summary.accuracy_text == "93.0 ± 3.6 %"
    assert summary.range_text == "90.0 to 97.0 %"


def test_one_run_has_no_deviation():
    (summary,) = summarise([result(0.9)])
    assert summary.deviation is None
    assert (summary.accuracy_text, summary.range_text) == ("90.0 %", "90.0 %")


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
    assert (summary.seeds, summary.test_accuracies, summary.repeats) == ([1, 3], [0.7, 0.5], 1)


def test_order_is_task_then_first_appearance():
    results = [result(task=t, weights=w) for t, w in (("b", "random"), ("a", "pretrained"), ("a", "random"))]
    assert [(s.task, s.arm.split(", ")[1]) for s in summarise(results)] == [
        ("a", "random"),
        ("a", "pretrained"),
        ("b", "random"),
    ]


def test_labels():
    named = result(backbone="gpt2", weights="random", trainable="full", layers=2, task_options={"b": "1", "a": "2"})
    assert arm_label(named) == "gpt2, random, full, 2 layers"
    assert task_label(named) == "bit-xor, a 2, b 1"
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
