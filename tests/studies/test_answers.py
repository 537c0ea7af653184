"""What runs answered: one result per seed, rates chosen by validation alone, arms compared with the reference row."""

from dataclasses import replace

import numpy as np
import pytest

from frostformer.results.result import write_result
from frostformer.studies.answers import answers, compared
from frostformer.studies.plan_file import Asked, Plan
from frostformer.studies.planning import folders_of
from results.made import result, stored


@pytest.fixture
def plan():
    def make(*cells: Asked, reference: str = "random") -> Plan:
        return Plan(
            "table-2", "table-2", "Why?", "laptop", "", "frostformer reproduce", "score", reference, False, cells
        )

    return make


def save(folder, made) -> str:
    """Write a result where a study has it; gives that folder's name."""
    (name, _) = folders_of(made.config)
    (folder / name).mkdir(parents=True, exist_ok=True)
    write_result(folder / name / "result.json", made)
    return name


def scored(accuracy: float, validation: float, **changes):
    made = result(accuracy, **changes)
    return replace(made, metrics={**made.metrics, "validation": {"loss": 0.1, "accuracy": validation}})


def test_validation_chooses_the_rate_of_each_seed(plan, tmp_path):
    rates, runs = (1e-4, 1e-2), []
    for seed, better in enumerate(rates):
        tests = {rate: 0.3 if rate == better else 0.9 for rate in rates}  # what is chosen is worse on test
        runs.append(
            tuple(
                save(tmp_path, scored(test, 0.8 if rate == better else 0.7, seed=seed, learning_rate=rate))
                for rate, test in tests.items()
            )
        )
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", tuple(runs))))
    assert [one.folder for one in found.results] == [tmp_path / runs[0][0], tmp_path / runs[1][1]]
    assert found.missing == ""


def test_a_seed_counts_once_all_of_its_rates_are_there(plan, tmp_path):
    there = save(tmp_path, scored(0.9, 0.9))
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", ((there, "bit-xor/fast/seed-0"),))))
    assert (found.results, found.missing) == ((), "not measured")


def test_a_run_without_a_score_is_chosen_last(plan, tmp_path):
    low = save(tmp_path, scored(0.5, 0.1))
    none = save(tmp_path, scored(0.5, float("nan"), learning_rate=0.5))
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", ((none, low),))))
    assert found.results[0].folder == tmp_path / low


def test_a_damaged_result_is_missing_and_says_why(plan, tmp_path):
    name = save(tmp_path, scored(0.5, 0.5))
    (tmp_path / name / "result.json").write_text("{")
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", ((name,),))))
    assert "is not a result file" in found.missing


def arm(folder, weights, share, seeds=3):
    generator, names = np.random.default_rng(0), []
    for seed in range(seeds):
        scores = (generator.random(400) < share).astype(float)
        made = result(scores.mean(), seed=seed, weights=weights)
        (name, _) = folders_of(made.config)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        names.append(save(folder, stored(folder / name, made, scores)))
    return Asked(weights, "mnist", tuple((name,) for name in names))


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


def test_an_interval_stays_as_it_is_when_other_runs_end(plan, tmp_path):
    first, reference, later = (arm(tmp_path, weights, 0.6) for weights in ("pretrained", "random", "statistics"))
    whole = plan(first, reference, later)
    before = plan(first, reference, replace(later, runs=tuple((f"bit-xor/later/seed-{i}",) for i in range(3))))
    one, other = (compared(answers((tmp_path,), asked), asked) for asked in (before, whole))
    assert one["pretrained", "mnist"].interval == other["pretrained", "mnist"].interval
    assert (len(one), len(other)) == (1, 2)


def test_without_a_reference_nothing_is_compared(plan, tmp_path):
    asked = plan(arm(tmp_path, "pretrained", 0.9), arm(tmp_path, "random", 0.6), reference="")
    assert compared(answers((tmp_path,), asked), asked) == {}


@pytest.mark.parametrize("change", [{"seed": 7}, {"weights": "random"}, {"task": "digits"}, {"steps": 5}], ids=str)
def test_a_run_of_another_question_is_no_answer(plan, tmp_path, change):
    asked = arm(tmp_path, "pretrained", 0.9)
    other = result(0.9, **({"seed": 1, "weights": "pretrained"} | change))
    write_result(tmp_path / asked.runs[1][0] / "result.json", other)
    (found,) = answers((tmp_path,), plan(asked))
    assert len(found.results) == 2
    assert f"holds the run that belongs in {folders_of(other.config)[0]}: move it there" in found.missing


def test_a_precision_that_was_found_when_the_run_was_made_is_no_other_question(plan, tmp_path):
    made = result(0.9, backbone_precision="fp32")
    (_, found_here) = folders_of(made.config)
    (tmp_path / found_here).mkdir(parents=True)
    write_result(tmp_path / found_here / "result.json", made)
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", ((found_here,),))))
    assert len(found.results) == 1


def other_weights(made):
    return replace(made, backbone=made.backbone | {"fingerprint": "e" * 64})


def other_version(made):
    return replace(made, task=made.task | {"version": 2})


def other_data(made):
    return replace(made, task=made.task | {"fingerprint": "0" * 64})


@pytest.mark.parametrize(
    ("changed", "name"),
    [(other_weights, "fingerprint"), (other_version, "task"), (other_data, "data")],
)
def test_runs_of_which_something_has_changed_are_no_seeds_of_one_arm(plan, tmp_path, changed, name):
    asked = arm(tmp_path, "pretrained", 0.9)
    save(tmp_path, changed(result(0.9, seed=2, weights="pretrained")))
    (found,) = answers((tmp_path,), plan(asked))
    assert found.results == ()
    assert found.missing.startswith(f"runs that differ in {name} (")
    assert found.missing.count(str(tmp_path / asked.runs[2][0])) == 1


@pytest.fixture
def where_asked_for_auto(tmp_path):
    """A function: writes a result where a study that leaves the precision open has it, or another; gives that name."""

    def write(made, name: str | None = None) -> str:
        name = name or folders_of(made.config)[1]
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        write_result(tmp_path / name / "result.json", made)
        return name

    return write


def test_runs_in_two_precisions_are_no_seeds_of_one_arm(plan, tmp_path, where_asked_for_auto):
    made = [result(0.9, seed=seed, backbone_precision=one) for seed, one in enumerate(("fp32", "bf16"))]
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", tuple((where_asked_for_auto(m),) for m in made))))
    assert found.results == ()
    assert found.missing.startswith("runs that differ in arm (embedded, pretrained, frozen in ")


def test_a_misplaced_run_is_told_the_folder_that_is_read(plan, tmp_path, where_asked_for_auto):
    made = result(0.9, backbone_precision="fp32")
    right = where_asked_for_auto(made)
    wrong = where_asked_for_auto(made, right.replace("seed-0", "seed-1"))
    (found,) = answers((tmp_path,), plan(Asked("pretrained", "mnist", ((right,), (wrong,)))))
    assert f"belongs in {right}: move it there" in found.missing


def test_a_result_stays_where_a_later_call_could_not_look_at_it(plan, tmp_path):
    asked = arm(tmp_path, "pretrained", 0.9)
    (found,) = answers((tmp_path,), plan(asked), {asked.runs[1][0]: "there is no network"})
    assert len(found.results) == 3
    assert found.missing == ""


def test_why_an_arm_is_not_compared_is_told(plan, tmp_path):
    asked = plan(pretrained := arm(tmp_path, "pretrained", 0.9), arm(tmp_path, "random", 0.6))
    (tmp_path / pretrained.runs[2][0] / "test_scores.npz").write_bytes(b"")
    (reason,) = compared(answers((tmp_path,), asked), asked).values()
    assert reason.startswith("“pretrained” is not compared with “random”: ")
    assert "seed-2" in reason
