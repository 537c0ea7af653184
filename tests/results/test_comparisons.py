"""Which arms are compared with which reference, and why others are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from frostformer.results.comparisons import Comparisons, compare_with_reference, why_not
from frostformer.results.interval import difference
from frostformer.results.result import Result
from frostformer.results.scores import SCORES_NAME, read_scores
from frostformer.results.seeds import summarise
from results.made import numbers, result, stored

RANDOM = {"weights": "random"}


@pytest.fixture
def arm(tmp_path):
    """A function: share of right answers and changed settings -> runs of an arm, their scores beside them."""
    generator = np.random.default_rng(0)

    def make(share: float, k: int = 3, n: int = 400, kind=result, **changes) -> list[Result]:
        made = []
        for seed in range(k):
            scores = (generator.random(n) < share).astype(float)
            folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
            made.append(stored(folder, kind(scores.mean(), seed=seed, **changes), scores))
        return made

    return make


def compared(*results: list[Result], reference=RANDOM) -> Comparisons:
    return compare_with_reference(summarise([one for arm in results for one in arm]), reference)


def told(found: Comparisons) -> dict[str, str]:
    return {one.arm.arm.removeprefix("embedded, "): one.answer for one in found.made}


def test_each_arm_is_compared_with_its_reference_alone(arm):
    found = compared(arm(0.9), arm(0.6, **RANDOM), arm(0.3, weights="shuffled"), arm(0.6, weights="statistics"))
    assert told(found) == {
        "pretrained, frozen": "above",
        "shuffled, frozen": "below",
        "statistics, frozen": "cannot be told apart",
    }
    assert {one.reference.arm for one in found.made} == {"embedded, random, frozen"}
    assert found.refused == []


def test_the_numbers_are_those_of_the_stored_scores(arm):
    pretrained, random = arm(0.9, k=5), arm(0.6, k=5, **RANDOM)
    (one,) = compared(pretrained, random).made
    scores = [np.stack([read_scores(run.folder) for run in runs]) for runs in (pretrained, random)]
    expected = difference(*scores, 4000, True)
    assert one.difference == expected
    assert one.interval == expected.interval(0.025)


def test_endless_training_rows_are_no_sample(arm):
    pretrained, random = arm(0.9), arm(0.6, **RANDOM)
    for run in (*pretrained, *random):
        run.task["splits"]["train"] = None
    (one,) = compared(pretrained, random).made
    scores = [np.stack([read_scores(run.folder) for run in runs]) for runs in (pretrained, random)]
    assert one.difference == difference(*scores, None, True)


def test_errors_of_numbers_have_no_floor(arm):
    pretrained, random = arm(0.9, kind=numbers), arm(0.6, kind=numbers, **RANDOM)
    (one,) = compared(pretrained, random).made
    scores = [np.stack([read_scores(run.folder) for run in runs]) for runs in (pretrained, random)]
    assert one.difference == difference(*scores, 4000, False)


def test_all_comparisons_share_one_error_rate(arm):
    results = [arm(0.9, task=task, **changes) for task in ("bit-xor", "digits") for changes in ({}, RANDOM)]
    found = compared(*results)
    assert len(found.made) == 2
    widths = [high - low for low, high in (one.interval for one in found.made)]
    alone = [high - low for low, high in (one.difference.interval(one.difference.alpha) for one in found.made)]
    assert all(wide > narrow for wide, narrow in zip(widths, alone, strict=True))


def test_the_reference_is_like_the_arm_in_all_else(arm):
    found = compared(arm(0.9), arm(0.6, **RANDOM), arm(0.9, learning_rate=0.01), arm(0.6, learning_rate=0.01, **RANDOM))
    assert [one.reference.arm.removeprefix("embedded, random, frozen, ") for one in found.made] == [
        "learning_rate 0.001",
        "learning_rate 0.01",
    ]
    one_arm = {"weights": "pretrained", "trainable": "frozen", "lora_rank": None}
    found = compared(arm(0.9), arm(0.6, trainable="full", **RANDOM), arm(0.6, lora_rank=8), reference=one_arm)
    assert {one.reference.arm for one in found.made} == {"embedded, pretrained, frozen"}


def refusal(*results: list[Result], reference=RANDOM) -> str:
    """Why the one arm that has a reference is not compared."""
    found = compared(*results, reference=reference)
    assert found.made == []
    ((_, reason),) = found.refused
    return reason


def test_what_is_not_compared_says_why(arm):
    pretrained, random = arm(0.9), arm(0.6, **RANDOM)
    assert refusal(pretrained) == "its reference arm is not here"
    assert refusal(pretrained, arm(0.6, k=2, **RANDOM)) == "fewer than 3 seeds"
    assert refusal(arm(0.9, k=2), random) == "fewer than 3 seeds"
    assert refusal(pretrained, arm(0.6, n=300, **RANDOM)) == "its reference arm has another number of test scores"
    assert refusal(arm(0.9, n=29), arm(0.6, n=29, **RANDOM)) == "fewer than 30 test sequences"


def test_other_data_are_never_compared(arm):
    reason = "not known to be of the same data as its reference arm"
    assert refusal(arm(0.9), arm(0.6, data_fingerprint="e" * 64, **RANDOM)) == reason
    unknown = arm(0.9), arm(0.6, **RANDOM)
    for runs in unknown:
        for run in runs:
            del run.task["fingerprint"]
    assert refusal(*unknown) == reason


def test_two_possible_references_are_none(arm):
    two = [*arm(0.6, **RANDOM), *arm(0.6, **RANDOM)]
    for run in two[3:]:
        run.groups[0]["parameters"] = 7
    assert refusal(arm(0.9), two) == "it is not clear which arm is its reference"


def test_scores_that_are_missing_or_not_the_result_s_are_not_used(arm):
    pretrained, random = arm(0.9), arm(0.6, **RANDOM)
    assert refusal([replace(pretrained[0], folder=None), *pretrained[1:]], random) == "no stored test scores"
    pretrained[1].task["splits"]["test"] = 399
    assert refusal([pretrained[1], *arm(0.9)[::2]], random) == "other test scores than test sequences"
    del pretrained[1].task["splits"]["test"]
    assert refusal([pretrained[1], *arm(0.9)[::2]], random) == "other test scores than test sequences"
    (random[2].folder / SCORES_NAME).write_bytes(b"PK")
    assert "holds no test scores" in refusal(arm(0.9), random)
    (random[2].folder / SCORES_NAME).unlink()
    assert refusal(arm(0.9), random) == "no stored test scores"


def test_scores_that_are_no_numbers_are_not_used(arm):
    pretrained = arm(0.9)
    scores = read_scores(pretrained[0].folder)
    scores[7] = np.nan
    stored(pretrained[0].folder, pretrained[0], scores)
    assert refusal(pretrained, arm(0.6, **RANDOM)) == "test scores that are not finite numbers"


def test_why_not(arm):
    (one,) = summarise(arm(0.9))
    (few,) = summarise(arm(0.9, k=2))
    assert (why_not(one), why_not(few)) == (None, "fewer than 3 seeds")


def test_the_smallest_training_part_decides(arm):
    pretrained, random = arm(0.9), arm(0.6, **RANDOM)
    random[1].task["splits"]["train"] = 100
    (one,) = compared(pretrained, random).made
    scores = [np.stack([read_scores(run.folder) for run in runs]) for runs in (pretrained, random)]
    assert one.difference == difference(*scores, 100, True)


def test_a_reference_whose_step_another_metric_chose_is_none(arm):
    random = arm(0.6, **RANDOM)
    for run in random:
        run.task["scoring"] = {"kind": "classification", "chosen_by": "macro_f1"}
    assert refusal(arm(0.9), random) == "it is not clear which arm is its reference"
