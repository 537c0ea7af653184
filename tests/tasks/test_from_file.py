"""The whole way from a file to a task, with a small format of our own."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import frostformer as ff
from frostformer.data.files.formats import FORMATS
from frostformer.data.files.options import FileOptions
from frostformer.data.files.windows import RECORDING
from frostformer.errors import InputError
from frostformer.tasks.own_data import look_at
from frostformer.tasks.reading_registry import read_reading
from frostformer.tasks.task import Task
from own_files import CASES, waves

TRAPS = CASES / "traps"


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setattr("frostformer.data.files.formats.FORMATS", {"tiny": "own_files:TINY"})
    assert FORMATS is not None


@pytest.fixture
def write(tmp_path):
    """A function: columns -> path of a CSV file with them."""

    def make(name="own.csv", **columns):
        rows = zip(*columns.values(), strict=True)
        lines = [",".join(columns), *(",".join("" if one is None else str(one) for one in row) for row in rows)]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return make


def columns(count, steps=6, seed=0, label="ab"):
    values = waves(count, steps, seed)
    return {f"v{step}": list(values[:, step]) for step in range(steps)} | {
        "label": [label[row % len(label)] for row in range(count)]
    }


def test_a_file_is_a_task(write):
    task = Task.from_file(write(**columns(50)))
    assert task.name == "own"
    assert [len(one) for one in (task.train, task.validation, task.test)] == [30, 10, 10]
    assert task.scoring.names == ("a", "b")
    assert (task.shape.input_kind, task.shape.length, task.shape.channels, task.shape.classes) == ("vectors", 6, 1, 2)
    assert "drawn at random, every class with its share (seed 0): 30 train" in task.note
    np.testing.assert_allclose(task.train.inputs.mean(), 0, atol=1e-6)
    np.testing.assert_allclose(task.train.inputs.std(), 1, atol=1e-6)
    assert read_reading(json.loads(json.dumps(task.reading.describe()))) == task.reading


def test_the_fingerprint_is_of_the_data(write):
    path = write(**columns(50))
    one, same, other = Task.from_file(path), Task.from_file(path), Task.from_file(write("b.csv", **columns(50, seed=1)))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert one.divided(3).fingerprint == one.fingerprint
    assert Task.from_file(path, seed=1).fingerprint != one.fingerprint


def test_targets_stay_with_their_sequences(write):
    table = columns(40)
    table["v0"] = [100.0 if label == "b" else 0.0 for label in table["label"]]
    task = Task.from_file(write(**table))
    for split in (task.train, task.validation, task.test):
        assert ((split.inputs[:, 0, 0] > 0) == (split.targets[:, 0, 0] == 1)).all()


@pytest.mark.parametrize(("steps", "patch", "positions"), [(64, 1, 64), (65, 2, 33), (200, 4, 50)])
def test_at_most_64_positions_remain(write, steps, patch, positions):
    path = write(**columns(12, steps))
    task = Task.from_file(path)
    assert (task.reading.patch, task.shape.length, task.shape.channels) == (patch, positions, patch)
    assert Task.from_file(path, patch=10).shape.length == -(-steps // 10)


def test_what_is_missing_has_a_channel(write):
    table = columns(30)
    table["v2"][3] = table["v4"][7] = None
    task = Task.from_file(write(**table))
    assert task.shape.channels == 2
    total = sum(int(split.inputs[:, :, 1].sum()) for split in (task.train, task.validation, task.test))
    assert total == 2
    assert np.isfinite(task.train.inputs).all()


def test_symbols_are_numbered(write):
    texts = ["".join(np.random.default_rng(row).choice([*"ACGT"], 5 + row % 4)) for row in range(40)]
    task = Task.from_file(write(text=texts, label=["x", "y"] * 20))
    assert task.shape.input_kind == "tokens"
    assert task.vocabulary == ("<unknown>", "A", "C", "G", "T")
    assert task.shape.channels == 5
    assert task.ragged


def test_unknown_symbols_of_the_test(write):
    texts = ["".join(np.random.default_rng(row).choice([*"ACGT"], 7)) for row in range(40)]
    table = {"text": texts, "part": ["train"] * 20 + ["validation"] * 10 + ["test"] * 10, "label": ["x", "y"] * 20}
    table["text"][35] = "NNNACGT"
    task = Task.from_file(write(**table))
    assert task.test.inputs[5].tolist()[:3] == [0, 0, 0]
    assert "N" not in task.vocabulary


def test_numbers_are_predicted(write):
    task = Task.from_file(write(**columns(40) | {"label": waves(40)[:, 3]}))
    assert task.scoring.kind == "regression"
    assert task.scoring.names == ("label",)
    stars = Task.from_file(TRAPS / "ordinal.csv", scoring="regression")
    assert stars.scoring.kind == "regression"
    assert Task.from_file(TRAPS / "ordinal.csv").scoring.names == ("1", "2", "3", "4", "5")


def test_several_labels_are_masked_where_blank(write):
    table = columns(40)
    table["A"], table["B"] = [row % 2 for row in range(40)], [None if row % 4 else row % 8 // 4 for row in range(40)]
    task = Task.from_file(write(**table), target="A,B")
    assert task.scoring.kind == "multilabel"
    targets = np.concatenate([task.train.targets, task.validation.targets, task.test.targets])
    assert (targets[:, 0, 1] == -1).sum() == 30


def test_every_position_has_an_answer(write):
    ids = np.arange(60) // 5
    path = write(who=list(ids), **columns(60, 2, label="aab"))
    task = Task.from_file(path, id="who", per_position=True)
    assert (task.shape.per_position, task.shape.read_positions, task.shape.channels) == (True, 5, 2)
    assert len(task.train) + len(task.validation) + len(task.test) == 12
    with pytest.raises(InputError, match="each have an answer of their own"):
        Task.from_file(path, id="who", per_position=True, patch=2)


def test_sequences_without_an_answer_are_named(write):
    table = columns(40)
    table["label"][4] = table["label"][9] = None
    task = Task.from_file(write(**table))
    assert "2 sequences have no label and are left out: own.csv, line 6, own.csv, line 11" in task.note
    assert len(task.train) + len(task.validation) + len(task.test) == 38


def test_sequences_that_cannot_be_read_are_named(write):
    table = columns(40)
    table["v1"][6] = "bad"
    look = look_at(write(**table))
    assert "own.csv, line 8: 'bad' is no number" in look.warnings
    assert look.describe()["n"] == 39


def test_rare_classes_are_refused_dropped_or_merged():
    path = TRAPS / "single_example_class.csv"
    with pytest.raises(InputError, match=r"class 'dup' has 2 examples, class 'rare' has 1 example.*--drop-rare"):
        Task.from_file(path)
    dropped = Task.from_file(path, drop_rare=True)
    assert dropped.scoring.names == ("a", "b")
    assert "3 sequences of the rare classes 'dup' and 'rare' left out" in dropped.note
    merged = Task.from_file(path, merge_rare=True)
    assert merged.scoring.names == ("a", "b", "other")
    assert all((split.targets == 2).sum() == 1 for split in (merged.train, merged.validation, merged.test))
    with pytest.raises(InputError, match="'pos' has 2 examples"):
        Task.from_file(TRAPS / "imbalance.csv")
    with pytest.raises(InputError, match="all answers are of one class"):
        Task.from_file(TRAPS / "imbalance.csv", drop_rare=True)


def test_nothing_is_left_of_rare_classes_alone(write):
    with pytest.raises(InputError, match="every class has fewer than the 3 examples"):
        Task.from_file(write(**columns(4)), drop_rare=True)
    with pytest.raises(InputError, match="all answers are of one class, 'other'"):
        Task.from_file(write(**columns(4)), merge_rare=True)


def test_groups_are_kept_whole_in_every_division():
    task = Task.from_file(TRAPS / "groups.csv")
    for seed in range(5):
        other = task.divided(seed)
        groups = other.groups
        assert not set(groups[: len(other.train)]) & set(groups[len(other.train) :])
        assert set(other.validation.targets.ravel().tolist()) == {0, 1}


def test_time_divides_where_labels_come_in_blocks():
    task = Task.from_file(TRAPS / "time_order.csv")
    assert task.in_time
    assert "divided by time ('date')" in task.note
    assert "test has no sequence of class 'a'" in task.note  # so no score can tell


def test_windows_of_one_recording_leave_a_gap(write):
    count = 600
    table = columns(count, 2, label="a" * 7 + "b" * 7)
    table["v0"] = list(range(0, 2 * count, 2))  # twice the row
    look = look_at(write(**table), FileOptions(window=12, hop=6))
    assert look.describe()["n"] == 99
    task = Task.from_file(look.path, window=12, hop=6)
    starts = [
        np.round(split.inputs[:, 0, 0] * task.reading.deviation[0] + task.reading.mean[0]) / 2
        for split in (task.train, task.validation, task.test)
    ]
    assert starts[1].min() - starts[0].max() >= 24
    assert starts[2].min() - starts[1].max() >= 24
    assert task.gap == 3
    for seed in range(5):
        other = task.divided(seed)
        apart = np.abs(other.train.inputs[:, 0, 0, None] - other.validation.inputs[:, 0, 0]).min()
        assert apart * task.reading.deviation[0] > 2 * 23.9


def test_windows_of_many_recordings_are_divided_by_them(write):
    ids = np.arange(400) // 40
    table = {"who": list(ids), **columns(400, 2, label="a" * 12 + "b" * 12)}
    look = look_at(write(**table), FileOptions(id="who", window=10))
    assert look.describe()["n"] == 40
    names = np.array([case.beside[RECORDING] for case in look.cases])
    sides = [set(names[look.kept[rows]].tolist()) for rows in look.division.rows.values()]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_copies_of_a_given_test_are_scored_apart(write):
    table = columns(40)
    for step in range(6):
        table[f"v{step}"][35] = table[f"v{step}"][3]
    table["part"] = ["train"] * 25 + ["validation"] * 5 + ["test"] * 10
    table["label"] = table.pop("label")
    task = Task.from_file(write(**table))
    assert task.marked == "sequences that are in no other part"
    assert task.test.marked[:, 0, 0].tolist() == [row != 5 for row in range(10)]


def test_a_second_file_is_the_test(write):
    test = write("other.csv", **columns(12, seed=1))
    task = Task.from_file(write(**columns(30)), test=str(test))
    assert len(task.test) == 12
    assert "the file's own test kept" in task.note
    found = look_at(write(**columns(30)), FileOptions(test=str(test))).describe()
    assert (found["n"], found["labels"]) == (30, {"a": 15, "b": 15})
    assert found["splits"] == {"train": 24, "validation": 6, "test": 12}


def test_channels_that_carry_nothing_are_not_read(write):
    table = {"who": [row // 5 for row in range(100)], **columns(100, 3)}
    table["v1"] = [4.0] * 100
    table["label"] = ["ab"[row // 5 % 2] for row in range(100)]
    task = Task.from_file(write(**table), id="who")
    assert (task.reading.used, task.shape.channels) == ((0, 2), 2)
    assert task.reading.sequence(np.ones((5, 3))).shape == (5, 2)
    assert Task.from_file(write(**table), id="who", keep="v1").shape.channels == 3


def test_long_sequences_lose_their_end(write):
    task = Task.from_file(write(**columns(30, 20)), max_length=8)
    assert task.shape.length == 8
    assert len(task.reading.sequence(np.ones((20, 1)))) == 8


def test_a_look_says_everything_at_once(write):
    found = look_at(TRAPS / "label_copy.csv").describe()
    assert (found["n"], found["lengths"], found["channels"], found["kind"], found["missing"]) == (
        24,
        [8],
        1,
        "vectors",
        0,
    )
    assert found["labels"] == {"a": 12, "b": 12}
    assert found["splits"] == {"train": 14, "validation": 5, "test": 5}
    assert any("'code' alone gives the label" in one for one in found["warnings"])
    json.dumps(found, allow_nan=False)
    numbers = look_at(write(**columns(40) | {"label": [row / 4 for row in range(40)]})).describe()
    assert numbers["target_range"] == [0.0, 9.75]


def test_a_file_without_answers_is_looked_at_and_makes_no_task(write):
    path = write(**columns(30))
    look = look_at(path, FileOptions(target="none"))
    assert look.describe()["n"] == 30
    assert "name the column of the answers with --target" in look.describe()["warnings"][0]
    with pytest.raises(InputError, match="nothing to predict"):
        Task.from_file(path, target="none")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"targt": "label"}, "unknown option of a file 'targt'.*Did you mean 'target'"),
        ({"patch": 0}, "--patch is 0: give 1 to 6"),
        ({"patch": 7}, "--patch is 7: give 1 to 6"),
        ({"stride": 7}, "--stride is 7: give 1 to 6"),
        ({"group": "subject"}, "--group names a column 'subject'"),
        ({"max_length": 0}, "--max-length is 0"),
        ({"scoring": "regression"}, "'label' is 'a' at own.csv, line 2"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_refuses(write, options, message):
    with pytest.raises(InputError, match=message):
        Task.from_file(write(**columns(30)), **options)


def test_refuses_two_sequences_over_and_over(write):
    with pytest.raises(InputError, match="only 2 different sequences are among 20, too few for 3 parts"):
        Task.from_file(write(text=["ACGT", "ACG"] * 10, label=["x", "y"] * 10))


def test_refuses_patches_of_symbols(write):
    path = write(text=["ACGT"[row % 4 :] + "A" * row for row in range(20)], label=["x", "y"] * 10)
    with pytest.raises(InputError, match="--patch is for steps of numbers"):
        Task.from_file(path, patch=2)


def test_refuses_what_padding_would_make_too_large(write, monkeypatch):
    monkeypatch.setattr("frostformer.tasks.from_file.MOST_VALUES", 100)
    with pytest.raises(
        InputError, match=r"30 sequences, each padded to the 6 steps of the longest \(own.csv, line 2\)"
    ):
        Task.from_file(write(**columns(30)))


def test_it_trains_and_predicts(write, tiny_config, tmp_path):
    task = Task.from_file(write(**columns(40, 70)))
    result = ff.run(replace(tiny_config(), task=task.name), tmp_path / "run", task=task)
    assert result.task["fingerprint"] == task.fingerprint
    answers = ff.predict(tmp_path / "run", [np.full((70, 1), np.nan), np.ones((64, 1))])
    assert set(answers.tolist()) <= {"a", "b"}
