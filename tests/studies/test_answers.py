"""What runs answered: one result per seed, rates chosen by validation alone, arms compared with the reference row."""

from dataclasses import replace

import numpy as np
import pytest

from frostformer.results.result import write_result
from frostformer.studies.answers import answers, compared
from frostformer.studies.study import Asked, Plan
from results.made import result, stored


@pytest.fixture
def plan():
    def make(*cells: Asked, reference: str = "random") -> Plan:
        return Plan(
            "table-2", "table-2", "Why?", "laptop", "", "frostformer reproduce", "score", reference, False, cells
        )

    return make


def save(folder, made):
    folder.mkdir(parents=True)
    write_result(folder / "result.json", made)


def scored(accuracy: float, validation: float, **changes):
    made = result(accuracy, **changes)
    return replace(made, metrics={**made.metrics, "validation": {"loss": 0.1, "accuracy": validation}})


def test_validation_chooses_the_rate_of_each_seed(plan, tmp_path):
    for seed, better in ((0, "slow"), (1, "fast")):
        for rate in ("slow", "fast"):
            test = 0.3 if rate == better else 0.9  # what is chosen is worse on test
            save(tmp_path / rate / f"{seed}", scored(test, 0.8 if rate == better else 0.7, seed=seed))
    asked = Asked("pretrained", "mnist", (("slow/0", "fast/0"), ("slow/1", "fast/1")))
    (found,) = answers((tmp_path,), plan(asked))
    assert [one.folder for one in found.results] == [tmp_path / "slow/0", tmp_path / "fast/1"]
    assert found.missing == ""


def test_a_seed_counts_once_all_of_its_rates_are_there(plan, tmp_path):
    save(tmp_path / "slow/0", scored(0.9, 0.9))
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", (("slow/0", "fast/0"),))))
    assert (found.results, found.missing) == ((), "not measured")


def test_a_run_without_a_score_is_chosen_last(plan, tmp_path):
    save(tmp_path / "slow/0", scored(0.5, 0.1))
    save(tmp_path / "fast/0", scored(0.5, float("nan")))
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", (("fast/0", "slow/0"),))))
    assert found.results[0].folder == tmp_path / "slow/0"


def test_a_damaged_result_is_missing_and_says_why(plan, tmp_path):
    save(tmp_path / "a", scored(0.5, 0.5))
    (tmp_path / "a" / "result.json").write_text("{")
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", (("a",),))))
    assert "is not a result file" in found.missing


def arm(folder, name, share, seeds=3):
    generator = np.random.default_rng(0)
    for seed in range(seeds):
        scores = (generator.random(400) < share).astype(float)
        (folder / name).mkdir(parents=True, exist_ok=True)
        made = stored(folder / name / f"{seed}", result(scores.mean(), seed=seed), scores)
        write_result(folder / name / f"{seed}" / "result.json", made)
    return Asked(name, "mnist", tuple((f"{name}/{seed}",) for seed in range(seeds)))


def test_each_row_is_compared_with_the_reference_row(plan, tmp_path):
    asked = plan(arm(tmp_path, "pretrained", 0.9), arm(tmp_path, "random", 0.6), arm(tmp_path, "statistics", 0.6))
    found = compared(answers((tmp_path,), asked), asked)
    assert {cell: one.answer for cell, one in found.items()} == {
        ("pretrained", "mnist"): "above",
        ("statistics", "mnist"): "cannot be told apart",
    }


def test_an_unfinished_row_is_not_compared(plan, tmp_path):
    whole = arm(tmp_path, "pretrained", 0.9)
    more = replace(whole, runs=(*whole.runs, ("pretrained/3",)))
    asked = plan(more, arm(tmp_path, "random", 0.6))
    assert compared(answers((tmp_path,), asked), asked) == {}


def test_without_a_reference_nothing_is_compared(plan, tmp_path):
    asked = plan(arm(tmp_path, "pretrained", 0.9), arm(tmp_path, "random", 0.6), reference="")
    assert compared(answers((tmp_path,), asked), asked) == {}
