"""What is tested, by whom, and what makes an answer impossible."""

from __future__ import annotations

import numpy as np
import pytest

from frostformer.data.files.options import FileOptions
from frostformer.errors import InputError
from frostformer.tasks.registry import build_task
from frostformer.tasks.task import Task
from frostformer.verdicts.own_trials import FOLDS, trial_of_arrays, trial_of_file
from frostformer.verdicts.trial import MOST_VALIDATION, trial_of_name, trial_of_task

RNG = np.random.default_rng(0)


def table(path, rows, extra=lambda row: {}):
    """A table of `rows` sequences of eight numbers, of two classes."""
    lines = []
    for row in range(rows):
        values = RNG.normal(row % 2, 1, 8).round(3)
        cells = {f"t{step}": value for step, value in enumerate(values)} | extra(row) | {"label": "ab"[row % 2]}
        if not lines:
            lines.append(",".join(cells))
        lines.append(",".join(map(str, cells.values())))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_few_sequences_are_all_tested_once(tmp_path):
    trial = trial_of_file(table(tmp_path / "a.csv", 100), FileOptions(), 0)
    assert len(trial.folds) == FOLDS
    assert sorted(trial.names.tolist(), key=int) == [str(one) for one in range(1, 101)] or len(set(trial.names)) == 100
    assert len(trial.targets) == 100
    assert trial.trained_on == 64
    for fold in trial.folds:
        shares = np.bincount(fold.test.targets.ravel()) / len(fold.test)
        assert shares == pytest.approx([0.5, 0.5], abs=0.06)
    assert trial.cannot_tell == ()


def test_groups_stay_together_and_are_the_units(tmp_path):
    path = table(tmp_path / "a.csv", 120, lambda row: {"patient": f"p{row // 6}"})
    trial = trial_of_file(path, FileOptions(group="patient"), 0)
    assert len(trial.folds) == FOLDS
    assert len(np.unique(trial.units)) == 20
    for fold in range(FOLDS):
        own = trial.fold_of == fold
        assert not set(trial.units[own]) & set(trial.units[~own])


def test_the_latest_are_tested_in_blocks_of_time(tmp_path):
    path = table(tmp_path / "a.csv", 400, lambda row: {"time": f"2024-01-01T{row // 60:02}:{row % 60:02}:00"})
    trial = trial_of_file(path, FileOptions(time="time"), 0)
    assert len(trial.folds) == 1
    assert len(trial.targets) == 80
    assert 10 <= len(np.unique(trial.units)) <= 20


def test_a_given_test_part_is_used(tmp_path):
    path = table(tmp_path / "a.csv", 300, lambda row: {"split": "test" if row < 90 else "train"})
    trial = trial_of_file(path, FileOptions(split="split"), 0)
    assert len(trial.folds) == 1
    assert len(trial.targets) == 90


def test_too_few_tested_sequences_allow_no_answer(tmp_path):
    trial = trial_of_file(
        table(tmp_path / "a.csv", 100, lambda r: {"split": "test" if r < 20 else "train"}), FileOptions(), 0
    )
    assert any("only 20 sequences are tested" in one for one in trial.cannot_tell)
    few = trial_of_file(
        table(tmp_path / "b.csv", 120, lambda row: {"who": f"p{row // 20}"}), FileOptions(group="who"), 0
    )
    assert any("groups, and 10 are needed" in one for one in few.cannot_tell)


def test_a_class_that_is_hardly_tested_allows_no_answer():
    x, y = RNG.normal(size=(200, 6)), np.repeat([0, 1, 2], [100, 97, 3])
    assert any("of class '2' are tested" in one for one in trial_of_arrays(x, y).cannot_tell)


def test_arrays_are_divided_as_files_are():
    x, y, who = RNG.normal(size=(120, 6, 2)), np.arange(120) % 2, np.repeat(np.arange(24), 5)
    trial = trial_of_arrays(x, y, groups=who)
    assert len(trial.folds) == FOLDS
    assert sorted(trial.names.tolist(), key=int) == [str(row) for row in range(1, 121)]
    assert trial.task.divided(3).groups is not None
    later = trial_of_arrays(x, y, times=np.arange(120))
    assert len(later.folds) == 1
    assert later.units is not None


def test_many_sequences_have_one_test_part():
    x, y = RNG.normal(size=(2500, 4)), np.arange(2500) % 3
    trial = trial_of_arrays(x, y)
    assert len(trial.folds) == 1
    assert len(trial.targets) == 500


def test_numbers_can_be_asked_for():
    trial = trial_of_arrays(RNG.normal(size=(100, 6)), RNG.normal(size=100))
    assert trial.task.scoring.kind == "regression"
    assert not trial.is_balanced


def test_a_shipped_task_is_scored_as_published():
    trial = trial_of_name("digits", {})
    assert trial.is_benchmark
    assert trial.task.scoring.chosen_by == "accuracy"
    assert trial.source == ("--task", "digits")


def test_validation_is_no_larger_than_it_must_be():
    task = Task.from_arrays(RNG.normal(size=(9000, 3)), np.arange(9000) % 2, name="many")
    light = trial_of_task(task).task
    assert len(light.validation) == MOST_VALIDATION
    assert len(light.train) + len(light.validation) == len(task.train) + len(task.validation)
    assert len(light.divided(1).validation) == MOST_VALIDATION


def test_smaller_choices_of_labels_lie_within_larger_ones():
    trial = trial_of_task(build_task("digits"))
    found = []
    for count in (50, 200, 600):
        task = trial.with_labels(count, 0).task
        assert len(task.train) + len(task.validation) == count
        assert len(task.test) == len(trial.task.test)
        rows = np.concatenate([task.train.inputs, task.validation.inputs]).reshape(count, -1)
        found.append({row.tobytes() for row in rows})
        assert (
            np.bincount(np.concatenate([task.train.targets, task.validation.targets]).ravel(), minlength=10).min() >= 3
        )
    assert found[0] <= found[1] <= found[2]
    with pytest.raises(InputError, match="sizes asks for 5,000 labelled sequences, and 1,497 are outside the test"):
        trial.with_labels(5000, 0)
    with pytest.raises(InputError, match="endless"):
        trial_of_name("bit-xor", {}).with_labels(50, 0)


def test_what_is_true_of_one_test_part_alone_is_not_said_of_folds(tmp_path):
    trial = trial_of_file(table(tmp_path / "a.csv", 100), FileOptions(), 0)
    assert not any("test sequences" in sentence for sentence in (*trial.traps, *trial.cannot_tell))


def test_groups_that_are_too_few_are_no_folds():
    x, y = RNG.normal(size=(120, 4)), np.repeat([0, 1], 60)
    for number in (3, 5, 6, 8):
        who = np.concatenate([np.arange(60) % (number // 2), 100 + np.arange(60) % (number - number // 2)])
        try:
            trial = trial_of_arrays(x, y, groups=who)
        except InputError:
            continue  # not even one test part can be made
        assert len(trial.folds) == 1
        assert any("groups" in sentence for sentence in trial.cannot_tell)


def test_a_task_with_groups_does_not_say_those_of_its_test():
    task = Task.from_arrays(RNG.normal(size=(200, 4)), np.arange(200) % 2, name="a", groups=np.arange(200) // 5)
    assert any("nothing says of which groups" in sentence for sentence in trial_of_task(task).cannot_tell)


def test_classes_count_alike_only_where_a_sequence_has_one():
    y = (RNG.random((100, 5)) < 0.05).astype(int)
    trial = trial_of_task(Task.from_arrays(RNG.normal(size=(100, 5, 1)), y, name="a", per_position=True))
    assert trial.task.scoring.chosen_by == "balanced_accuracy"
    assert not trial.is_balanced
    uneven = trial_of_arrays(RNG.normal(size=(100, 4)), np.repeat([0, 1], [90, 10]))
    assert uneven.is_balanced
    assert uneven.largest_gain == 0.5
    even = trial_of_arrays(RNG.normal(size=(100, 4)), np.repeat([0, 1], [60, 40]))
    assert even.largest_gain == pytest.approx(0.4, abs=0.05)


def test_classes_without_training_rows_are_told():
    given = {
        "train": (RNG.normal(size=(60, 4)), np.arange(60) % 2),
        "test": (RNG.normal(size=(40, 4)), np.arange(40) % 4),
    }
    task = Task.from_arrays(name="a", **given)
    assert trial_of_task(task).untrained == pytest.approx(0.5)
