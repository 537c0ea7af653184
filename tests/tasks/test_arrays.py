"""Tasks from arrays: what inputs and targets are taken for, how they are divided, what is refused."""

import numpy as np
import pytest

from frostformer.errors import InputError
from frostformer.tasks.readings import Scaled
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.scoring import UNKNOWN
from frostformer.tasks.task import SPLITS, Task

RNG = np.random.default_rng(0)
X = RNG.standard_normal((100, 8, 2)).astype(np.float32) * 5 + 3
Y = RNG.integers(0, 2, 100)
SYMBOLS = RNG.integers(0, 7, (100, 8))


def rows(task, part):
    """The inputs of a part, before they were scaled."""
    inputs = getattr(task, part).inputs
    return inputs * np.array(task.reading.deviation) + np.array(task.reading.mean)


@pytest.mark.parametrize(
    ("x", "options", "kind", "channels"),
    [
        (X, {}, "vectors", 2),
        ((X * 10).astype(int), {}, "vectors", 2),
        (X[:, :, 0], {}, "vectors", 1),
        (SYMBOLS, {}, "vectors", 1),
        (SYMBOLS, {"kind": "tokens"}, "tokens", 7),
        ([row[: 3 + n % 5] for n, row in enumerate(X)], {}, "vectors", 2),
        ([row[: 3 + n % 5] for n, row in enumerate(SYMBOLS)], {"kind": "tokens"}, "tokens", 7),
    ],
)
def test_what_inputs_are_taken_for(x, options, kind, channels):
    task = Task.from_arrays(x, Y, name="mine", **options)
    assert (task.shape.input_kind, task.shape.channels) == (kind, channels)
    assert [len(getattr(task, part)) for part in SPLITS] == [60, 20, 20]
    assert task.ragged == isinstance(x, list)
    assert ("kind='tokens'" in task.note) == (x is SYMBOLS and not options)


@pytest.mark.parametrize(
    ("y", "options", "kind", "shape"),
    [
        (Y, {}, "classification", (1, 1, 2)),
        (Y.astype(bool), {}, "classification", (1, 1, 2)),
        (np.array(["no", "yes"])[Y], {}, "classification", (1, 1, 2)),
        (Y * 2 - 1, {}, "classification", (1, 1, 2)),
        (Y + 0.5, {}, "regression", (1, 1, 1)),
        (Y, {"scoring": "regression"}, "regression", (1, 1, 1)),
        (RNG.standard_normal((100, 3)), {}, "regression", (1, 3, 1)),
        (RNG.integers(0, 2, (100, 3)), {}, "multilabel", (1, 3, 1)),
        (RNG.integers(0, 2, (100, 3)).astype(float), {}, "multilabel", (1, 3, 1)),
        (SYMBOLS, {"per_position": True}, "classification", (8, 1, 7)),
        (SYMBOLS + 0.5, {"per_position": True}, "regression", (8, 1, 1)),
        (RNG.integers(0, 2, (100, 8, 3)), {"per_position": True}, "multilabel", (8, 3, 1)),
    ],
)
def test_what_targets_are_taken_for(y, options, kind, shape):
    task = Task.from_arrays(X, y, name="mine", **options)
    assert task.scoring.kind == kind
    assert (task.shape.read_positions, task.shape.predictions, task.shape.classes) == shape
    assert task.trivial


def test_classes_keep_their_names():
    task = Task.from_arrays(X, np.array(["no", "yes"])[Y], name="mine")
    assert task.scoring.names == ("no", "yes")
    decisions = np.array([-1.0, 1.0])[:, None, None]
    assert task.scoring.answers(decisions).ravel().tolist() == ["no", "yes"]
    assert Task.from_arrays(X, Y * 2 - 1, name="mine").scoring.answers(decisions).ravel().tolist() == [-1, 1]


def test_channels_are_scaled_without_a_look_at_the_test():
    task = Task.from_arrays(X, Y, name="mine")
    seen = np.concatenate([task.train.inputs, task.validation.inputs]).reshape(-1, 2)
    np.testing.assert_allclose(seen.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(0), 1, atol=1e-5)
    assert isinstance(task.reading, Scaled)
    found = np.concatenate([rows(task, part) for part in SPLITS])
    np.testing.assert_allclose(np.sort(found.ravel()), np.sort(X.ravel()), atol=1e-5)


def test_targets_of_positions_lie_at_the_last_read_ones():
    x, y = [row[: 3 + n % 5] for n, row in enumerate(X)], [row[: 3 + n % 5] for n, row in enumerate(SYMBOLS)]
    task = Task.from_arrays(x, y, name="mine", per_position=True)
    for length, targets in zip(task.test.lengths, task.test.targets[:, :, 0], strict=True):
        assert (targets == UNKNOWN).tolist() == [True] * (task.shape.length - length) + [False] * length


def test_equal_seeds_divide_equally_and_classes_get_their_share():
    y = np.repeat([0, 1], (80, 20))
    one, same, other = (Task.from_arrays(X, y, name="mine", seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.test.inputs, same.test.inputs)
    assert not np.array_equal(one.test.inputs, other.test.inputs)
    for part in SPLITS:
        assert getattr(one, part).targets.mean() == pytest.approx(0.2, abs=0.05)


def test_groups_stay_whole():
    groups = np.arange(100) // 4
    x = np.repeat(groups[:, None, None], 8, axis=1) + 0.0
    task = Task.from_arrays(x, Y, name="mine", groups=groups)
    sides = [set(rows(task, part)[:, 0, 0].round().astype(int).tolist()) for part in SPLITS]
    assert sum(map(len, sides)) == 25
    assert set.union(*sides) == set(range(25))
    again = task.divided(5)
    sides = [set(rows(again, part)[:, 0, 0].round().astype(int).tolist()) for part in SPLITS]
    assert sum(map(len, sides)) == 25
    assert again.groups.tolist() == sorted(again.groups, key=again.groups.tolist().index)


def test_the_latest_sequences_are_the_test():
    times = RNG.permutation(100)
    x = np.repeat(times[:, None, None], 8, axis=1) + 0.0
    task = Task.from_arrays(x, Y, name="mine", times=times)
    train, validation, test = (rows(task, part)[:, 0, 0].round().astype(int) for part in SPLITS)
    assert max(train) < min(validation)
    assert max(validation) < min(test)
    again = task.divided(3)
    moved = sorted(rows(again, "validation")[:, 0, 0].round().astype(int))
    assert moved == list(range(moved[0], moved[0] + 20))  # a stretch of neighbours
    assert np.array_equal(again.test.inputs, task.test.inputs)


def test_parts_may_be_given():
    train, validation, test = ((X[part], Y[part]) for part in (slice(50), slice(50, 70), slice(70, 100)))
    task = Task.from_arrays(train=train, validation=validation, test=test, name="mine")
    assert [len(getattr(task, part)) for part in SPLITS] == [50, 20, 30]
    task = Task.from_arrays(train=train, test=test, name="mine")
    assert [len(getattr(task, part)) for part in SPLITS] == [40, 10, 30]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": X}, "give either x and y"),
        ({"x": X, "y": Y, "test": (X, Y)}, "give either x and y"),
        ({"x": X, "y": Y[:-1]}, "100 sequences, but 99 targets: give one for each"),
        ({"x": X[..., None], "y": Y}, "sequence 1 .counted from 1. has shape"),
        ({"x": [X[0], X[1, :, :1]], "y": Y[:2]}, "sequence 2 .counted from 1. has shape"),
        ({"x": [["a"]], "y": [0]}, "wanted numbers"),
        ({"x": X, "y": np.zeros(100, int)}, "all targets are of one class"),
        ({"x": X, "y": SYMBOLS[:, :3]}, "several whole numbers for each target"),
        ({"x": X, "y": Y, "kind": "tokens"}, "tokens are whole numbers"),
        ({"x": X, "y": Y, "kind": "symbols"}, "give 'tokens' or 'vectors'"),
        ({"x": SYMBOLS - 1, "y": Y, "kind": "tokens"}, "token ids run from -1"),
        ({"x": SYMBOLS + 10**7, "y": Y, "kind": "tokens"}, "number the tokens from 0 on"),
        ({"x": np.where(X > 10, np.nan, X), "y": Y}, "not finite"),
        ({"x": X, "y": np.where(Y, np.inf, 0.5)}, "finite numbers"),
        ({"x": X, "y": [y[:7] for y in SYMBOLS], "per_position": True}, "but 7 targets: give one for each position"),
        ({"x": X, "y": Y, "groups": [0] * 100}, "all sequences are of one group"),
        ({"x": X, "y": Y, "groups": [0] * 99}, "groups has 99 entries"),
        ({"x": X, "y": Y, "groups": [0, 1] * 50, "times": range(100)}, "two ways to divide"),
        ({"train": (X, Y), "validation": (X, Y), "groups": [0, 1] * 50}, "leave them out where"),
        ({"x": [SYMBOLS[0], SYMBOLS[1] + 0.5], "y": [0, 1], "kind": "tokens"}, "sequence 2 .counted from 1. has shape"),
        ({"x": X, "y": [None, *Y[1:]]}, "classes must be all text or all numbers"),
        ({"x": X, "y": Y.astype("datetime64[D]")}, "wanted numbers or text"),
        ({"x": X, "y": np.where(Y, np.nan, 1.0), "scoring": "classification"}, "a class is NaN"),
        ({"x": X, "y": Y, "per_position": True}, "per_position needs a target for each position"),
        ({"x": X, "y": Y, "scoring": Classification}, "scoring must be"),
        ({"x": X, "y": Y, "seed": -1}, "seed is -1"),
        ({"x": 5, "y": Y}, "wanted an array or a list"),
        ({"x": X[:2], "y": Y[:2] * 0 + [0, 1]}, "give more sequences|at least"),
        (
            {"x": X, "y": Y, "scoring": Classification(names=("no", "yes"))},
            "but not among the names",
        ),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        Task.from_arrays(name="mine", **arguments)


def test_every_division_has_the_fingerprint_of_the_data():
    task = Task.from_arrays(X, Y, name="mine")
    other = task.divided(1)
    assert not np.array_equal(task.validation.inputs, other.validation.inputs)
    assert task.fingerprint == other.fingerprint == other.divided(2).fingerprint
    assert np.array_equal(task.test.inputs, other.test.inputs)
    for changed in (Task.from_arrays(X + 1, Y, name="mine"), Task.from_arrays(X, 1 - Y, name="mine")):
        assert changed.fingerprint != task.fingerprint
    assert Task.from_arrays(X, Y, name="yours").fingerprint == task.fingerprint


def test_a_tensor_is_an_array_and_tokens_keep_their_numbers():
    import torch

    task = Task.from_arrays(torch.tensor(X, requires_grad=True), torch.tensor(Y), name="mine")
    assert task.fingerprint == Task.from_arrays(X, Y, name="mine").fingerprint
    tokens = [np.array([1, 2], np.uint8), *(np.array([300 + n, 2]) for n in range(9))]
    task = Task.from_arrays(tokens, np.arange(10) % 2, name="mine", kind="tokens")
    assert max(getattr(task, part).inputs.max() for part in SPLITS) == 308


def test_constant_channels_and_targets_are_not_blown_up():
    x = np.full((50, 4, 1), 0.1, np.float32)
    task = Task.from_arrays(x, np.arange(50) % 2, name="mine")
    assert task.reading.deviation == (1.0,)
    task = Task.from_arrays(x, np.full(50, 0.1), name="mine", scoring="regression")
    assert task.scoring.deviation == (1.0,)


def test_test_sequences_that_were_trained_on_are_remarked():
    task = Task.from_arrays(train=(X[:60], Y[:60]), validation=(X[60:80], Y[60:80]), test=(X[50:], Y[50:]), name="mine")
    assert "30 of 50 test sequences also stand in training or validation" in task.note
    assert not Task.from_arrays(X, Y, name="mine").note


def test_a_metric_to_choose_by_is_kept_or_refused():
    task = Task.from_arrays(X, Y, name="mine", scoring=Classification(chosen_by="macro_f1"))
    assert task.scoring.chosen_by == "macro_f1"
    with pytest.raises(InputError, match="unknown metric to choose by 'loss'"):
        Classification(chosen_by="loss")


def test_a_scaling_that_is_given_is_used():
    given = Scaled((1.0,), (2.0,))
    x = np.arange(40.0).reshape(10, 4)
    task = Task.from_arrays(x, np.arange(10) % 2, name="mine", scaling=given)
    assert task.reading == given
    assert task.test.inputs.max() <= (39 - 1) / 2
    assert task.train.inputs.min() >= (0 - 1) / 2
    assert {float(one) for one in task.train.inputs.ravel()} <= {(value - 1) / 2 for value in x.ravel()}


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"groups": [None, *"ab" * 49, "c"]}, r"groups: sequence 1 \(counted from 1\) has none"),
        ({"times": [*range(99), np.nan]}, r"times: sequence 100 \(counted from 1\) has none"),
        ({"times": np.array(["2024-01-01"] * 99 + ["NaT"], "M8[ns]")}, "times: sequence 100 .* has none"),
        (
            {"times": np.zeros((100, 2))},
            r"times has the shape \(100, 2\), one value is wanted for each of 100 sequences",
        ),
        ({"groups": list("ab")}, "groups has 2 entries, one value is wanted for each of 100 sequences"),
        ({"groups": [*"ab" * 49, np.nan, "c"]}, "groups: sequence 99 .* has none"),
        ({"groups": [[1], [1, 2]] * 50}, "groups has the shape .*, one value is wanted"),
        ({"groups": 5}, r"groups has the shape \(\), one value is wanted"),
    ],
)
def test_groups_and_times_are_there_for_every_sequence(how, sentence):
    with pytest.raises(InputError, match=sentence):
        Task.from_arrays(X, Y, name="mine", **how)
