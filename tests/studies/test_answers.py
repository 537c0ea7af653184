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
            save(tmp_path / "bit-xor" / rate / f"seed-{seed}", scored(test, 0.8 if rate == better else 0.7, seed=seed))
    asked = Asked(
        "pretrained",
        "mnist",
        (("bit-xor/slow/seed-0", "bit-xor/fast/seed-0"), ("bit-xor/slow/seed-1", "bit-xor/fast/seed-1")),
    )
    (found,) = answers((tmp_path,), plan(asked))
    assert [one.folder for one in found.results] == [tmp_path / "bit-xor/slow/seed-0", tmp_path / "bit-xor/fast/seed-1"]
    assert found.missing == ""


def test_a_seed_counts_once_all_of_its_rates_are_there(plan, tmp_path):
    save(tmp_path / "bit-xor/slow/seed-0", scored(0.9, 0.9))
    (found,) = answers(
        (tmp_path,), plan(Asked("pretrained", "mnist", (("bit-xor/slow/seed-0", "bit-xor/fast/seed-0"),)))
    )
    assert (found.results, found.missing) == ((), "not measured")


def test_a_run_without_a_score_is_chosen_last(plan, tmp_path):
    save(tmp_path / "bit-xor/slow/seed-0", scored(0.5, 0.1))
    save(tmp_path / "bit-xor/fast/seed-0", scored(0.5, float("nan")))
    (found,) = answers(
        (tmp_path,), plan(Asked("pretrained", "mnist", (("bit-xor/fast/seed-0", "bit-xor/slow/seed-0"),)))
    )
    assert found.results[0].folder == tmp_path / "bit-xor/slow/seed-0"


def test_a_damaged_result_is_missing_and_says_why(plan, tmp_path):
    save(tmp_path / "a", scored(0.5, 0.5))
    (tmp_path / "a" / "result.json").write_text("{")
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", (("a",),))))
    assert "is not a result file" in found.missing


def arm(folder, name, share, seeds=3):
    generator = np.random.default_rng(0)
    for seed in range(seeds):
        scores = (generator.random(400) < share).astype(float)
        (folder / "bit-xor" / name).mkdir(parents=True, exist_ok=True)
        made = stored(folder / "bit-xor" / name / f"seed-{seed}", result(scores.mean(), seed=seed), scores)
        write_result(made.folder / "result.json", made)
    return Asked(name, "mnist", tuple((f"bit-xor/{name}/seed-{seed}",) for seed in range(seeds)))


def test_each_row_is_compared_with_the_reference_row(plan, tmp_path):
    asked = plan(arm(tmp_path, "pretrained", 0.9), arm(tmp_path, "random", 0.6), arm(tmp_path, "statistics", 0.6))
    found = compared(answers((tmp_path,), asked), asked)
    assert {cell: one.answer for cell, one in found.items()} == {
        ("pretrained", "mnist"): "above",
        ("statistics", "mnist"): "cannot be told apart",
    }


def test_an_unfinished_row_is_not_compared(plan, tmp_path):
    whole = arm(tmp_path, "pretrained", 0.9)
    more = replace(whole, runs=(*whole.runs, ("bit-xor/pretrained/seed-3",)))
    asked = plan(more, arm(tmp_path, "random", 0.6))
    assert compared(answers((tmp_path,), asked), asked) == {}


def test_without_a_reference_nothing_is_compared(plan, tmp_path):
    asked = plan(arm(tmp_path, "pretrained", 0.9), arm(tmp_path, "random", 0.6), reference="")
    assert compared(answers((tmp_path,), asked), asked) == {}


def test_a_run_of_another_seed_or_task_is_no_answer(plan, tmp_path):
    asked = arm(tmp_path, "pretrained", 0.9)
    (tmp_path / "bit-xor" / "pretrained" / "seed-1").rename(tmp_path / "bit-xor" / "pretrained" / "seed-3")
    moved = replace(asked, runs=(*asked.runs[::2], ("bit-xor/pretrained/seed-3",)))
    (found,) = answers((tmp_path,), plan(moved))
    assert len(found.results) == 2
    assert "seed-3 holds a run of bit-xor with seed 1: delete this folder" in found.missing
    (tmp_path / "bit-xor").rename(tmp_path / "mnist")
    elsewhere = replace(asked, runs=(("mnist/pretrained/seed-0",),))
    (found,) = answers((tmp_path,), plan(elsewhere))
    assert "seed-0 holds a run of bit-xor" in found.missing
    assert found.results == ()


def test_runs_on_different_data_are_no_seeds_of_one_arm(plan, tmp_path):
    asked = arm(tmp_path, "pretrained", 0.9)
    last = tmp_path / "bit-xor" / "pretrained" / "seed-2"
    write_result(last / "result.json", result(0.9, seed=2, data_fingerprint="0" * 64))
    (found,) = answers((tmp_path,), plan(asked))
    assert found.results == ()
    assert found.missing.startswith("runs on different data, ")
    assert str(last) in found.missing


def test_a_run_that_could_not_be_made_has_no_older_result(plan, tmp_path):
    asked = arm(tmp_path, "pretrained", 0.9)
    (found,) = answers((tmp_path,), plan(asked), {"bit-xor/pretrained/seed-1": "it holds another run"})
    assert len(found.results) == 2
    assert found.missing == "it holds another run"


def test_why_an_arm_is_not_compared_is_told(plan, tmp_path):
    asked = plan(arm(tmp_path, "pretrained", 0.9), arm(tmp_path, "random", 0.6))
    (tmp_path / "bit-xor" / "pretrained" / "seed-2" / "test_scores.npz").write_bytes(b"")
    (reason,) = compared(answers((tmp_path,), asked), asked).values()
    assert "seed-2" in reason
